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
JSON points and boxes, and what models write in their place.

::

    [{"point_2d": [x, y], "label": "red cube"}, {"bbox_2d": [x1, y1, x2, y2], "label": ...}]
    [{"point": [y, x], "label": "red cube"}, {"box_2d": [ymin, xmin, ymax, xmax], ...}]

The first is Qwen's, the second Gemini's; which axis comes first is the unit's matter. Read as
well: fences and prose around it, `[[x, y], ...]`, `{"red cube": [[x, y]]}`, keys x and y, points
in XML, Qwen2-VL's `<|box_start|>(x1,y1),(x2,y2)<|box_end|>`, and Qwen2.5-VL's plain lines
`x1,y1,x2,y2 red cube`. Formats: cookbooks of QwenLM/Qwen3-VL and google-gemini/cookbook.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from vlm_robot.models.answer import ImageSize, Parsed, Pointed
from vlm_robot.models.conventions.answer_text import unfenced
from vlm_robot.models.conventions.box_tags import QWEN2, add_tagged
from vlm_robot.models.conventions.collector import Collector
from vlm_robot.models.conventions.rendering import Writer, listed
from vlm_robot.models.conventions.things import add_documents
from vlm_robot.models.conventions.xml_points import add_xml_points
from vlm_robot.models.units import Units

_N = r'[+-]?(?:\d++\.?+\d*+|\.\d++)'
_LINE = re.compile(
    rf'^[ \t]*+(?:[-*•]|\d{{1,3}}[.)](?=\s))?+[ \t]*+({_N}(?:[ \t]*+,[ \t]*+{_N}){{3}})'
    r'(?![ \t]*+,[ \t]*+[\d.])[ \t]*+[,:]?+[ \t]*+([^\n\d]*+)$',
    re.MULTILINE,
)
_PAIR = re.compile(rf'\s*+({_N}[ \t]*+,[ \t]*+{_N})\s*+')


class JsonPointsConvention:
    """Reads and writes the syntax of this module's docstring."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def parse(self, text: str, size: ImageSize) -> Parsed:
        """Read an answer; see `Convention.parse`."""
        found = Collector(text, self._units, size)
        answer = unfenced(found.answer)
        if add_xml_points(found, answer) or add_tagged(found, answer, QWEN2):
            return found.parsed()
        add_documents(found, answer)
        if not found.pointed and not found.troubles:
            _add_lines(found, answer)
        return found.parsed()

    def render(self, pointed: Sequence[Pointed], size: ImageSize) -> str:
        """Write things so that `parse` reads them back, rounded to the unit."""
        writer = Writer(self._units, size)
        point, box = ('point', 'box_2d') if self._units.first == 'y' else ('point_2d', 'bbox_2d')
        items = (
            f'\t{{"{point if p.box is None else box}": {listed(writer.numbers(p))}, '
            f'"label": {json.dumps(p.target.label)}}}'
            for p in pointed
        )
        lines = ',\n'.join(items)
        return f'```json\n[\n{lines}\n]\n```' if pointed else '```json\n[]\n```'


def _add_lines(found: Collector, answer: str) -> None:
    """Add boxes of plain lines, or the one point that an answer of two numbers is."""
    pair = _PAIR.fullmatch(answer)
    if pair is not None:
        found.add(_numbers(pair[1]), pair.span(1))
    for line in _LINE.finditer(answer):
        found.add(_numbers(line[1]), line.span(1), label=line[2])


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(number) for number in text.split(','))
