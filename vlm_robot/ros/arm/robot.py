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

"""An arm behind ros2_control's topics, as a robot that motion can drive."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from trajectory_msgs.msg import JointTrajectory

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.motion.robot import JointPositions
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.timing import stop
from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.ros import qos
from vlm_robot.ros.arm.gripper import Gripper, make_gripper
from vlm_robot.ros.arm.joint_states import ArmState, JointStates
from vlm_robot.ros.arm.listeners import require_listener
from vlm_robot.ros.arm.progress import Progress
from vlm_robot.ros.arm.trajectories import trajectory_message

if TYPE_CHECKING:
    from rclpy.node import Node

    from vlm_robot.nodes.motion_parameters import MotionParameters

_REST_RAD_PER_S = 0.02
_MOVING_RAD_PER_S = 0.1
_BESIDE_RAD = 0.006  # from the start of a trajectory; less is what gravity does


@dataclass(frozen=True)
class Patience:
    """When an arm counts as lost or stuck."""

    state_timeout_s: float = 1.0
    stall_timeout_s: float = 3.0
    goal_tolerance_rad: float = 0.05


class RosRobot:
    """
    Publishes trajectories and watches `joint_states`. Blocks: runs on a worker.

    Arm: `arm_controller/joint_trajectory`; gripper: see `make_gripper`.
    Whether a motion has ended is told by the joints, not by a clock, so that a simulation that is
    slower than real time, or a controller that scales its speed, is waited for.
    """

    def __init__(self, node: Node, settings: ArmSettings, patience: Patience) -> None:
        self._settings = settings
        self._patience = patience
        self._states = JointStates(node, settings, timeout_s=patience.state_timeout_s)
        self._arm = node.create_publisher(
            JointTrajectory, 'arm_controller/joint_trajectory', qos.COMMAND
        )
        self._gripper: Gripper = make_gripper(
            node,
            settings.gripper,
            self._states,
            patience_s=patience.stall_timeout_s,
            discovery_s=patience.state_timeout_s,
        )

    def joints(self) -> JointPositions:
        """Measure the joints of an arm at rest, see `Robot`."""
        state = self._states.next()
        assert state is not None, 'nobody cancels'
        self._require_rest(state)
        return JointPositions(state.arm, state.opening_m)

    def follow(self, trajectory: Trajectory, *, cancel: Cancel) -> Verdict:
        """Move the arm along a trajectory, see `Robot`."""
        require_listener(self._arm, self._patience.state_timeout_s)
        trajectory = self._from_here(trajectory, self._states.now())
        self._publish(trajectory)
        return self._watch(Progress(trajectory, self._settings.joint_names), cancel)

    def grip(self, opening_m: float, *, cancel: Cancel) -> Verdict:
        """Open or close the fingers, see `Robot`."""
        return self._gripper.grip(opening_m, cancel)

    def _watch(self, progress: Progress, cancel: Cancel) -> Verdict:
        moved_s = time.monotonic()
        while True:
            state = self._states.next(cancel=cancel)
            if state is None or cancel.is_set():
                return self._brake()
            if progress.takes_in(state.arm):
                moved_s = time.monotonic()
            resting = float(np.abs(state.arm_velocity).max()) < _REST_RAD_PER_S
            if resting and progress.has_arrived:
                return OK
            if (lost := progress.off_its_way()) is not None:
                self._halt(state)
                raise Refusal(Outcome.CONTROLLER_FAILED, lost)
            if time.monotonic() - moved_s > self._patience.stall_timeout_s:
                return self._stalled(progress, state)

    def _stalled(self, progress: Progress, state: ArmState) -> Verdict:
        tolerance = self._patience.goal_tolerance_rad
        if progress.error_rad < tolerance:
            return OK
        self._halt(state)
        return Verdict(
            Outcome.CONTROLLER_FAILED,
            f'the arm stands still short of its goal, {progress.where()}: the tolerance is '
            f'{tolerance:g} rad',
        )

    def _brake(self) -> Verdict:
        """Come to rest from where the arm is."""
        state = self._states.now()
        self._halt(state)
        end = time.monotonic() + self._patience.stall_timeout_s
        while np.abs(state.arm_velocity).max() > _REST_RAD_PER_S and time.monotonic() < end:
            state = self._states.next() or state
        return Verdict(Outcome.CANCELED, 'canceled while the arm moved')

    def _halt(self, state: ArmState) -> None:
        """Replace what the controller follows, or it might go on with it later."""
        self._publish(stop(state.arm, state.arm_velocity, self._settings.limits))

    def _from_here(self, trajectory: Trajectory, state: ArmState) -> Trajectory:
        """
        Return a trajectory that starts where the arm is, or a controller would jump to its start.

        :raises Refusal: when the arm is not where its trajectory begins.
        """
        errors = np.abs(state.arm - trajectory.positions[0])
        joint = int(np.argmax(errors))
        if errors[joint] > self._patience.goal_tolerance_rad:
            raise Refusal(
                Outcome.CONTROLLER_FAILED,
                f'the arm is not where it was: {self._settings.joint_names[joint]} is at '
                f'{state.arm[joint]:.3f}, but was at {trajectory.positions[0][joint]:.3f}',
            )
        return trajectory.starting_at(state.arm) if errors[joint] > _BESIDE_RAD else trajectory

    def _require_rest(self, state: ArmState) -> None:
        """:raises Refusal: when something else moves the arm."""
        joint = int(np.argmax(np.abs(state.arm_velocity)))
        if abs(state.arm_velocity[joint]) > _MOVING_RAD_PER_S:
            raise Refusal(
                Outcome.CONTROLLER_FAILED,
                f'the arm moves without being told: {self._settings.joint_names[joint]} at '
                f'{state.arm_velocity[joint]:.2f} rad/s',
            )

    def _publish(self, trajectory: Trajectory) -> None:
        self._arm.publish(trajectory_message(trajectory, self._settings.joint_names))


def make_ros_robot(node: Node, parameters: MotionParameters, settings: ArmSettings) -> RosRobot:
    """Return the robot of the executor `trajectory`."""
    patience = Patience(
        parameters.state_timeout_s, parameters.stall_timeout_s, parameters.goal_tolerance_rad
    )
    return RosRobot(node, settings, patience)
