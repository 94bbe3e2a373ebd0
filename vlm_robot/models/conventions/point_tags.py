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
Numbers between marks of points and boxes, without names.

::

    <think>...</think><answer><point>[[x, y], ...]</point></answer>     Embodied-R1
    <point>450 417</point>, <bbox>100 200 300 400</bbox>                Seed1.5-VL

Formats: repository pickxiguapi/Embodied-R1, Seed1.5-VL's technical report (arXiv 2505.07062).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vlm_robot.models.answer import ImageSize, Parsed, Pointed
from vlm_robot.models.conventions.answer_text import unfenced
from vlm_robot.models.conventions.box_tags import add_window
from vlm_robot.models.conventions.collector import Collector
from vlm_robot.models.conventions.coordinates import Kind
from vlm_robot.models.conventions.rendering import Writer, listed
from vlm_robot.models.conventions.things import add_documents
from vlm_robot.models.units import Units

_MARK = re.compile(r'<(?P<kind>points?|b?box)>(?P<inside>[^<]*+)', re.IGNORECASE)


class PointTagsConvention:
    """Reads and writes the syntax of this module's docstring."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def parse(self, text: str, size: ImageSize) -> Parsed:
        """Read an answer; see `Convention.parse`."""
        found = Collector(text, self._units, size)
        answer = unfenced(found.answer)
        marks = list(_MARK.finditer(answer))
        for mark in marks:
            kind: Kind = 'point' if mark['kind'].lower().startswith('p') else 'box'
            add_window(found, answer, *mark.span('inside'), kind=kind)
        if not marks:
            add_documents(found, answer)
        return found.parsed()

    def render(self, pointed: Sequence[Pointed], size: ImageSize) -> str:
        """Write things without labels so that `parse` reads them back, rounded."""
        writer = Writer(self._units, size)
        points = listed([listed(writer.point(p)) for p in pointed if p.box is None])
        boxes = ''.join(
            f'<bbox>{" ".join(writer.numbers(p))}</bbox>' for p in pointed if p.box is not None
        )
        return f'<answer><point>{points}</point>{boxes}</answer>'
