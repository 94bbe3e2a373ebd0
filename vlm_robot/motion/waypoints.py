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

"""Steps as phases: where the gripper goes and how far it opens, one after the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Relation
from vlm_robot.core.values import Grounding, Point3, Step
from vlm_robot.motion.grasp import Grasp, Held, grounding_of, opening_around
from vlm_robot.motion.gripper_pose import GripperPose
from vlm_robot.motion.settings import ArmSettings

_ASKEW = math.radians(15)  # that the fingers may be turned in the gap between two things


@dataclass(frozen=True)
class Travel:
    """Move through free space to a pose."""

    name: str
    pose: GripperPose


@dataclass(frozen=True)
class Line:
    """Move the tcp straight to a point, without turning it."""

    name: str
    point: Point3
    speed_mps: float


@dataclass(frozen=True)
class Grip:
    """Open or close the fingers."""

    name: str
    opening_m: float


Phase = Travel | Line | Grip


def pick_phases(grasp: Grasp, settings: ArmSettings) -> tuple[Phase, ...]:
    """Return how to grasp a thing and lift it."""
    x, y, z = grasp.pose.position
    transit = max(settings.heights.transit, z)
    near = min(z + settings.heights.grasp_depth, transit)
    return (
        Travel('above', GripperPose((x, y, transit), grasp.pose.yaw)),
        Grip('open', opening_around(grasp.width_m, settings)),
        Line('approach', (x, y, near), settings.speed.free),
        Line('approach', (x, y, z), settings.speed.near),
        Grip('grasp', 0.0),
        Line('lift', (x, y, transit), settings.speed.free),
    )


def place_phases(step: Step, held: Held, yaw: float, settings: ArmSettings) -> tuple[Phase, ...]:
    """Return how to put the held thing to a step's goal with the gripper at a yaw."""
    heights = settings.heights
    x, y, _ = goal = goal_of(step)
    support = grounding_of(step.target)
    bottom = goal[2] + _drop(step.relation, support, goal[2], settings)
    z = max(bottom + held.below_m, settings.lowest_tcp)
    over = bottom if step.relation.is_beside else max(bottom, support.top)
    above = max(heights.transit, over + heights.over_rim + held.below_m)
    near = min(z + heights.grasp_depth, above)
    return (
        Travel('above', GripperPose((x, y, above), yaw)),
        Line('lower', (x, y, near), settings.speed.free),
        Line('lower', (x, y, z), settings.speed.near),
        Grip('release', opening_around(held.width_m, settings)),
        Line('retreat', (x, y, min(z + heights.grasp_depth, above)), settings.speed.near),
        Line('retreat', (x, y, above), settings.speed.free),
    )


def _drop(relation: Relation, support: Grounding, goal_z: float, settings: ArmSettings) -> float:
    """Return how far over its goal a thing is let go: the fingers stay clear of a container."""
    heights = settings.heights
    if relation is not Relation.IN:
        return heights.release
    return min(max(0.4 * (support.top - goal_z), heights.release), heights.max_drop)


def place_yaws(step: Step) -> tuple[float, ...]:
    """
    Return the yaws of the gripper to release at, the best first; half turns do not count.

    Beside a thing the fingers open along the gap, between two things in no other way; in or on a
    thing they open along its sides.
    """
    support = grounding_of(step.target)
    if step.other is not None:
        yaw = heading(support, grounding_of(step.other).position)
        return yaw, yaw - _ASKEW, yaw + _ASKEW
    yaw = heading(support, goal_of(step)) if step.relation.is_beside else support.yaw
    return yaw, yaw + math.pi / 2


def goal_of(step: Step) -> Point3:
    """
    Return where a step ends.

    :raises Refusal: MOTION_FAILED when it has no goal, or one that is not a number.
    """
    if step.goal is None or not all(map(math.isfinite, step.goal)):
        raise Refusal(
            Outcome.MOTION_FAILED,
            f'the goal of {step.skill.name} is {step.goal!r}: expected a point',
        )
    return step.goal


def heading(thing: Grounding, goal: Point3) -> float:
    """Return the direction from a thing to a point, in rad about z."""
    return math.atan2(goal[1] - thing.position[1], goal[0] - thing.position[0])
