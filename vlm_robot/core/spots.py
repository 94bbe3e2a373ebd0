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

"""Where PLACE ends in free space: on a side of a thing, or between two."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from vlm_robot.core.errors import Refusal
from vlm_robot.core.free_space import FreeSpace
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.placement import edge_along
from vlm_robot.core.table import Table
from vlm_robot.core.targets import targets_of
from vlm_robot.core.values import Grounding, Point3, Step

_CONE = math.radians(30)  # on both sides of a direction: what lies there is still on that side
_TURNS = np.linspace(-_CONE, _CONE, 9)
_FARTHEST_M = 0.15  # beyond the gap: a shadow behind a tall thing is that long
_STEP_M = 0.01
_COST_OF_TURN_M = 0.06  # that a spot straight ahead may be farther, per rad
_FINE_M = 0.0025
_SHIFTS_M = (0.0, 0.01, -0.01, 0.02, -0.02, 0.03, -0.03)
_ONE_THING_M = 0.01  # two things have centres that are farther apart


def goal_beside(
    target: Grounding, step: Step, *, heading: float, space: FreeSpace, table: Table
) -> Point3:
    """
    Return the nearest free spot on a side of a thing.

    The gap between the two is that of NEXT_TO, or wider where there is no room.

    :param step: what is said in a refusal.
    :param heading: of the side, in rad about z in the base frame.
    :raises Refusal: UNREACHABLE when there is none.
    """
    gap_m = space.footprint.side_m / 2 + space.settings.gap_m
    beyond = np.arange(gap_m, gap_m + _FARTHEST_M, _STEP_M)
    options = sorted(
        itertools.product(beyond, _TURNS),
        key=lambda option: option[0] + _COST_OF_TURN_M * abs(option[1]),
    )
    support_m = _support(target, table)
    for beyond_m, turn in options:
        yaw = heading + float(turn)
        distance = float(edge_along(target, np.array([yaw]))[0]) + float(beyond_m)
        x = target.position[0] + distance * math.cos(yaw)
        y = target.position[1] + distance * math.sin(yaw)
        ground = space.ground(x, y, yaw=yaw, support_m=support_m)
        if ground is not None:
            return x, y, table.height_at(x, y) + ground
    raise Refusal(
        Outcome.UNREACHABLE,
        f'there is no free spot of {_cm(space.footprint.room_m)} {step.relation.words} '
        f'the {step.target.label}, in the workspace and in view',
    )


def goal_between(one: Grounding, step: Step, *, space: FreeSpace, table: Table) -> Point3:
    """
    Return the free spot between two things that is nearest to the middle of their gap.

    :param step: has the other thing.
    :raises Refusal: INVALID_ANSWER for one thing instead of two; UNREACHABLE when there is no
        room between them.
    """
    if step.other is None or step.other.grounding is None:
        raise Refusal(
            Outcome.INVALID_ANSWER,
            f'{step.skill.name} BETWEEN names only {step.target.label!r}: expected two things',
        )
    two = step.other.grounding
    gap = _Gap.between(one, two, (step.target.label, step.other.label))
    gap = gap.narrowed(space, table, above_m=max(one.bottom, two.bottom))
    needed = space.footprint.room_m
    if gap.width < needed:
        raise Refusal(
            Outcome.UNREACHABLE,
            f'the gap between {gap.names} is {_cm(gap.width)}: the held thing needs {_cm(needed)}',
        )
    slack = gap.width - needed
    shifts = np.arange(0.0, slack / 2 + _FINE_M, _FINE_M).clip(max=slack / 2)
    options = sorted(
        itertools.product({s for shift in shifts for s in (shift, -shift)}, _SHIFTS_M),
        key=lambda option: math.hypot(*option),
    )
    support_m = max(_support(one, table), _support(two, table))
    for along, across in options:
        x, y = gap.point(gap.middle + float(along), across)
        ground = space.ground(x, y, yaw=gap.heading, support_m=support_m)
        if ground is not None:
            return x, y, table.height_at(x, y) + ground
    raise Refusal(
        Outcome.UNREACHABLE,
        f'there is no free spot of {_cm(needed)} in the gap of {_cm(gap.width)} between '
        f'{gap.names}, in the workspace and in view',
    )


def check_not_held(step: Step, held: Grounding | None) -> None:
    """:raises Refusal: INVALID_ANSWER for what is to be put beside itself."""
    for target in targets_of((step,)):
        thing = target.grounding
        if held is None or thing is None:
            continue
        if math.dist(held.position[:2], thing.position[:2]) < _ONE_THING_M:
            raise Refusal(
                Outcome.INVALID_ANSWER,
                f'{target.label!r} is what is held: nothing is put {step.relation.words} it',
            )


@dataclass(frozen=True)
class _Gap:
    """A stretch of the line from the middle of one thing to that of another."""

    origin: tuple[float, float]
    heading: float
    start: float  # m from the origin
    end: float
    names: str

    @classmethod
    def between(cls, one: Grounding, two: Grounding, labels: tuple[str, str]) -> _Gap:
        """:raises Refusal: INVALID_ANSWER for one thing instead of two."""
        (x, y), (x2, y2) = one.position[:2], two.position[:2]
        names = ' and '.join(f'the {label}' for label in labels)
        apart = math.hypot(x2 - x, y2 - y)
        if not apart > _ONE_THING_M:
            raise Refusal(
                Outcome.INVALID_ANSWER, f'nothing is between {names}: they are at one place'
            )
        heading = math.atan2(y2 - y, x2 - x)
        start, end = _inner_edge(one, heading), apart - _inner_edge(two, heading)
        return cls((x, y), heading, start, end, names)

    @property
    def width(self) -> float:
        return max(self.end - self.start, 0.0)

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2

    def point(self, along: float, across: float = 0.0) -> tuple[float, float]:
        cos, sin = math.cos(self.heading), math.sin(self.heading)
        x, y = self.origin
        return x + along * cos - across * sin, y + along * sin + across * cos

    def narrowed(self, space: FreeSpace, table: Table, *, above_m: float) -> _Gap:
        """Return the gap without what is seen of the things at its ends."""

        def is_taken(along: float) -> bool:
            x, y = self.point(along)
            top = table.height_at(x, y) + space.height_at(x, y)
            return top > above_m + space.settings.object_height_m

        start, end = self.start, self.end
        while start < end and is_taken(start):
            start += _FINE_M
        while start < end and is_taken(end):
            end -= _FINE_M
        return _Gap(self.origin, self.heading, start, end, self.names)


def _inner_edge(thing: Grounding, heading: float) -> float:
    """Return how far a thing reaches along a heading at least: it may be round."""
    turn = heading - thing.yaw
    along, across = math.cos(turn) / thing.size[0], math.sin(turn) / thing.size[1]
    return 0.5 / math.hypot(along, across)


def _support(thing: Grounding, table: Table) -> float:
    """Return the height above the table of what a thing stands on."""
    return max(thing.bottom - table.height_at(*thing.position[:2]), 0.0)


def _cm(length_m: float) -> str:
    return f'{100 * length_m:.1f} cm'
