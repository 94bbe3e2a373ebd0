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
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.geometry import inverse
from vlm_robot.core.skills import PUSH_DISTANCE_M, Direction, Relation
from vlm_robot.sim.camera import T_base_camera
from vlm_robot.sim.scene import ObjectSpec, SceneSpec
from vlm_robot.sim.tabletop import ObjectState

_REST_M_PER_S = 0.03
_GAP_M = 0.12  # edge to edge: farther apart is not "next to"
_LEVEL_M = 0.012
_LIFTED_M = 0.04
_AWAY_M = 0.08  # from the tool centre point: what is farther is not between the fingers
_ENOUGH = 0.6  # share of the asked distance that a push must cover
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
    for label in filter(None, (goal.thing, goal.target)):
        if label not in now:
            return Finding(False, f'{label!r} is not in the scene: there are {", ".join(now)}')
    thing = now[goal.thing]
    if goal.relation is not Relation.NONE and goal.target:
        return _related(goal, thing, now[goal.target], tcp=tcp)
    if goal.direction is not Direction.NONE:
        return _moved(goal, thing, start[goal.thing])
    height = float(thing.position[2] - start[goal.thing].position[2])
    return Finding(height > _LIFTED_M, f'the {goal.thing} is {height:.3f} m above where it stood')


def _related(
    goal: Goal, thing: ObjectState, target: ObjectState, *, tcp: NDArray[np.float64] | None
) -> Finding:
    apart = float(np.linalg.norm(thing.position[:2] - target.position[:2]))
    top = float(target.position[2]) + target.spec.shape.height / 2
    bottom = float(thing.position[2]) - thing.spec.shape.height / 2
    floor = float(target.position[2]) - target.spec.shape.height / 2
    inside = apart < min(target.spec.shape.length, target.spec.shape.width) / 2
    holds = {
        Relation.IN: inside and floor - _LEVEL_M < bottom < top + _LEVEL_M,
        Relation.ON: inside and abs(bottom - top) < _LEVEL_M,
        Relation.NEXT_TO: not inside
        and apart - thing.spec.shape.reach - target.spec.shape.reach < _GAP_M
        and abs(bottom - floor) < _LEVEL_M,
    }[goal.relation]
    resting = thing.linear_speed < _REST_M_PER_S
    free = tcp is None or float(np.linalg.norm(thing.position - tcp)) > _AWAY_M
    word = goal.relation.name.lower().replace('_', ' ')
    return Finding(
        holds and resting and free,
        f'the {goal.thing} is {"" if holds else "not "}{word} the {goal.target}: {apart:.3f} m '
        f'apart, its bottom {bottom - floor:.3f} m above that of the {goal.target}'
        + ('' if resting else ', and it moves')
        + ('' if free else ', and the gripper is still at it'),
    )


def _moved(goal: Goal, thing: ObjectState, start: ObjectState) -> Finding:
    axis, sign = _IMAGE_AXES[goal.direction]
    R_camera_base = inverse(T_base_camera())[:3, :3]
    along = R_camera_base[axis, :2] * sign
    along /= math.hypot(along[0], along[1])
    distance = float((thing.position[:2] - start.position[:2]) @ along)
    return Finding(
        distance > _ENOUGH * PUSH_DISTANCE_M,
        f'the {goal.thing} moved {distance:.3f} m {goal.direction.name.lower()}',
    )
