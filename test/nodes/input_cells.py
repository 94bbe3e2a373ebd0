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

"""What a camera may send, axis by axis, and what vlm_node has to say about it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

from sent_images import NO_COLOUR, NO_DEPTH

from vlm_robot.core.outcome import Outcome


@dataclass(frozen=True)
class Cell:
    """One value of each axis; the defaults are those of a camera without a fault."""

    transport: str = 'raw'
    colour: str = 'good'
    depth: str = 'good'
    qos: str = 'reliable'
    sync: str = 'in step'
    frames: str = 'right'
    info: str = 'right'

    def __str__(self) -> str:
        return ', '.join(self.changed.values()) or 'good'

    @property
    def changed(self) -> dict[str, str]:
        """The axes that are not as a camera without a fault has them."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            axis: f'{axis} {value}'
            for axis, value in given.items()
            if value != getattr(GOOD, axis)
        }


GOOD = Cell()
COMPRESSED = replace(GOOD, transport='compressed')

AXES: dict[str, tuple[str, ...]] = {
    'transport': ('raw', 'compressed'),
    'colour': ('good', *NO_COLOUR),
    'depth': ('good', 'empty', *NO_DEPTH),
    'qos': ('reliable', 'best effort', 'latched', 'latched best effort', 'camera_info once'),
    'sync': (
        'in step',
        'depth lags',
        'no depth',
        'stamps of zero',
        'from the future',
        'stale',
        'clock set back',
        'no image',
    ),
    'frames': ('right', 'depth beside', 'depth unknown', 'unknown', 'camera moved'),
    'info': ('right', 'bent', 'none', 'zero focal length', 'NaN', 'another size', 'unknown lens'),
}
"""The first value of each is the good one; there are other good ones among the rest."""

REFUSALS: tuple[tuple[str, tuple[str, ...], Outcome], ...] = (
    # what there is to look at, by its stamps
    ('sync', ('no image',), Outcome.NO_FRAME),
    (
        'sync',
        ('stamps of zero', 'from the future', 'stale', 'clock set back'),
        Outcome.STALE_FRAME,
    ),
    ('info', ('none',), Outcome.NO_CAMERA_INFO),
    ('sync', ('depth lags', 'no depth'), Outcome.NO_DEPTH),
    # what it contains
    ('colour', NO_COLOUR, Outcome.BAD_FRAME),
    ('info', ('zero focal length', 'NaN', 'unknown lens'), Outcome.NO_CAMERA_INFO),
    ('info', ('another size',), Outcome.BAD_FRAME),
    ('depth', NO_DEPTH, Outcome.BAD_FRAME),
    # where it is
    ('frames', ('depth unknown', 'unknown'), Outcome.NO_TRANSFORM),
    ('depth', ('empty',), Outcome.NO_DEPTH),
    ('frames', ('camera moved',), Outcome.NO_TRANSFORM),
)
"""Axis, values, what they are refused as: of several faults, the first one here is told."""


def expected(cell: Cell) -> Outcome:
    """Return how a plan on what a cell sends has to end."""
    for axis, values, outcome in REFUSALS:
        if getattr(cell, axis) in values:
            return outcome
    return Outcome.OK


def singles() -> Iterator[Cell]:
    """Yield every value with good ones of the other axes, colour and depth on both transports."""
    for axis, values in AXES.items():
        for value in values[1:]:
            yield replace(GOOD, **{axis: value})
            if axis in ('colour', 'depth'):
                yield replace(COMPRESSED, **{axis: value})


def pairs() -> Iterator[Cell]:
    """Yield cells in which any two values meet; those that are good meet without a fault too."""
    good = {
        axis: tuple(v for v in values if expected(replace(GOOD, **{axis: v})) is Outcome.OK)
        for axis, values in AXES.items()
    }
    for row in itertools.chain(covering(good), covering(AXES)):
        yield Cell(**row)


def covering(axes: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    """
    Yield rows in which every pair of values of two axes occurs.

    Greedy, in the manner of D. Cohen et al., "The AETG System", IEEE TSE 23(7), 1997, but without
    chance: a row begins with the first missing pair, and takes on each further axis the value that
    completes most.
    """
    missing = all_pairs(axes)
    while missing:
        row = dict(missing[0])
        for axis, values in axes.items():
            if axis not in row:
                row[axis] = max(values, key=lambda v: _gain(row, axis, v, missing))
        yield {axis: row[axis] for axis in axes}
        missing = [pair for pair in missing if not pair.items() <= row.items()]


def all_pairs(axes: Mapping[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """Return each pair of values of two axes."""
    return [
        {one: a, other: b}
        for one, other in itertools.combinations(axes, 2)
        for a, b in itertools.product(axes[one], axes[other])
    ]


def _gain(row: dict[str, str], axis: str, value: str, missing: list[dict[str, str]]) -> int:
    grown = row | {axis: value}
    return sum(axis in pair and pair.items() <= grown.items() for pair in missing)
