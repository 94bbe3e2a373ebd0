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

"""An arm behind ROS topics, as a robot that motion can drive."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.motion.robot import JointPositions
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.timing import stop
from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import to_ns
from vlm_robot.ros.newest import Newest
from vlm_robot.ros.trajectories import trajectory_message

if TYPE_CHECKING:
    from rclpy.node import Node
    from rclpy.publisher import Publisher

_POLL_S = 0.002
_ARRIVED_RAD = 0.006
_REST_RAD_PER_S = 0.02
_FINGER_SPEED = 0.1  # m/s of one finger
_FINGER_REST = 0.002  # m/s
_FINGER_REST_STATES = 4
_FINGER_START_S = 0.3  # by when fingers that can move have begun to


@dataclass(frozen=True)
class Patience:
    """When an arm counts as lost or stuck."""

    state_timeout_s: float = 1.0
    stall_timeout_s: float = 3.0
    goal_tolerance_rad: float = 0.05


@dataclass(frozen=True)
class _State:
    stamp_ns: int
    arm: NDArray[np.float64]
    arm_velocity: NDArray[np.float64]
    finger: float
    finger_velocity: float


class RosRobot:
    """
    Publishes trajectories and watches `joint_states`. Blocks: runs on a worker.

    Arm: `arm_controller/joint_trajectory`; gripper: `gripper_controller/joint_trajectory`.
    Whether a motion has ended is told by the joints, not by a clock, so that a simulation that is
    slower than real time, or a controller that scales its speed, is waited for.
    """

    def __init__(self, node: Node, settings: ArmSettings, patience: Patience) -> None:
        self._settings = settings
        self._patience = patience
        self._states = Newest(node, JointState, 'joint_states')
        self._arm = node.create_publisher(
            JointTrajectory, 'arm_controller/joint_trajectory', qos.COMMAND
        )
        self._gripper = node.create_publisher(
            JointTrajectory, 'gripper_controller/joint_trajectory', qos.COMMAND
        )

    def joints(self) -> JointPositions:
        """Measure the joints, see `Robot`."""
        state = self._next(None)
        return JointPositions(state.arm, 2 * state.finger)

    def follow(self, trajectory: Trajectory, *, cancel: Cancel) -> Verdict:
        """Move the arm along a trajectory, see `Robot`."""
        try:
            self._require_listener(self._arm)
            self._publish_arm(trajectory)
            return self._watch_arm(trajectory.end, cancel)
        except Refusal as refusal:
            return refusal.verdict

    def grip(self, opening_m: float, *, cancel: Cancel) -> Verdict:
        """Open or close the fingers, see `Robot`."""
        try:
            self._require_listener(self._gripper)
            start = self._next(None)
            self._publish_finger(start.finger, opening_m / 2)
            return self._watch_finger(start, opening_m / 2, cancel)
        except Refusal as refusal:
            return refusal.verdict

    def hold(self) -> None:
        """
        Stop the arm smoothly where it is.

        :raises Refusal: CONTROLLER_FAILED when its joints are not known.
        """
        state = self._next(None)
        self._publish_arm(stop(state.arm, state.arm_velocity, self._settings.limits))

    def _watch_arm(self, end: NDArray[np.float64], cancel: Cancel) -> Verdict:
        state = self._next(None)
        moved_s = time.monotonic()
        while True:
            if cancel.is_set():
                return self._brake(state)
            error = float(np.abs(state.arm - end).max())
            resting = float(np.abs(state.arm_velocity).max()) < _REST_RAD_PER_S
            if resting and error < _ARRIVED_RAD:
                return OK
            if not resting:
                moved_s = time.monotonic()
            elif time.monotonic() - moved_s > self._patience.stall_timeout_s:
                return self._stalled(error)
            state = self._next(state, cancel=cancel)

    def _stalled(self, error: float) -> Verdict:
        if error < self._patience.goal_tolerance_rad:
            return OK
        return Verdict(
            Outcome.CONTROLLER_FAILED,
            f'the arm stands still {error:.3f} rad short of its goal: the tolerance is '
            f'{self._patience.goal_tolerance_rad:g} rad',
        )

    def _brake(self, state: _State) -> Verdict:
        self._publish_arm(stop(state.arm, state.arm_velocity, self._settings.limits))
        end = time.monotonic() + self._patience.stall_timeout_s
        while np.abs(state.arm_velocity).max() > _REST_RAD_PER_S and time.monotonic() < end:
            state = self._next(state)
        return Verdict(Outcome.CANCELED, 'canceled while the arm moved')

    def _watch_finger(self, start: _State, goal: float, cancel: Cancel) -> Verdict:
        begin_s, state, resting, began = time.monotonic(), start, 0, False
        while resting < _FINGER_REST_STATES:
            if cancel.is_set():
                self._publish_finger(state.finger, state.finger)
                return Verdict(Outcome.CANCELED, 'canceled while the fingers moved')
            elapsed_s = time.monotonic() - begin_s
            if elapsed_s > self._patience.stall_timeout_s + _travel_s(start.finger, goal):
                return Verdict(Outcome.CONTROLLER_FAILED, 'the fingers do not come to rest')
            began |= abs(state.finger - start.finger) > 5e-4 or elapsed_s > _FINGER_START_S
            still = began and abs(state.finger_velocity) < _FINGER_REST
            resting = resting + 1 if still else 0
            state = self._next(state, cancel=cancel)
        return OK

    def _publish_arm(self, trajectory: Trajectory) -> None:
        self._arm.publish(trajectory_message(trajectory, self._settings.joint_names))

    def _publish_finger(self, start: float, goal: float) -> None:
        times = np.array([0.0, _travel_s(start, goal)])
        speed = (goal - start) / times[1]
        knots = Trajectory(times, np.array([[start], [goal]]), np.array([[speed], [speed]]))
        self._gripper.publish(trajectory_message(knots, [self._settings.gripper_joint]))

    def _next(self, last: _State | None, *, cancel: Cancel | None = None) -> _State:
        """
        Return the first state that is newer than `last`; with None, one that arrives from now on.

        Returns `last` itself when canceled.
        """
        if last is None:
            before = self._states.latest()
            last_ns = -1 if before is None else to_ns(before.header.stamp)
        else:
            last_ns = last.stamp_ns
        end = time.monotonic() + self._patience.state_timeout_s
        while True:
            message = self._states.latest()
            if message is not None and to_ns(message.header.stamp) != last_ns:
                return self._read(message)
            if last is not None and cancel is not None and cancel.is_set():
                return last
            if time.monotonic() > end:
                raise Refusal(
                    Outcome.CONTROLLER_FAILED,
                    f'no joint state arrived on {self._states.topic!r} for '
                    f'{self._patience.state_timeout_s:g} s',
                )
            time.sleep(_POLL_S)

    def _read(self, message: JointState) -> _State:
        index = {name: i for i, name in enumerate(message.name)}
        names = (*self._settings.joint_names, self._settings.gripper_joint)
        missing = [name for name in names if name not in index]
        if missing or len(message.position) < len(index):
            raise Refusal(
                Outcome.CONTROLLER_FAILED,
                f'joint_states lacks {", ".join(missing) or "positions"}',
            )
        order = [index[name] for name in names]
        position = np.array(message.position)[order]
        full = len(message.velocity) >= len(index)
        velocity = np.array(message.velocity)[order] if full else np.zeros(len(names))
        return _State(
            to_ns(message.header.stamp),
            position[:-1],
            velocity[:-1],
            float(position[-1]),
            float(velocity[-1]),
        )

    def _require_listener(self, publisher: Publisher[JointTrajectory]) -> None:
        end = time.monotonic() + self._patience.state_timeout_s
        while publisher.get_subscription_count() == 0:
            if time.monotonic() > end:
                raise Refusal(
                    Outcome.CONTROLLER_FAILED, f'no controller listens on {publisher.topic_name!r}'
                )
            time.sleep(_POLL_S)


def _travel_s(start: float, goal: float) -> float:
    return max(abs(goal - start) / _FINGER_SPEED, 0.05)
