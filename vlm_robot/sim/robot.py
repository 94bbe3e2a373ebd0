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

"""The simulated arm as a robot that motion can drive in process."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.motion.robot import JointPositions
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.timing import stop
from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.sim.tabletop import ARM_JOINTS, FINGER_JOINT, Tabletop

_REST_RAD = 0.004  # distance from the last knot at which the arm has arrived
_REST_RAD_PER_S = 0.02
_LOST_RAD = 0.15  # behind the trajectory: something is in the way
_SETTLE_S = 1.5
_FINGER_SPEED = 0.2  # m/s of the opening
_FINGER_REST = 0.002  # m/s of one finger
_FINGER_WAIT_S = 0.06  # at rest for so long
_FINGER_LIMIT_S = 3.0


class SimRobot:
    """
    Drives a `Tabletop` by stepping its physics; commands every time step, as a controller does.

    Not thread safe: one thread steps, looks and moves.
    """

    def __init__(self, tabletop: Tabletop, settings: ArmSettings) -> None:
        self._tabletop = tabletop
        self._limits = settings.limits
        self._commanded_m = self.joints().opening_m

    def joints(self) -> JointPositions:
        """Measure the joints."""
        position = self._tabletop.joints().position
        return JointPositions(position[:-1], 2 * float(position[-1]))

    def follow(self, trajectory: Trajectory, *, cancel: Cancel) -> Verdict:
        """Move the arm along a trajectory, see `Robot`."""
        begin_s = self._tabletop.time_s
        while (time_s := self._tabletop.time_s - begin_s) < trajectory.duration_s:
            wanted, velocity = trajectory.sample(time_s)
            if cancel.is_set():
                return self._stop(wanted, velocity)
            self._command_arm(wanted)
            self._tabletop.step()
            if np.abs(self.joints().arm - wanted).max() > _LOST_RAD:
                self._command_arm(self.joints().arm)
                return Verdict(Outcome.CONTROLLER_FAILED, 'the arm did not follow: it is blocked')
        self._command_arm(trajectory.end)
        return self._settle(trajectory.end)

    def grip(self, opening_m: float, *, cancel: Cancel) -> Verdict:
        """Open or close the fingers, see `Robot`."""
        begin_s = rest_s = self._tabletop.time_s
        step_m = _FINGER_SPEED * self._tabletop.timestep_s
        while self._tabletop.time_s - begin_s < _FINGER_LIMIT_S:
            if cancel.is_set():
                return Verdict(Outcome.CANCELED, 'cancelled while the fingers moved')
            change = np.clip(opening_m - self._commanded_m, -step_m, step_m)
            self._commanded_m += float(change)
            self._tabletop.command({FINGER_JOINT: self._commanded_m / 2})
            self._tabletop.step()
            if change or abs(self._tabletop.joints().velocity[-1]) > _FINGER_REST:
                rest_s = self._tabletop.time_s
            if self._tabletop.time_s - rest_s > _FINGER_WAIT_S:
                return OK
        return Verdict(Outcome.CONTROLLER_FAILED, 'the fingers did not come to rest')

    def _settle(self, end: NDArray[np.float64]) -> Verdict:
        begin_s = self._tabletop.time_s
        while self._tabletop.time_s - begin_s < _SETTLE_S:
            state = self._tabletop.joints()
            arrived = np.abs(state.position[:-1] - end).max() < _REST_RAD
            if arrived and np.abs(state.velocity[:-1]).max() < _REST_RAD_PER_S:
                return OK
            self._tabletop.step()
        self._command_arm(self.joints().arm)  # do not keep pushing against what is in the way
        return Verdict(
            Outcome.CONTROLLER_FAILED, 'the arm did not reach the end of its trajectory'
        )

    def _stop(self, positions: NDArray[np.float64], velocities: NDArray[np.float64]) -> Verdict:
        brake = stop(positions, velocities, self._limits)
        begin_s = self._tabletop.time_s
        while (time_s := self._tabletop.time_s - begin_s) < brake.duration_s:
            self._command_arm(brake.sample(time_s)[0])
            self._tabletop.step()
        self._command_arm(brake.end)
        self._settle(brake.end)
        return Verdict(Outcome.CANCELED, 'cancelled while the arm moved')

    def _command_arm(self, positions: NDArray[np.float64]) -> None:
        self._tabletop.command(dict(zip(ARM_JOINTS, positions.tolist(), strict=True)))
