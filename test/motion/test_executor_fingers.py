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

from __future__ import annotations

import math
import threading

import mujoco
import numpy as np
from motion_things import cube, pick
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.motion.executor import StepExecutor
from vlm_robot.motion.robot import JointPositions
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.trajectory import Trajectory

_GO_ON = threading.Event()


class _Robot:
    """Is where it was sent, with fingers that nobody measures."""

    def __init__(self, joints: NDArray[np.float64]) -> None:
        self.arm = joints
        self.moves = 0
        self.lost_at: int | None = None

    def joints(self) -> JointPositions:
        return JointPositions(self.arm, math.nan)

    def follow(self, trajectory: Trajectory, *, cancel: Cancel) -> Verdict:
        if self.moves == self.lost_at:
            raise Refusal(Outcome.CONTROLLER_FAILED, 'no joint state arrived')
        self.moves += 1
        self.arm = trajectory.end
        return OK

    def grip(self, opening_m: float, *, cancel: Cancel) -> Verdict:
        return OK


def test_fingers_that_nobody_measures_are_trusted(
    settings: ArmSettings, arm: mujoco.MjModel
) -> None:
    executor, robot = StepExecutor(settings, arm), _Robot(np.array(settings.home))
    assert executor.execute(pick(cube(0.5, 0.1)), robot, cancel=_GO_ON) == OK
    assert executor.held is not None


def test_an_arm_that_is_lost_is_not_told_to_try_again(
    settings: ArmSettings, arm: mujoco.MjModel
) -> None:
    executor, robot = StepExecutor(settings, arm), _Robot(np.array(settings.home))
    robot.lost_at = 1
    verdict = executor.execute(pick(cube(0.5, 0.1)), robot, cancel=_GO_ON)
    assert verdict == Verdict(Outcome.CONTROLLER_FAILED, 'no joint state arrived')
    assert robot.moves == 1


def test_an_arm_that_is_where_it_cannot_be_is_not_moved(
    settings: ArmSettings, arm: mujoco.MjModel
) -> None:
    beyond = np.array(settings.home)
    beyond[3] = 0.5
    executor, robot = StepExecutor(settings, arm), _Robot(beyond)
    for verdict in (
        executor.execute(pick(cube(0.5, 0.1)), robot, cancel=_GO_ON),
        executor.go_home(robot, _GO_ON),
    ):
        assert verdict.outcome is Outcome.CONTROLLER_FAILED
        assert verdict.message == (
            'joint_states: joint4 is at 0.500: its limits are -3.072 to -0.070'
        )
    assert robot.moves == 0
