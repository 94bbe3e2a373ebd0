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

"""What is true of a scene, for making instructions about it: its ground truth, as it is seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vlm_robot.sim.catalogue import CONTAINERS, SHAPES, Kind, Size
from vlm_robot.sim.scene import SceneSpec
from vlm_robot.tuning.synthesis import COLOUR_NAMES, KINDS, SIZES

MIN_VISIBLE = 25  # pixels at 256 x 192; less is not an object to speak of
_FAINT = 6  # between the two, nobody can say whether it is seen: such scenes are left out


@dataclass(frozen=True)
class Thing:
    """One visible object. `x`, `y` are metres on the table: x away from the camera, y left."""

    index: int
    kind: Kind
    colour: str
    size: Size
    x: float
    y: float
    support: int  # index of what it stands in or on, -1 for the table

    @property
    def name(self) -> str:
        """Colour and kind, as answers name it."""
        return f'{self.colour} {self.kind.value}'

    @property
    def reach(self) -> float:
        """Radius on the table in metres."""
        return SHAPES[self.kind, self.size].reach


@dataclass(frozen=True)
class Facts:
    """The things of a scene, from left to right."""

    things: tuple[Thing, ...]

    def thing(self, index: int) -> Thing | None:
        """Return a thing by its index in the scene."""
        return next((t for t in self.things if t.index == index), None)

    def carries(self, thing: Thing) -> bool:
        """Whether something stands in or on it."""
        return any(t.support == thing.index for t in self.things)

    def inside(self, thing: Thing) -> bool:
        """Whether it stands in a container."""
        base = self.thing(thing.support)
        return base is not None and base.kind in CONTAINERS


def facts_of(row: dict[str, np.ndarray]) -> Facts | None:
    """
    Read one scene of a shard (see `vlm_robot.tuning.synthesis`).

    :return: None for a scene in which it is doubtful whether something is seen.
    """
    visible = row['visible']
    if np.any((visible >= _FAINT) & (visible < MIN_VISIBLE)):
        return None
    things = [_thing(row, int(index)) for index in np.nonzero(visible >= MIN_VISIBLE)[0]]
    return Facts(tuple(sorted(things, key=lambda t: row['point'][t.index, 0])))


def _thing(row: dict[str, np.ndarray], index: int) -> Thing:
    x, y, _ = row['position'][index]
    return Thing(
        index=index,
        kind=KINDS[row['kind'][index]],
        colour=COLOUR_NAMES[row['colour'][index]],
        size=SIZES[row['size'][index]],
        x=float(x),
        y=float(y),
        support=int(row['support'][index]),
    )


def facts_of_scene(scene: SceneSpec) -> Facts:
    """Take every object of a scene for visible."""
    names = [item.name for item in scene.objects]
    things = [
        Thing(
            index=index,
            kind=item.kind,
            colour=item.colour,
            size=item.size,
            x=item.x,
            y=item.y,
            support=names.index(item.support) if item.support else -1,
        )
        for index, item in enumerate(scene.objects)
    ]
    return Facts(tuple(sorted(things, key=lambda t: -t.y)))


def gap(first: Thing, second: Thing) -> float:
    """Distance in metres between the edges of two things."""
    return math.hypot(first.x - second.x, first.y - second.y) - first.reach - second.reach
