# Copyright 2026 The vlm_robot authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""In what two plans differ that should be the same: a live one, and its replay."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from vlm_robot.cli.plan_json import plan_json
from vlm_robot.core.values import Plan

TOLERANCE = 1e-6
"""Largest difference of numbers that are the same; all travel as 64 bits."""

_OF_THE_RUN = ('plan_id', 'stamp_ns', 'timings_s')


def differences(live: Plan, replayed: Plan) -> tuple[str, ...]:
    """
    Say in what two plans differ, but for ids, stamps and timings.

    :return: one sentence per value; empty for plans that are the same.
    """
    known, again = plan_json(live), plan_json(replayed)
    for name in _OF_THE_RUN:
        known.pop(name), again.pop(name)
    return tuple(_unlike(known, again, ''))


def _unlike(live: Any, replayed: Any, where: str) -> Iterator[str]:
    if isinstance(live, dict) and isinstance(replayed, dict):
        for key in live:
            yield from _unlike(live[key], replayed[key], f'{where}.{key}'.lstrip('.'))
    elif isinstance(live, list) and isinstance(replayed, list) and len(live) == len(replayed):
        for index, pair in enumerate(zip(live, replayed, strict=True)):
            yield from _unlike(*pair, f'{where}[{index}]')
    elif not _equal(live, replayed):
        yield f'{where} was {_short(live)}, and is {_short(replayed)} in the replay'


def _equal(live: Any, replayed: Any) -> bool:
    if isinstance(live, float) and isinstance(replayed, float):
        return math.isclose(live, replayed, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(live == replayed)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f'{len(value)} of them'
    return repr(value)[:200]
