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

"""Sentences drawn from a rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

import numpy as np

from vlm_robot.speech.grammar.rules import Choice, Rule, Sequence, Words

_NOTHING = Words('')


def sentences(rule: Rule, rng: np.random.Generator) -> Iterator[str]:
    """Yield sentences of a rule without end; what may be left out is said half of the time."""
    while True:
        yield ' '.join(_drawn(rule, rng))


def _drawn(rule: Rule, rng: np.random.Generator) -> Iterator[str]:
    if isinstance(rule, Words):
        yield from rule.text.lower().split()
    elif isinstance(rule, Sequence):
        for part in rule.rules:
            yield from _drawn(part, rng)
    elif isinstance(rule, Choice):
        said = [part for part in rule.rules if part != _NOTHING]
        if len(said) == len(rule.rules) or rng.uniform() < 0.5:
            yield from _drawn(said[int(rng.integers(len(said)))], rng)
    else:
        assert_never(rule)
