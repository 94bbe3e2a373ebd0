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

"""
Kosmos-2's boxes: the cells of a grid that hold their corners.

::

    <phrase> a snowman</phrase><object><patch_index_0044><patch_index_0863></object>

A cell's number is `row * 32 + column`; a box goes from cell centre to cell centre, one of a single
row or column to the cells' edges. Several boxes of a phrase are separated by
`</delimiter_of_multi_objects/>`. Format: transformers' processing_kosmos2.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vlm_robot.models.answer import ImageSize, Parsed, Pointed
from vlm_robot.models.conventions.collector import BROKEN_OFF, Collector
from vlm_robot.models.conventions.rendering import Writer
from vlm_robot.models.units import Units

SIDE = 32  # cells

_OBJECT = re.compile(
    r'(?:<phrase>(?P<name>[^<]*+)</phrase>\s*+)?<object>'
    r'(?P<cells>(?:\s*+<patch_index_\d+>|</delimiter_of_multi_objects/>)*+)(?P<end></object>)?'
)
_PAIR = re.compile(r'(?:\s*<patch_index_\d+>)+')
_CELL = re.compile(r'<patch_index_(\d{1,9})>')


class Kosmos2Convention:
    """Reads and writes the syntax of this module's docstring; its unit is a cell's side."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def parse(self, text: str, size: ImageSize) -> Parsed:
        """Read an answer; see `Convention.parse`."""
        found = Collector(text, self._units, size)
        for mark in _OBJECT.finditer(found.answer):
            for pair in _PAIR.finditer(found.answer, *mark.span('cells')):
                _add(found, pair, mark['name'] or '')
            if not mark['end']:
                found.trouble(BROKEN_OFF)
        found.empty = found.answer.strip() in ('', '<grounding>')
        return found.parsed()

    def render(self, pointed: Sequence[Pointed], size: ImageSize) -> str:
        """Write boxes so that `parse` reads them back, moved to cell centres."""
        writer = Writer(self._units, size)
        return '<grounding>' + ''.join(_written(p.target.label, writer.bins(p)) for p in pointed)


def _add(found: Collector, pair: re.Match[str], name: str) -> None:
    tokens = list(_CELL.finditer(pair[0]))
    cells = [int(token[1]) for token in tokens]
    if len(cells) != 2:
        found.trouble(f'{name[:40]!r} has {len(cells)} cells: expected 2 a box')
    elif max(cells) >= SIDE * SIDE:
        found.trouble(f'cell {max(cells)} does not exist: expected 0 to {SIDE * SIDE - 1}')
    else:
        span = pair.start() + tokens[0].start(), pair.end()
        found.add(_box(*cells), span, label=name)


def _box(first: int, last: int) -> tuple[float, float, float, float]:
    """Return the corners in cells, from the first cell's centre."""
    (y, x), (y2, x2) = divmod(first, SIDE), divmod(last, SIDE)
    edge = 0.5 if x == x2 or y == y2 else 0.0
    return x - edge, y - edge, x2 + edge, y2 + edge


def _written(label: str, bins: list[int]) -> str:
    x, y, x2, y2 = bins
    cells = f'<patch_index_{y * SIDE + x:04d}><patch_index_{y2 * SIDE + x2:04d}>'
    return f'<phrase> {label}</phrase><object>{cells}</object>'
