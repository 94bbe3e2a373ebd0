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

"""Pushes as phases: where the fingers touch a thing, and the sweep that slides it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vlm_robot.core.values import Grounding, Point3, Step
from vlm_robot.motion.grasp import grounding_of
from vlm_robot.motion.gripper_pose import GripperPose
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.waypoints import Grip, Line, Phase, Travel, goal_of, heading


@dataclass(frozen=True)
class Contact:
    """How the fingers meet what they push."""

    opening_m: float
    run_up_m: float  # gap between the fingers and the thing before the sweep
    turn: float  # rad: of the gripper's x axis from the direction of the push


def push_contact(attempt: int, settings: ArmSettings) -> Contact:
    """
    Return how to push.

    First with both finger tips side by side, which cradle the thing; when they came down on the
    thing or a neighbour, from further away; then turned, so that the palm, which is wider than
    the fingers, lies along the push.
    """
    push = settings.push
    contacts = (
        Contact(push.opening, push.run_up, 0.0),
        Contact(push.opening, push.wide_run_up, 0.0),
        Contact(0.0, push.run_up, math.pi / 2),
    )
    return contacts[attempt]


def push_yaw(step: Step, contact: Contact) -> float:
    """Return the yaw of the gripper for a contact."""
    return heading(grounding_of(step.target), goal_of(step)) + contact.turn


def push_phases(
    step: Step, yaw: float, contact: Contact, settings: ArmSettings
) -> tuple[Phase, ...]:
    """
    Return how to slide a thing to a step's goal.

    :param yaw: of the gripper: that of `push_yaw`, or half a turn from it.
    """
    thing, goal = grounding_of(step.target), goal_of(step)
    ahead = heading(thing, goal)
    touch = _extent(thing, ahead, settings) + settings.gripper.finger_depth
    start = _behind(thing.position, ahead, touch + contact.run_up_m)
    end = _behind(goal, ahead, touch)
    off = _behind(goal, ahead, touch + contact.run_up_m)
    z = _push_height(thing, settings)
    transit = max(settings.heights.transit, z)
    return (
        Travel('above', GripperPose((*start, transit), yaw)),
        Grip('close', contact.opening_m),
        Line('lower', (*start, z), settings.speed.free),
        Line('push', (*end, z), settings.speed.push),
        Line('retreat', (*off, z), settings.speed.near),
        Line('raise', (*off, transit), settings.speed.free),
    )


def _push_height(thing: Grounding, settings: ArmSettings) -> float:
    """Return the height of the tcp while pushing: tips low, but the palm over the thing."""
    under_palm = thing.top + settings.heights.over_push - settings.gripper.palm
    tips = thing.bottom + settings.push.height_share * thing.size[2]
    return max(settings.lowest_tcp, under_palm, tips + settings.gripper.tip)


def _behind(point: Point3, ahead: float, distance_m: float) -> tuple[float, float]:
    return point[0] - distance_m * math.cos(ahead), point[1] - distance_m * math.sin(ahead)


def _extent(thing: Grounding, ahead: float, settings: ArmSettings) -> float:
    """
    Return how far a thing reaches from its centre along a heading.

    For a thing about as long as it is wide: to the ellipse inside its box, which is where two
    finger tips meet both a round thing and the corner of a square one.
    """
    length, width, _ = thing.size
    along = abs(math.cos(ahead - thing.yaw)) / (length / 2)
    across = abs(math.sin(ahead - thing.yaw)) / (width / 2)
    elongated = max(length, width) > settings.push.elongated * min(length, width)
    return 1 / (max(along, across) if elongated else math.hypot(along, across))
