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

"""Where the gripper goes on a thing, and whether it holds it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Grounding, Target
from vlm_robot.motion.gripper_pose import GripperPose
from vlm_robot.motion.settings import ArmSettings

_BITE_M = 0.002  # that the finger tips reach at least under a thing's top
_EMPTY_M = 0.004  # an opening below this holds nothing that could be seen
_NARROW = 0.45  # share of the seen width below which the fingers hold something else, or an edge


@dataclass(frozen=True)
class Grasp:
    """The gripper around a thing."""

    pose: GripperPose
    width_m: float  # of what comes between the fingers


@dataclass(frozen=True)
class Held:
    """What is in the gripper."""

    target: Target
    below_m: float  # from the tcp down to the thing's bottom
    width_m: float


def grasps(target: Target, settings: ArmSettings) -> tuple[Grasp, ...]:
    """
    Return the top-down grasps of a thing, the best first: over its width, then over its length.

    :raises Refusal: NO_GRASP when neither fits, or the thing is too flat; NO_DEPTH without a
        grounding.
    """
    thing = grounding_of(target)
    length, width, _ = thing.size
    height = _grasp_height(target, thing, settings)
    options = [(thing.yaw, width), (thing.yaw + math.pi / 2, length)]
    fitting = [(yaw, extent) for yaw, extent in options if extent <= settings.gripper.max_width]
    if not fitting:
        raise _no_grasp(
            target,
            f'{min(width, length) * 100:.1f} cm wide',
            f'the gripper takes up to {settings.gripper.max_width * 100:.1f} cm',
        )
    x, y, _ = thing.position
    return tuple(Grasp(GripperPose((x, y, height), yaw), extent) for yaw, extent in fitting)


def _grasp_height(target: Target, thing: Grounding, settings: ArmSettings) -> float:
    heights = settings.heights
    middle = thing.position[2] - heights.below_centre
    height = max(middle, thing.top - heights.grasp_depth, settings.lowest_tcp)
    if height - settings.gripper.tip > thing.top - _BITE_M:
        raise _no_grasp(
            target,
            f'{thing.size[2] * 1000:.0f} mm tall',
            f'the fingers stay {heights.tip_clearance * 1000:.0f} mm over the table',
        )
    return height


def _no_grasp(target: Target, what: str, why: str) -> Refusal:
    return Refusal(Outcome.NO_GRASP, f'the {target.label or "target"} is {what}: {why}')


def lowered(grasp: Grasp, settings: ArmSettings, *, by_m: float) -> Grasp:
    """Return a grasp further down, as far as the table allows."""
    x, y, z = grasp.pose.position
    return Grasp(
        GripperPose((x, y, max(z - by_m, settings.lowest_tcp)), grasp.pose.yaw), grasp.width_m
    )


def opening_around(width_m: float, settings: ArmSettings) -> float:
    """Return how far to open for something of a width, so that neighbours are not touched."""
    return min(width_m + 2 * settings.gripper.clearance, settings.gripper.max_opening)


def is_held(opening_m: float, width_m: float) -> bool:
    """Whether fingers that rest at an opening hold something of about the width that was seen."""
    return opening_m > max(_EMPTY_M, _NARROW * width_m)


def grounding_of(target: Target) -> Grounding:
    """
    Return where a target is.

    :raises Refusal: NO_DEPTH when that is not known, or not a number.
    """
    thing = target.grounding
    if thing is None:
        raise Refusal(Outcome.NO_DEPTH, f'the position of {target.label!r} is not known')
    if not all(map(math.isfinite, (*thing.position, *thing.size, thing.yaw))):
        raise Refusal(
            Outcome.NO_DEPTH, f'the position of {target.label!r} is not finite: {thing!r}'
        )
    if min(thing.size) <= 0:
        raise Refusal(
            Outcome.NO_DEPTH, f'the size of {target.label!r} is not positive: {thing.size!r}'
        )
    return thing
