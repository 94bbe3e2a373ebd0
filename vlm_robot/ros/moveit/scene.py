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

"""What MoveIt's planning scene holds at each moment of a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Point3, Step, Target
from vlm_robot.motion.grasp import grounding_of, is_held
from vlm_robot.ros.moveit.parameters import MoveItParameters

TABLE, TARGET, OTHER, HELD = (f'vlm_robot_{role}' for role in ('table', 'target', 'other', 'held'))
"""The names of the things in the scene."""

_TABLE_THICKNESS_M = 0.05
_CLEAR_M = 0.02  # of the tcp over the things when the hand does not work at them


@dataclass(frozen=True)
class Box:
    """A box in the base frame, turned by `yaw` rad about z."""

    name: str
    position: Point3  # of its centre
    size: Point3
    yaw: float = 0.0


@dataclass(frozen=True)
class Surroundings:
    """What the arm must not touch, and what moves with its hand."""

    obstacles: tuple[Box, ...]
    held: Box | None = None  # where it was when it was grasped


@dataclass(frozen=True)
class Table:
    """What carries the things, and how far it is kept away from them."""

    box: Box
    margin_m: float

    @classmethod
    def of(cls, parameters: MoveItParameters) -> Self:
        """
        Return the table of the parameters: as far under its height as things stand over it.

        :raises ConfigurationError: when it has no two extents or no two coordinates.
        """
        centre, size = parameters.table_centre, parameters.table_size
        if len(centre) != 2 or len(size) != 2 or min(size) <= 0:
            raise ConfigurationError(
                f"parameters 'moveit.table_centre' and 'moveit.table_size' are {centre!r} and "
                f'{size!r}: expected two numbers each, sizes over 0'
            )
        z = parameters.table_height_m - parameters.scene_margin_m - _TABLE_THICKNESS_M / 2
        box = Box(TABLE, (*centre, z), (*size, _TABLE_THICKNESS_M))
        return cls(box, parameters.scene_margin_m)


class StepScene:
    """
    Follows a step: which of its things are in the way, and which is in the hand.

    A thing is an obstacle while the arm travels. From a straight line on, until the hand is over
    the things again, it works at them, and they may be touched: by the hand, or by what it holds.
    What was grasped moves with the hand until it is let go.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._step: Step | None = None
        self._near = False
        self._held: tuple[Box, float] | None = None  # and the width between the fingers

    def begin(self, step: Step) -> None:
        """Take up a step's things."""
        self._step, self._near = step, False

    def end(self) -> None:
        """Forget the step's things; what is held stays held."""
        self._step, self._near = None, False

    def moves(self, *, straight: bool) -> Surroundings:
        """Return what is around the next motion of the arm."""
        self._near |= straight
        return self.now()

    def arrived(self, height_m: float) -> None:
        """Tell at what height the tcp came to rest: above the things, they are in the way."""
        hangs_m = self._held[0].size[2] if self._held else 0.0
        tops = [box.position[2] + box.size[2] / 2 for box in self._things()]
        self._near &= height_m - hangs_m < max(tops, default=0.0) + _CLEAR_M

    def now(self) -> Surroundings:
        """Return what is around the arm."""
        things = () if self._near else self._things()
        held = self._held[0] if self._held else None
        return Surroundings((self._table.box, *things), held)

    def gripped(self, commanded_m: float, measured_m: float | None) -> Surroundings:
        """
        Tell that the fingers came to rest; return what is around the arm now.

        :param commanded_m: the opening that they were sent to.
        :param measured_m: the opening that they have, None where it is not known.
        """
        if self._held is not None and commanded_m >= self._held[1]:
            self._held = None
        thing = self._box(HELD, self._step.target) if self._step else None
        if thing is not None and self._grasps(thing, commanded_m, measured_m):
            self._held = thing, min(thing.size[:2])
        return self.now()

    def _grasps(self, thing: Box, commanded_m: float, measured_m: float | None) -> bool:
        if self._step is None or self._step.skill is not Skill.PICK or self._held is not None:
            return False
        width_m = min(thing.size[:2])
        return commanded_m < width_m and (measured_m is None or is_held(measured_m, width_m))

    def _things(self) -> tuple[Box, ...]:
        if self._step is None:
            return ()
        boxes = (self._box(TARGET, self._step.target), self._box(OTHER, self._step.other))
        return tuple(box for box in boxes if box is not None)

    def _box(self, name: str, target: Target | None) -> Box | None:
        """Return a thing's box, raised off the table; None when nobody knows where it is."""
        if target is None:
            return None
        try:
            thing = grounding_of(target)
        except Refusal:
            return None  # whoever plans the step refuses it
        bottom = min(thing.bottom + self._table.margin_m, thing.position[2])
        x, y, _ = thing.position
        size = (*thing.size[:2], thing.top - bottom)
        return Box(name, (x, y, (thing.top + bottom) / 2), size, thing.yaw)
