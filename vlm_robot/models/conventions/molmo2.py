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
Molmo 2's points, in thousandths of the image's sides.

::

    <points coords="1 1 900 400 2 911 800">red cubes</points>
    There are none.

The first number of a group is that of the image (from 1), or a video's time; then come an id, x
and y for each point. Groups are separated by semicolons or tabs. Format: Molmo 2's technical
report (arXiv 2601.10611).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from vlm_robot.models.answer import ImageSize, Parsed, Pointed
from vlm_robot.models.conventions.collector import BROKEN_OFF, Collector
from vlm_robot.models.conventions.molmo import NONE
from vlm_robot.models.conventions.rendering import Writer
from vlm_robot.models.conventions.xml_points import add_xml_points
from vlm_robot.models.units import Units

_MARK = re.compile(
    r'<(?:points?|tracks?)\s[^<>"\']*?coords\s*=\s*(["\'])(?P<coords>[^"\'<>]*+)'
    r'(?P<rest>(?P<end>\1)[^<>]*+(?:>(?P<label>[^<]*+))?)?',
    re.IGNORECASE,
)
_ALT = re.compile(r'\balt\s*=\s*(["\'])([^"\']*+)\1')
_GROUP = re.compile(r'[^;\t]+')
_NUMBER = re.compile(r'[^\s,:]+')
_PLAIN = re.compile(r'\d+(?:\.\d*)?')


class Molmo2Convention:
    """Reads and writes the syntax of this module's docstring."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def parse(self, text: str, size: ImageSize) -> Parsed:
        """Read an answer; see `Convention.parse`."""
        found = Collector(text, self._units, size)
        marks = list(_MARK.finditer(found.answer))
        for mark in marks:
            _add_mark(found, mark)
        if not marks:
            add_xml_points(found, found.answer)
        return found.parsed()

    def render(self, pointed: Sequence[Pointed], size: ImageSize) -> str:
        """Write things, boxes as their centres, so that `parse` reads them back, rounded."""
        writer = Writer(self._units, size)
        alike = groupby(pointed, key=lambda p: p.target.label)
        return ' '.join(_written(label, list(same), writer) for label, same in alike) or NONE


def _add_mark(found: Collector, mark: re.Match[str]) -> None:
    alt = _ALT.search(mark['rest'] or '')
    label = alt[2] if alt else mark['label'] or ''
    for group in _GROUP.finditer(found.answer, *mark.span('coords')):
        numbers = list(_NUMBER.finditer(found.answer, *group.span()))
        if not mark['end'] and group.end() == mark.end('coords'):
            numbers = numbers[:-1]  # the last may lack digits
            numbers = numbers[: len(numbers) - (len(numbers) - 1) % 3]
        _add_group(found, numbers, label)
    if not mark['end']:
        found.trouble(BROKEN_OFF)


def _add_group(found: Collector, numbers: list[re.Match[str]], label: str) -> None:
    if not any(_PLAIN.fullmatch(number[0]) for number in numbers):
        return  # a placeholder
    wrong = next((number[0] for number in numbers if not _PLAIN.fullmatch(number[0])), None)
    if wrong is not None:
        found.trouble(f'{wrong[:40]!r} is no number')
        return
    image = _image(numbers[0][0])
    for x, y in _places(found, numbers[1:]):
        pair = found.by_axis(float(x[0]), float(y[0]))
        found.add(pair, (x.start(), y.end()), label=label, image=image)


def _places(
    found: Collector, numbers: list[re.Match[str]]
) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """Yield x and y of each (id, x, y)."""
    if len(numbers) % 3:
        found.trouble(f'{len(numbers)} numbers are not an id, an x and a y for each point')
    for i in range(0, len(numbers) - 2, 3):
        yield numbers[i + 1], numbers[i + 2]


def _image(number: str) -> int:
    """Return which image a group is about; a time is of the one video."""
    value = float(number)
    return int(value) - 1 if value >= 1 and value.is_integer() and len(number) < 4 else 0


def _written(label: str, pointed: list[Pointed], writer: Writer) -> str:
    parts = []
    for image, same in groupby(enumerate(pointed, start=1), key=lambda item: item[1].image):
        places = (f'{i} {" ".join(writer.point(p))}' for i, p in same)
        parts.append(f'{image + 1} {" ".join(places)}')
    return f'<points coords="{";".join(parts)}">{html.escape(label)}</points>'
