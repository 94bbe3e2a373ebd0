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

"""Straight lines by MoveIt Servo: a pose that runs ahead of the tcp, until the tcp has arrived."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from geometry_msgs.msg import PoseStamped
from moveit_msgs.msg import ServoStatus
from moveit_msgs.srv import ServoCommandType
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import as_point, from_quaternion, inverse
from vlm_robot.core.outcome import Outcome
from vlm_robot.motion.robot import PoseGoal
from vlm_robot.ros import qos
from vlm_robot.ros.arm.joint_states import ArmState, JointStates
from vlm_robot.ros.moveit.goals import ToolLink
from vlm_robot.ros.moveit.messages import Messages
from vlm_robot.ros.moveit.parameters import MoveItParameters
from vlm_robot.ros.streams.newest import Newest
from vlm_robot.ros.supervised import SupervisedService

if TYPE_CHECKING:
    from rclpy.node import Node

Forward = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Joint positions -> T_base_tcp, (4, 4)."""

HALTS = {
    ServoStatus.INVALID: 'its status is not valid',
    ServoStatus.HALT_FOR_SINGULARITY: 'the arm is at a singularity',
    ServoStatus.HALT_FOR_COLLISION: 'the arm is about to touch something',
    ServoStatus.JOINT_BOUND: 'a joint is at its limit',
}
"""Status of Servo in which the arm stands still."""

_SPEED_MPS = 0.05  # of a line that has none
_HALT_S = 0.3  # without coming nearer, where Servo says why
_STALL_S = 1.0  # the same, where it does not
_NEARER_M = 5e-4
_REST_RAD_PER_S = 0.02
_REST_S = 2.0  # longest braking after a cancel


class ServoClient:
    """
    Publishes `servo_node/pose_target_cmds`, and measures by joint_states where the tcp is.

    Servo halts the arm by itself when no pose comes any more. It moves the tip of its group: the
    tool frame of the arm's settings must be that link.
    """

    def __init__(
        self,
        node: Node,
        parameters: MoveItParameters,
        messages: Messages,
        tool: ToolLink,
        states: JointStates,
        forward: Forward,
    ) -> None:
        self._parameters, self._messages = parameters, messages
        self._tool, self._states, self._forward = tool, states, forward
        self._clock = node.get_clock()
        self._poses = node.create_publisher(
            PoseStamped, 'servo_node/pose_target_cmds', qos.COMMAND
        )
        self._status = Newest(node, ServoStatus, 'servo_node/status')
        self._mode = SupervisedService(
            node,
            ServoCommandType,
            'servo_node/switch_command_type',
            answer_timeout_s=parameters.answer_timeout_s,
            timeout_s=parameters.answer_timeout_s,
        )

    def line(self, goal: PoseGoal, *, cancel: Cancel) -> None:
        """
        Move along a straight line.

        :raises Refusal: CONTROLLER_FAILED without Servo or joint_states, and when Servo halts or
            the arm comes no nearer, for it has moved then; TIMEOUT; CANCELED at rest.
        """
        self._take_poses(cancel)
        origin = self._tcp(self._state())[:3, 3]
        length = float(np.linalg.norm(np.subtract(goal.position, origin)))
        begin_s = near_s = time.monotonic()
        nearest_m = math.inf
        while True:
            now_s = time.monotonic()
            share = min(
                1.0, (now_s - begin_s) * (goal.speed_mps or _SPEED_MPS) / max(length, 1e-6)
            )
            self._publish(goal, origin, share)
            state = self._state()
            missing_m, arrived = self._missing(goal, state)
            if share == 1.0 and arrived:
                return
            if missing_m < nearest_m - _NEARER_M:
                nearest_m, near_s = missing_m, now_s
            self._check(goal, missing_m, stalled_s=now_s - near_s, cancel=cancel)
            if now_s - begin_s > self._parameters.motion_timeout_s:
                raise Refusal(Outcome.TIMEOUT, f'{goal.name!r} took too long for MoveIt Servo')

    def _take_poses(self, cancel: Cancel) -> None:
        request = ServoCommandType.Request(command_type=ServoCommandType.Request.POSE)
        if not self._mode.call(request, cancel=cancel).success:
            raise Refusal(Outcome.CONTROLLER_FAILED, 'MoveIt Servo refuses to take poses')

    def _publish(self, goal: PoseGoal, origin: NDArray[np.float64], share: float) -> None:
        point = as_point(origin + share * np.subtract(goal.position, origin))
        link = self._tool.goal(replace(goal, position=point))
        self._poses.publish(self._messages.pose(link, self._clock.now().to_msg()))

    def _missing(self, goal: PoseGoal, state: ArmState) -> tuple[float, bool]:
        """Return the distance to the goal, and whether the tcp rests there."""
        T_base_goal = from_quaternion(goal.position, goal.quat_xyzw)
        T_tcp_goal = inverse(self._tcp(state)) @ T_base_goal
        missing_m = float(np.linalg.norm(T_tcp_goal[:3, 3]))
        turned = math.acos(float(np.clip((np.trace(T_tcp_goal[:3, :3]) - 1) / 2, -1, 1)))
        near = missing_m < self._parameters.servo_tolerance_m
        aligned = turned < self._parameters.servo_tolerance_rad
        return missing_m, near and aligned and _rests(state)

    def _check(
        self, goal: PoseGoal, missing_m: float, *, stalled_s: float, cancel: Cancel
    ) -> None:
        """:raises Refusal: when the motion has to end."""
        if cancel.is_set():
            self._wait_for_rest()
            raise Refusal(Outcome.CANCELED, f'canceled during {goal.name!r}')
        status = self._status.latest()
        # a status may be of before: it tells why the arm stands still, not whether
        if stalled_s > _HALT_S and status is not None and status.code in HALTS:
            raise Refusal(
                Outcome.CONTROLLER_FAILED,
                f'MoveIt Servo stopped {goal.name!r} {1000 * missing_m:.1f} mm short: '
                f'{HALTS[status.code]} ({status.message})',
            )
        if stalled_s > _STALL_S:
            raise Refusal(
                Outcome.CONTROLLER_FAILED,
                f'MoveIt Servo comes no nearer than {1000 * missing_m:.1f} mm to {goal.name!r}',
            )

    def _wait_for_rest(self) -> None:
        end = time.monotonic() + _REST_S
        while not _rests(self._state()) and time.monotonic() < end:
            pass  # the next state is waited for

    def _state(self) -> ArmState:
        state = self._states.next()
        assert state is not None, 'nobody cancels'
        return state

    def _tcp(self, state: ArmState) -> NDArray[np.float64]:
        return self._forward(state.arm)


def _rests(state: ArmState) -> bool:
    return bool(np.abs(state.arm_velocity).max() < _REST_RAD_PER_S)
