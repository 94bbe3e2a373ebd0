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

"""What motion asks of an arm, simulated or real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.geometry import Quaternion
from vlm_robot.core.outcome import Verdict
from vlm_robot.core.values import Point3
from vlm_robot.motion.trajectory import Trajectory


@dataclass(frozen=True)
class JointPositions:
    """Measured positions."""

    arm: NDArray[np.float64]  # (joints,) rad, in the order of ArmSettings.joint_names
    opening_m: float  # between the finger pads


@dataclass(frozen=True)
class PoseGoal:
    """Where the tcp is sent, for arms that plan for themselves; in the arm's base frame."""

    name: str  # of the phase, for example 'approach'
    position: Point3
    quat_xyzw: Quaternion  # z out of the palm; the fingers close along y
    straight: bool  # along a line, without turning; otherwise through free space
    speed_mps: float | None  # along the line; None leaves it to the arm


class PoseRobot(Protocol):
    """An arm that takes poses and plans its own way. Motions block until done or canceled."""

    def move(self, goal: PoseGoal, *, cancel: Cancel) -> Verdict:
        """
        Move the tcp to a pose.

        :return: OK at rest there; UNREACHABLE, MOTION_FAILED (no way without collision),
            CONTROLLER_FAILED or TIMEOUT; CANCELED at rest.
        """

    def grip(self, opening_m: float, *, cancel: Cancel) -> Verdict:
        """Open or close the fingers, as `Robot.grip`."""

    def opening_m(self) -> float | None:
        """Return how far the fingers are open now; None where nobody measures it."""

    def home(self, *, cancel: Cancel) -> Verdict:
        """Move the arm out of the camera's view; OK where there is no such pose."""


class Robot(Protocol):
    """An arm with a parallel gripper. Both motions block until they are done or cancelled."""

    def joints(self) -> JointPositions:
        """
        Measure the joints.

        :raises Refusal: CONTROLLER_FAILED when there is no measurement.
        """

    def follow(self, trajectory: Trajectory, *, cancel: Cancel) -> Verdict:
        """
        Move the arm along a trajectory that starts where the arm is.

        :return: OK at rest at its end; CANCELED at rest where the arm came to a smooth stop;
            CONTROLLER_FAILED when the arm stopped short of it, as if something were in its way.
        :raises Refusal: CONTROLLER_FAILED when the arm is lost: another try would be no better.
        """

    def grip(self, opening_m: float, *, cancel: Cancel) -> Verdict:
        """
        Open or close the fingers to an opening, or to what is between them.

        :return: OK when the fingers rest, wherever that is; CANCELED; CONTROLLER_FAILED.
        :raises Refusal: as `follow`.
        """
