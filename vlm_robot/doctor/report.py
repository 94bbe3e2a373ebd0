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

"""Findings as one screen of text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from vlm_robot.doctor.finding import Finding, Level

_SIGNS = {Level.OK: 'ok  ', Level.WARN: 'WARN', Level.ERROR: 'BAD '}
_COLOURS = {Level.OK: '32', Level.WARN: '33', Level.ERROR: '31'}
_WIDEST_SUBJECT = 34


def lines(findings: Sequence[Finding], *, width: int, coloured: bool = False) -> Iterator[str]:
    """Yield the lines of a report; the last one sums up."""
    subjects = [len(finding.subject) for finding in findings]
    column = min(max(subjects, default=0), _WIDEST_SUBJECT)
    for finding in findings:
        yield from _entry(finding, column, width, coloured=coloured)
    counts = {level: sum(f.level is level for f in findings) for level in Level}
    yield (
        f'{counts[Level.OK]} in order, {counts[Level.WARN]} to look at, '
        f'{counts[Level.ERROR]} wrong'
    )


def _entry(finding: Finding, column: int, width: int, *, coloured: bool) -> Iterator[str]:
    sign = _SIGNS[finding.level]
    if coloured:
        sign = f'\033[{_COLOURS[finding.level]}m{sign}\033[0m'
    indent = ' ' * (len('ok    ') + column + 2)
    room = max(width - len(indent), 20)
    first, *rest = textwrap.wrap(finding.sentence, room) or ['']
    if len(finding.subject) > column:
        yield f'{sign}  {finding.subject}'
        yield indent + first
    else:
        yield f'{sign}  {finding.subject:<{column}}  {first}'
    yield from (indent + line for line in rest)
