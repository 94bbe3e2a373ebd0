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

"""Points and boxes among the lists, objects and strings of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from vlm_robot.models.conventions.collector import BROKEN_OFF, Collector
from vlm_robot.models.conventions.json_reader import Array, Atom, Table, Value

Kind = Literal['point', 'box', 'either']

POINT_KEYS = frozenset({
    'point', 'point2d', 'points', 'points2d', 'keypoint', 'keypoints', 'click', 'clickpoint',
    'pixel', 'xy', 'graspoint', 'grasppoint', 'graspingpoint', 'pointxy', 'center', 'centre',
})  # fmt: skip
BOX_KEYS = frozenset({
    'bbox', 'bbox2d', 'bboxes', 'bboxes2d', 'box', 'box2d', 'boxes', 'boxes2d', 'boundingbox',
    'boundingbox2d', 'boundingboxes', 'bndbox', 'rect', 'region', 'bboxxyxy',
})  # fmt: skip
EITHER_KEYS = frozenset({
    'coordinate', 'coordinates', 'coords', 'coord', 'position', 'positions', 'location',
})  # fmt: skip

_CORNERS = (
    ('xmin', 'ymin', 'xmax', 'ymax'),
    ('x1', 'y1', 'x2', 'y2'),
    ('left', 'top', 'right', 'bottom'),
    ('x0', 'y0', 'x1', 'y1'),
)
_EXTENTS = (
    ('x', 'y', 'width', 'height'),
    ('x', 'y', 'w', 'h'),
    ('left', 'top', 'width', 'height'),
)
_POINTS = (('x', 'y'), ('u', 'v'))
_NUMBERS = re.compile(r'[\s\[\](),;]*(?:[+-]?[\d.]+[\s\[\](),;]*){2,4}')
_WORD = re.compile(r'[^\s\[\](),;]+')


@dataclass(frozen=True)
class Shape:
    """A point's two numbers or a box's four, in the order of the units' axes."""

    numbers: tuple[float, ...]
    start: int
    end: int

    @property
    def span(self) -> tuple[int, int]:
        """Where they stand in the text."""
        return self.start, self.end


def kind_of(key: str) -> Kind | None:
    """Return what a (normal) key holds; None if no coordinates."""
    if key in POINT_KEYS:
        return 'point'
    if key in BOX_KEYS:
        return 'box'
    return 'either' if key in EITHER_KEYS else None


def normal(key: str) -> str:
    """Return a key without case and separators: 'Bbox-2D' is 'bbox2d'."""
    return re.sub(r'[^a-z0-9]', '', key[:40].lower())


def shapes(found: Collector, value: Value, kind: Kind = 'either') -> Iterator[Shape]:
    """Yield the points and boxes of a value; what should be one and is none is a trouble."""
    if isinstance(value, Atom):
        yield from _of_string(found, value, kind)
    elif isinstance(value, Table):
        shape = of_axes(found, dict(_normal_pairs(value)), whole=value.whole)
        if shape is not None:
            yield shape
    else:
        yield from _of_array(found, value, kind)


def of_axes(found: Collector, table: Mapping[str, Value], *, whole: bool) -> Shape | None:
    """Return the point or box of an object with keys such as x and y, or x_min to y_max."""
    for names in (*_CORNERS, *_EXTENTS, *_POINTS):
        atoms = [atom for name in names if isinstance(atom := table.get(name), Atom)]
        numbers = [atom.number for atom in atoms if atom.number is not None]
        if len(numbers) == len(names):
            break
    else:
        return None
    if not whole and not all(atom.whole for atom in atoms):
        found.trouble(BROKEN_OFF)
        return None
    if names in _EXTENTS:
        numbers[2:] = [numbers[0] + numbers[2], numbers[1] + numbers[3]]
    pairs = [found.by_axis(numbers[i], numbers[i + 1]) for i in range(0, len(numbers), 2)]
    start, end = min(atom.start for atom in atoms), max(atom.end for atom in atoms)
    return Shape(tuple(number for pair in pairs for number in pair), start, end)


def _normal_pairs(table: Table) -> Iterator[tuple[str, Value]]:
    return ((normal(key), value) for key, value in table.pairs)


def _of_string(found: Collector, atom: Atom, kind: Kind) -> Iterator[Shape]:
    """Read numbers in a string, such as "(120, 80)"."""
    if atom.is_null or not atom.text.strip():
        found.empty = True
    elif not _NUMBERS.fullmatch(atom.text[:100]):
        if re.search(r'\d', atom.text[:100]):
            found.trouble(f'{atom.text[:40]!r} are no coordinates')
    elif not atom.whole:
        found.trouble(BROKEN_OFF)
    else:
        words = tuple(
            Atom(word[0], atom.start + word.start(), atom.start + word.end())
            for word in _WORD.finditer(atom.text)
        )
        yield from of_numbers(found, words, kind)


def _of_array(found: Collector, array: Array, kind: Kind) -> Iterator[Shape]:
    inner = [item for item in array.items if not isinstance(item, Atom)]
    atoms = [item for item in array.items if isinstance(item, Atom)]
    if not array.whole and not inner and atoms:
        found.trouble(BROKEN_OFF)
    elif not array.items:
        found.empty = found.empty or array.whole
    elif not inner:
        yield from of_numbers(found, atoms, kind)
    elif kind == 'box' and len(inner) == 2 and not atoms and _are_pairs(inner):
        corners = [shape for item in inner for shape in shapes(found, item, 'point')]
        numbers = tuple(number for corner in corners for number in corner.numbers)
        yield Shape(numbers, corners[0].start, corners[-1].end)
    else:
        if any(atom.number is not None for atom in atoms):
            found.trouble(f'{_text(found, array)!r} mixes numbers and lists')
        for item in inner:
            yield from shapes(found, item, kind)
    if inner and not array.whole:
        found.trouble(BROKEN_OFF)


def of_numbers(
    found: Collector, atoms: tuple[Atom, ...] | list[Atom], kind: Kind
) -> Iterator[Shape]:
    """Yield the one point or box that a flat list is; an echoed [x1, y1, x2, y2] is none."""
    numbers = [(atom, atom.number) for atom in atoms if atom.number is not None]
    values = tuple(number for _, number in numbers if number is not None)
    words = len(atoms) - len(numbers)
    if not numbers:
        return
    start, end = numbers[0][0].start, numbers[-1][0].end
    if words > 1 or len(values) not in (2, 4) or (kind == 'point' and len(values) == 4):
        expected = 'two' if kind == 'point' else 'two or four'
        found.trouble(f'{found.text[start:end][:40]!r} is not {expected} numbers')
    else:
        yield Shape(values, start, end)


def _are_pairs(items: list[Array | Table]) -> bool:
    return all(
        isinstance(item, Array)
        and item.whole
        and len(item.items) == 2
        and all(isinstance(i, Atom) and i.number is not None for i in item.items)
        for item in items
    )


def _text(found: Collector, value: Value) -> str:
    return found.text[value.start : value.end][:40]
