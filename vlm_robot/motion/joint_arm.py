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

"""An arm whose way we plan, joint by joint."""

from __future__ import annotations

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.outcome import Verdict
from vlm_robot.core.values import Step
from vlm_robot.motion.arm import OnPhase, silent
from vlm_robot.motion.executor import StepExecutor
from vlm_robot.motion.robot import Robot


class JointArm:
    """Plans every step whole, then has a robot follow its trajectories; see `Arm`."""

    def __init__(self, executor: StepExecutor, robot: Robot) -> None:
        self._executor = executor
        self._robot = robot

    def check(self, step: Step) -> None:
        """Plan a step, see `Arm`."""
        self._executor.plan(step, self._robot.joints(), self._executor.held)

    def execute(self, step: Step, *, cancel: Cancel, on_phase: OnPhase = silent) -> Verdict:
        """Plan a step and carry it out, see `Arm`."""
        return self._executor.execute(step, self._robot, cancel=cancel, on_phase=on_phase)

    def go_home(self, *, cancel: Cancel, on_phase: OnPhase = silent) -> Verdict:
        """Move to the home pose of the settings, see `Arm`."""
        return self._executor.go_home(self._robot, cancel, on_phase)
