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

"""The fingers of an arm: by a trajectory of their joints, or by a topic that takes an opening."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import numpy as np
from std_msgs.msg import Float64
from trajectory_msgs.msg import JointTrajectory

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.motion.settings import GripperSettings
from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.ros import qos
from vlm_robot.ros.arm.joint_states import ArmState, JointStates
from vlm_robot.ros.arm.listeners import require_listener
from vlm_robot.ros.arm.trajectories import trajectory_message

if TYPE_CHECKING:
    from rclpy.node import Node

_POLL_S = 0.005
_SPEED = 0.2  # of the opening, m/s
_REST = 0.004  # of the opening, m/s
_REST_STATES = 4
_BEGUN_M = 1e-3  # that the opening has changed by
_FAR_M = 5e-3  # fingers that are told to move so far do move
_START_S = 0.3  # by when fingers that need not move count as resting


class Gripper(Protocol):
    """Fingers that open and close."""

    def grip(self, opening_m: float, cancel: Cancel) -> Verdict:
        """
        Open or close; OK when the fingers rest.

        :raises Refusal: CONTROLLER_FAILED.
        """


def make_gripper(
    node: Node,
    settings: GripperSettings,
    states: JointStates,
    *,
    patience_s: float,
    discovery_s: float,
) -> Gripper:
    """
    Return the gripper of the settings: of joints, or of a topic where it has none.

    :param patience_s: how long fingers may take longer than they should.
    :param discovery_s: how long to wait for a controller.
    """
    if settings.joints:
        return JointGripper(node, settings, states, patience_s=patience_s, discovery_s=discovery_s)
    return TopicGripper(node, settings.settle, discovery_s=discovery_s)


class JointGripper:
    """Sends `gripper_controller/joint_trajectory`, and watches the first joint."""

    def __init__(
        self,
        node: Node,
        settings: GripperSettings,
        states: JointStates,
        *,
        patience_s: float,
        discovery_s: float,
    ) -> None:
        self._settings = settings
        self._states = states
        self._patience_s = patience_s
        self._discovery_s = discovery_s
        self._publisher = node.create_publisher(
            JointTrajectory, 'gripper_controller/joint_trajectory', qos.COMMAND
        )

    def grip(self, opening_m: float, cancel: Cancel) -> Verdict:
        """Open or close the fingers, see `Gripper`."""
        require_listener(self._publisher, self._discovery_s)
        start = self._states.now()
        self._publish(start.opening_m, opening_m)
        return self._watch(start, opening_m, cancel)

    def _watch(self, start: ArmState, goal_m: float, cancel: Cancel) -> Verdict:
        begin_s, state, resting, began = time.monotonic(), start, 0, False
        limit_s = self._patience_s + _travel_s(start.opening_m, goal_m)
        far = abs(goal_m - start.opening_m) > _FAR_M
        while resting < _REST_STATES:
            found = self._states.next(cancel=cancel)
            if found is None:
                self._publish(state.opening_m, state.opening_m)
                return Verdict(Outcome.CANCELED, 'canceled while the fingers moved')
            state, elapsed_s = found, time.monotonic() - begin_s
            if elapsed_s > limit_s:
                raise _stuck(state, goal_m, moved=began)
            began |= abs(state.opening_m - start.opening_m) > _BEGUN_M
            still = abs(state.opening_mps) < _REST
            resting = resting + 1 if still and (began or (not far and elapsed_s > _START_S)) else 0
        return OK

    def _publish(self, start_m: float, goal_m: float) -> None:
        """Send all joints of the gripper from rest to rest, which is what a controller takes."""
        values = [self._settings.value_of(opening) for opening in (start_m, goal_m)]
        positions = np.tile(np.array(values)[:, None], len(self._settings.joints))
        times_s = np.array([0.0, _travel_s(start_m, goal_m)])
        knots = Trajectory(times_s, positions, np.zeros_like(positions))
        self._publisher.publish(trajectory_message(knots, self._settings.joints))


class TopicGripper:
    """Sends `gripper_command`, the opening in metres; nobody measures the fingers."""

    def __init__(self, node: Node, settle_s: float, *, discovery_s: float) -> None:
        self._settle_s = settle_s
        self._discovery_s = discovery_s
        self._publisher = node.create_publisher(Float64, 'gripper_command', qos.COMMAND)

    def grip(self, opening_m: float, cancel: Cancel) -> Verdict:
        """Command an opening, and give the fingers the time that they need."""
        require_listener(self._publisher, self._discovery_s)
        self._publisher.publish(Float64(data=opening_m))
        end = time.monotonic() + self._settle_s
        while time.monotonic() < end:
            if cancel.is_set():
                return Verdict(Outcome.CANCELED, 'canceled while the fingers moved')
            time.sleep(_POLL_S)
        return OK


def _stuck(state: ArmState, goal_m: float, *, moved: bool) -> Refusal:
    what = 'do not come to rest' if moved else 'do not move'
    return Refusal(
        Outcome.CONTROLLER_FAILED,
        f'the fingers {what}: they are {state.opening_m * 1000:.0f} mm apart on the way to '
        f'{goal_m * 1000:.0f} mm',
    )


def _travel_s(start_m: float, goal_m: float) -> float:
    return max(abs(goal_m - start_m) / _SPEED, 0.05)
