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
Molmo's points, in percent of the image's sides.

::

    <point x="32.0" y="62.8" alt="red cube">red cube</point>
    <points x1="32.0" y1="62.8" x2="40.1" y2="20.5" alt="cubes">cubes</points>

Format: model card of allenai/Molmo-7B-D-0924.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import groupby

from vlm_robot.models.answer import ImageSize, Parsed, Pointed
from vlm_robot.models.conventions.collector import Collector
from vlm_robot.models.conventions.rendering import Writer
from vlm_robot.models.conventions.xml_points import add_xml_points
from vlm_robot.models.units import Units

NONE = 'There are none.'


class MolmoConvention:
    """Reads and writes the syntax of this module's docstring."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def parse(self, text: str, size: ImageSize) -> Parsed:
        """Read an answer; see `Convention.parse`."""
        found = Collector(text, self._units, size)
        add_xml_points(found, found.answer)
        return found.parsed()

    def render(self, pointed: Sequence[Pointed], size: ImageSize) -> str:
        """Write things, boxes as their centres, so that `parse` reads them back, rounded."""
        writer = Writer(self._units, size)
        alike = groupby(pointed, key=lambda p: p.target.label)
        return ' '.join(_mark(label, list(same), writer) for label, same in alike) or NONE


def _mark(label: str, pointed: list[Pointed], writer: Writer) -> str:
    text = html.escape(label)
    if len(pointed) == 1:
        x, y = writer.point(pointed[0])
        return f'<point x="{x}" y="{y}" alt="{text}">{text}</point>'
    pairs = (writer.point(p) for p in pointed)
    numbers = ' '.join(f'x{i}="{x}" y{i}="{y}"' for i, (x, y) in enumerate(pairs, start=1))
    return f'<points {numbers} alt="{text}">{text}</points>'
