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

"""Seeded scenes: which objects stand where. Numbers only, no physics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from vlm_robot.sim.catalogue import COLOURS, GRASPABLE, SHAPES, SURFACES, WIDE, Kind, Shape, Size

TABLE_X = (0.33, 0.67)
TABLE_Y = (-0.27, 0.27)
"""Where objects' centres may lie, metres in the base frame; the table's top is z = 0."""

_TRIES = 60
_T = TypeVar('_T')


@dataclass(frozen=True)
class ObjectSpec:
    """One object of a scene. `x`, `y`, `z` are its centre in metres, `yaw` is in rad about z."""

    name: str
    kind: Kind
    size: Size
    colour: str
    x: float
    y: float
    z: float
    yaw: float
    support: str = ''  # name of the object that it stands in or on; empty for the table

    @property
    def shape(self) -> Shape:
        """Outer dimensions in metres."""
        return SHAPES[self.kind, self.size]

    @property
    def phrase(self) -> str:
        """Colour and kind in words."""
        return f'{self.colour} {self.kind.value}'


@dataclass(frozen=True)
class SceneSpec:
    """The objects of one scene."""

    seed: int
    objects: tuple[ObjectSpec, ...]


@dataclass(frozen=True)
class SceneSettings:
    """What scenes are like. Lengths in metres."""

    min_objects: int = 3
    max_objects: int = 8
    gap: float = 0.035  # between neighbours on the table: the gripper's open fingers fit
    stacked: float = 0.0  # probability, per graspable object, that it stands in or on another
    max_wide: int = 3  # bowls, plates and trays take much of the table


def sample_scene(seed: int, settings: SceneSettings | None = None) -> SceneSpec:
    """
    Draw a scene. The same arguments give the same scene.

    Kinds and colours come from small subsets, so that most objects have a near miss beside them
    that shares their colour or their kind.
    """
    return _Sampler(np.random.default_rng(seed), settings or SceneSettings()).scene(seed)


class _Sampler:
    def __init__(self, rng: np.random.Generator, settings: SceneSettings) -> None:
        self._rng = rng
        self._settings = settings
        self._kinds = self._subset(list(Kind), low=2, high=5)
        self._colours = self._subset(list(COLOURS), low=2, high=6)
        self._placed: list[ObjectSpec] = []

    def scene(self, seed: int) -> SceneSpec:
        count = self._rng.integers(self._settings.min_objects, self._settings.max_objects + 1)
        for index in range(count):
            self._add(f'object{index}')
        return SceneSpec(seed, tuple(self._placed))

    def _subset(self, items: list[_T], *, low: int, high: int) -> list[_T]:
        size = int(self._rng.integers(low, high + 1))
        return [items[i] for i in self._rng.choice(len(items), size=size, replace=False)]

    def _choice(self, items: Sequence[_T]) -> _T:
        return items[int(self._rng.integers(len(items)))]

    def _add(self, name: str) -> None:
        for _ in range(_TRIES):
            kind, size = self._choice(self._kinds), self._choice(list(Size))
            if place := self._place(kind, SHAPES[kind, size]):
                yaw = float(self._rng.uniform(-math.pi, math.pi))
                item = ObjectSpec(
                    name, kind, size, self._choice(self._colours), *place[0], yaw, place[1]
                )
                self._placed.append(item)
                return

    def _place(self, kind: Kind, shape: Shape) -> tuple[tuple[float, float, float], str] | None:
        """Return a centre and the name of what is under it, or None if this draw does not fit."""
        supports = [o for o in self._placed if self._can_carry(o, kind, shape)]
        if supports and self._rng.uniform() < self._settings.stacked:
            return self._place_upon(self._choice(supports), shape)
        if kind in WIDE and sum(o.kind in WIDE for o in self._placed) >= self._settings.max_wide:
            return None
        margin = max(0.0, shape.reach - 0.05)
        x = float(self._rng.uniform(TABLE_X[0] + margin, TABLE_X[1] - margin))
        y = float(self._rng.uniform(TABLE_Y[0] + margin, TABLE_Y[1] - margin))
        for other in self._placed:
            apart = math.hypot(x - other.x, y - other.y) - shape.reach - other.shape.reach
            if apart < self._settings.gap:
                return None
        return (x, y, shape.height / 2), ''

    def _can_carry(self, base: ObjectSpec, kind: Kind, shape: Shape) -> bool:
        free = not any(o.support == base.name for o in self._placed)
        if base.kind in WIDE:
            return free and kind in GRASPABLE
        flat = base.kind in SURFACES and kind in GRASPABLE and kind is not Kind.BALL
        return free and flat and not base.support and shape.length <= base.shape.length + 0.003

    def _place_upon(
        self, base: ObjectSpec, shape: Shape
    ) -> tuple[tuple[float, float, float], str]:
        play = {Kind.TRAY: 0.25, Kind.PLATE: 0.2, Kind.BOWL: 0.1}.get(
            base.kind, 0.1
        ) * base.shape.reach
        x, y = self._rng.uniform(-play, play, size=2)
        floor = base.z - base.shape.height / 2 + 0.005
        bottom = floor if base.kind in WIDE else base.z + base.shape.height / 2
        return (base.x + x, base.y + y, bottom + shape.height / 2), base.name
