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

"""Whether the physics says that a thing is where an instruction wanted it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.geometry import inverse
from vlm_robot.core.skills import PUSH_DISTANCE_M, SIDES, Direction, Relation
from vlm_robot.sim.camera import T_base_camera
from vlm_robot.sim.scene import ObjectSpec, SceneSpec
from vlm_robot.sim.tabletop import ObjectState

_REST_M_PER_S = 0.03
_GAP_M = 0.12  # edge to edge: farther apart is not "next to"
_LEVEL_M = 0.012
_LIFTED_M = 0.04
_AWAY_M = 0.08  # from the tool centre point: what is farther is not between the fingers
_ENOUGH = 0.6  # share of the asked distance that a push must cover
_FAR_M = 0.20  # edge to edge: farther away is on no side of a thing any more
_ON_SIDE = math.cos(math.radians(45))
_ASIDE = 0.25  # of the distance between two things: what is farther from their line is not between
_IMAGE_AXES = {
    Direction.RIGHT: (0, 1),
    Direction.LEFT: (0, -1),
    Direction.BACK: (1, 1),
    Direction.FORWARD: (1, -1),
}
"""Camera axis (x right, y down) and sign of a direction, before it is laid on the table."""


@dataclass(frozen=True)
class Goal:
    """What should hold: a relation to another thing, a move, or (neither) being held."""

    thing: str
    relation: Relation = Relation.NONE
    target: str = ''
    direction: Direction = Direction.NONE
    other: str = ''  # BETWEEN: the second thing


@dataclass(frozen=True)
class Finding:
    """The answer."""

    holds: bool
    message: str


def labels(scene: SceneSpec) -> dict[str, ObjectSpec]:
    """Name every object of a scene as people would: with its size only where that is needed."""
    count = Counter(item.phrase for item in scene.objects)
    named: dict[str, ObjectSpec] = {}
    for item in scene.objects:
        label = item.phrase if count[item.phrase] == 1 else f'{item.size.value} {item.phrase}'
        named[label if label not in named else f'{label} {item.name}'] = item
    return named


def by_their_labels(goal: Goal, named: Mapping[str, ObjectSpec]) -> Goal:
    """
    Return a goal with the labels of things that it names by their size, too, where none is needed.

    :param named: what `labels` returns.
    """
    full = {f'{item.size.value} {item.phrase}': label for label, item in named.items()}

    def label(name: str) -> str:
        return name if name in named else full.get(name, name)

    return replace(
        goal, thing=label(goal.thing), target=label(goal.target), other=label(goal.other)
    )


def check_goal(
    goal: Goal,
    now: Mapping[str, ObjectState],
    start: Mapping[str, ObjectState],
    *,
    tcp: NDArray[np.float64] | None = None,
) -> Finding:
    """
    Compare a goal with where things are.

    :param now: label -> ground truth.
    :param start: the same when the scene began.
    :param tcp: position of the tool centre point, (3,) m: a thing that is near it may be held, and
        is not placed. None takes the gripper for away.
    """
    for label in filter(None, (goal.thing, goal.target, goal.other)):
        if label not in now:
            return Finding(False, f'{label!r} is not in the scene: there are {", ".join(now)}')
    thing = now[goal.thing]
    if goal.relation is not Relation.NONE and goal.target:
        return _related(goal, thing, now, tcp=tcp)
    if goal.direction is not Direction.NONE:
        return _moved(goal, thing, start[goal.thing])
    height = float(thing.position[2] - start[goal.thing].position[2])
    return Finding(height > _LIFTED_M, f'the {goal.thing} is {height:.3f} m above where it stood')


def _related(
    goal: Goal,
    thing: ObjectState,
    now: Mapping[str, ObjectState],
    *,
    tcp: NDArray[np.float64] | None,
) -> Finding:
    target = now[goal.target]
    holds = _holds(goal, thing, target, now.get(goal.other))
    resting = thing.linear_speed < _REST_M_PER_S
    free = tcp is None or float(np.linalg.norm(thing.position - tcp)) > _AWAY_M
    others = f' and the {goal.other}' if goal.other else ''
    return Finding(
        holds and resting and free,
        f'the {goal.thing} is {"" if holds else "not "}{goal.relation.words} the '
        f'{goal.target}{others}: {_apart(thing, target):.3f} m apart, its bottom '
        f'{_bottom(thing) - _bottom(target):.3f} m above that of the {goal.target}'
        + ('' if resting else ', and it moves')
        + ('' if free else ', and the gripper is still at it'),
    )


def _holds(goal: Goal, thing: ObjectState, target: ObjectState, other: ObjectState | None) -> bool:
    apart, bottom, floor = _apart(thing, target), _bottom(thing), _bottom(target)
    top = floor + target.spec.shape.height
    inside = apart < min(target.spec.shape.length, target.spec.shape.width) / 2
    if goal.relation is Relation.IN:
        return inside and floor - _LEVEL_M < bottom < top + _LEVEL_M
    if goal.relation is Relation.ON:
        return inside and abs(bottom - top) < _LEVEL_M
    if inside or abs(bottom - floor) >= _LEVEL_M:
        return False
    gap = apart - thing.spec.shape.reach - target.spec.shape.reach
    if goal.relation is Relation.NEXT_TO:
        return gap < _GAP_M
    if goal.relation in SIDES:
        toward = _along(SIDES[goal.relation], target, thing)
        return gap < _FAR_M and toward > _ON_SIDE * apart
    return other is not None and _is_between(thing, target, other)


def _apart(one: ObjectState, two: ObjectState) -> float:
    return float(np.linalg.norm(one.position[:2] - two.position[:2]))


def _bottom(thing: ObjectState) -> float:
    return float(thing.position[2]) - thing.spec.shape.height / 2


def _along(direction: Direction, start: ObjectState, end: ObjectState) -> float:
    """Return how far one place is from another on the table, in a direction of the camera."""
    axis, sign = _IMAGE_AXES[direction]
    R_camera_base = inverse(T_base_camera())[:3, :3]
    along = R_camera_base[axis, :2] * sign
    along /= math.hypot(along[0], along[1])
    return float((end.position[:2] - start.position[:2]) @ along)


def _is_between(thing: ObjectState, one: ObjectState, two: ObjectState) -> bool:
    """Return whether a thing is in the gap between two, near the line from one to the other."""
    line = two.position[:2] - one.position[:2]
    apart = float(np.linalg.norm(line))
    if apart == 0:
        return False
    x, y = (thing.position[:2] - one.position[:2]) / apart
    along = float(x * line[0] + y * line[1])
    aside = abs(float(x * line[1] - y * line[0]))
    return one.spec.shape.reach < along < apart - two.spec.shape.reach and aside < _ASIDE * apart


def _moved(goal: Goal, thing: ObjectState, start: ObjectState) -> Finding:
    distance = _along(goal.direction, start, thing)
    return Finding(
        distance > _ENOUGH * PUSH_DISTANCE_M,
        f'the {goal.thing} moved {distance:.3f} m {goal.direction.name.lower()}',
    )
