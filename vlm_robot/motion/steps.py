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

"""From a grounded step to a motion: which grasp, which yaw, which of several ways."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.values import Step
from vlm_robot.motion.choices import (
    describe,
    held_by,
    require_empty,
    require_held,
    second_grasps,
)
from vlm_robot.motion.grasp import Grasp, Held, grasps, grounding_of, opening_around
from vlm_robot.motion.gripper_pose import GripperPose
from vlm_robot.motion.planner import Motion, MotionPlanner
from vlm_robot.motion.push import push_contact, push_phases, push_yaw
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.waypoints import (
    Grip,
    pick_phases,
    place_phases,
    place_yaws,
)


@dataclass(frozen=True)
class Pick:
    """A planned pick, and what the gripper will hold after it."""

    grasp: Grasp
    held: Held
    motion: Motion


class StepPlanner:
    """Plans steps for one arm. Not thread safe."""

    def __init__(self, settings: ArmSettings, planner: MotionPlanner) -> None:
        self._settings = settings
        self._planner = planner

    def pick(self, step: Step, joints: NDArray[np.float64], held: Held | None) -> Pick:
        """
        Plan to grasp a thing.

        :raises Refusal: NO_GRASP, UNREACHABLE, NO_DEPTH or MOTION_FAILED.
        """
        require_empty(step, held)
        return self._pick(step, joints, grasps(step.target, self._settings))

    def pick_again(self, step: Step, joints: NDArray[np.float64], missed: Pick) -> Pick:
        """
        Plan to grasp a thing that was just missed: turned by 90 degrees if it fits so, and deeper.

        :raises Refusal: as `pick`.
        """
        options = second_grasps(step.target, self._settings, missed.grasp)
        pick = self._pick(step, joints, options)
        let_go = Grip('open', opening_around(missed.grasp.width_m, self._settings))
        return Pick(pick.grasp, pick.held, Motion((let_go, *pick.motion.actions)))

    def place(
        self, step: Step, joints: NDArray[np.float64], held: Held | None, *, attempt: int = 0
    ) -> Motion:
        """
        Plan to put what is held to the step's goal.

        :param attempt: up to PLACE_TRIES: how often the hand came down on something else before.
        :raises Refusal: GRASP_FAILED when nothing is held; UNREACHABLE, NO_DEPTH or MOTION_FAILED.
        """
        held = require_held(step, held)
        yaws = place_yaws(step)
        options = [
            place_phases(step, held, turned, self._settings)
            for yaw in (reversed(yaws) if attempt else yaws)
            for turned in self._both(step, yaw, joints)
        ]
        return self._planner.plan_any(options, joints, what=describe(step))

    def push(
        self, step: Step, joints: NDArray[np.float64], held: Held | None, *, attempt: int = 0
    ) -> Motion:
        """
        Plan to slide a thing to the step's goal.

        :param attempt: up to PUSH_TRIES: how often the hand came down on something else before.
        :raises Refusal: UNREACHABLE, NO_DEPTH or MOTION_FAILED.
        """
        require_empty(step, held)
        contact = push_contact(attempt, self._settings)
        options = [
            push_phases(step, yaw, contact, self._settings)
            for yaw in self._both(step, push_yaw(step, contact), joints)
        ]
        return self._planner.plan_any(options, joints, what=describe(step))

    def home(self, joints: NDArray[np.float64]) -> Motion:
        """
        Plan the way home.

        :raises Refusal: MOTION_FAILED.
        """
        return self._planner.plan_home(joints)

    def _pick(self, step: Step, joints: NDArray[np.float64], options: Sequence[Grasp]) -> Pick:
        refusals = []
        for grasp in options:
            try:
                return self._pick_with(step, joints, grasp)
            except Refusal as refusal:
                refusals.append(refusal)
        raise refusals[0]

    def _pick_with(self, step: Step, joints: NDArray[np.float64], grasp: Grasp) -> Pick:
        turned = [
            Grasp(GripperPose(grasp.pose.position, yaw), grasp.width_m)
            for yaw in self._both(step, grasp.pose.yaw, joints)
        ]
        options = [pick_phases(option, self._settings) for option in turned]
        motion = self._planner.plan_any(options, joints, what=describe(step))
        return Pick(grasp, held_by(grasp, step.target), motion)

    def _both(self, step: Step, yaw: float, joints: NDArray[np.float64]) -> list[float]:
        """Return a yaw and its opposite, equal to a symmetric gripper: the faster first."""
        x, y, _ = grounding_of(step.target).position
        transit = self._settings.heights.transit
        poses = [GripperPose((x, y, transit), yaw + turn) for turn in (0.0, math.pi)]
        return [pose.yaw for pose in self._planner.nearest(poses, joints)]
