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

"""What every executor of steps decides alike: who may act, and what is tried the second time."""

from __future__ import annotations

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.values import Step, Target
from vlm_robot.motion.grasp import Grasp, Held, grasps, grounding_of, is_held, lowered
from vlm_robot.motion.settings import ArmSettings

PLACE_TRIES = 2
PUSH_TRIES = 3

_LOWER_M = 0.006  # that a second try at a grasp goes deeper


def describe(step: Step) -> str:
    """Return a step in words, for example 'pick the red cube'."""
    return f'{step.skill.name.lower()} the {named(step.target)}'


def named(target: Target, *, otherwise: str = 'target') -> str:
    """Return what a thing is called."""
    return target.label or otherwise


def require_empty(step: Step, held: Held | None) -> None:
    """:raises Refusal: MOTION_FAILED when the gripper holds something."""
    if held is not None:
        thing = named(held.target, otherwise='last thing')
        raise Refusal(
            Outcome.MOTION_FAILED, f'cannot {describe(step)}: the gripper holds the {thing}'
        )


def require_held(step: Step, held: Held | None) -> Held:
    """
    Return what is held.

    :raises Refusal: GRASP_FAILED when nothing is.
    """
    if held is None:
        raise Refusal(Outcome.GRASP_FAILED, f'cannot {describe(step)}: the gripper is empty')
    return held


def held_by(grasp: Grasp, target: Target) -> Held:
    """Return what the gripper holds once a grasp has succeeded."""
    below_m = grasp.pose.position[2] - grounding_of(target).bottom
    return Held(target, below_m, grasp.width_m)


def second_grasps(target: Target, settings: ArmSettings, missed: Grasp) -> list[Grasp]:
    """
    Return how to grasp what was just missed: turned by 90 degrees if it fits so, and deeper.

    :raises Refusal: as `grasps`.
    """
    options = grasps(target, settings)
    others = [grasp for grasp in options if grasp != missed] or options
    return [lowered(grasp, settings, by_m=_LOWER_M) for grasp in others]


def is_in_hand(opening_m: float | None, held: Held) -> bool:
    """Whether the fingers hold what they should; True where nobody measures them."""
    return opening_m is None or is_held(opening_m, held.width_m)


def missed(held: Held, what: str) -> Verdict:
    """Return the verdict on a thing that is not in the hand."""
    return Verdict(Outcome.GRASP_FAILED, f'{what} the {named(held.target)}')
