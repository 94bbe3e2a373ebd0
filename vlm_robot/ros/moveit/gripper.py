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

"""A gripper behind one of the two actions that ros2_control's gripper controllers serve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from control_msgs.action import GripperCommand
from sensor_msgs.msg import JointState

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.motion.settings import GripperSettings
from vlm_robot.ros.moveit.parameters import MoveItParameters
from vlm_robot.ros.supervised import SupervisedAction

if TYPE_CHECKING:
    from rclpy.node import Node

ACTION = 'gripper_controller/gripper_cmd'


class _Dialect(Protocol):
    """How one of the actions is spoken."""

    action: Any

    def goal(self, position: float) -> Any:
        """Return the goal that sends the gripper's joints to a position."""

    def position(self, result: Any) -> float:
        """Return where a result says that they are; NaN when it does not."""


class _Single:
    """`control_msgs/action/GripperCommand`: one position."""

    action: Any = GripperCommand

    def __init__(self, effort: float) -> None:
        self._effort = effort

    def goal(self, position: float) -> Any:
        goal = GripperCommand.Goal()
        goal.command.position = position
        goal.command.max_effort = self._effort
        return goal

    def position(self, result: Any) -> float:
        return float(result.position)


class _Parallel:
    """`control_msgs/action/ParallelGripperCommand`: joints by name."""

    def __init__(self, effort: float, joints: Sequence[str]) -> None:
        if not joints:
            raise ConfigurationError(
                "parameter 'moveit.gripper' is 'parallel_gripper_command': gripper.joints of the "
                'arm names none'
            )
        try:
            from control_msgs.action import ParallelGripperCommand
        except ImportError as err:
            raise ConfigurationError(
                "parameter 'moveit.gripper' is 'parallel_gripper_command': the installed "
                'control_msgs has no such action'
            ) from err
        self.action: Any = ParallelGripperCommand
        self._joints = list(joints)
        self._effort = [effort] * len(joints) if effort else []

    def goal(self, position: float) -> Any:
        positions = [position] * len(self._joints)
        command = JointState(name=self._joints, position=positions, effort=self._effort)
        return self.action.Goal(command=command)

    def position(self, result: Any) -> float:
        state = dict(zip(result.state.name, result.state.position, strict=False))
        return float(state.get(self._joints[0], math.nan))


class MoveItGripper:
    """
    Opens and closes the fingers, and knows how far they were open when they came to rest.

    The position in the action is that of the gripper's joints, which the arm's settings map to
    openings; without joints it is the opening.
    """

    def __init__(self, node: Node, parameters: MoveItParameters, gripper: GripperSettings) -> None:
        self._dialect: _Dialect = _Single(parameters.gripper_effort)
        if parameters.gripper == 'parallel_gripper_command':
            self._dialect = _Parallel(parameters.gripper_effort, gripper.joints)
        self._gripper = gripper
        self._action = SupervisedAction(
            node,
            self._dialect.action,
            ACTION,
            answer_timeout_s=parameters.answer_timeout_s,
            timeout_s=parameters.motion_timeout_s,
        )
        self._opening_m: float | None = None

    def move(self, opening_m: float, *, cancel: Cancel) -> None:
        """
        Open or close to an opening, or to what is between the fingers.

        :raises Refusal: when the fingers do not come to rest.
        """
        self._opening_m = None
        goal = self._gripper.value_of(opening_m) if self._gripper.joints else opening_m
        ended = self._action.run(self._dialect.goal(goal), cancel=cancel)
        position = self._dialect.position(ended.result)
        # a gripper that closes on something stalls, and some controllers call that aborted
        if not (ended.result.stalled or (ended.succeeded and ended.result.reached_goal)):
            raise Refusal(
                Outcome.CONTROLLER_FAILED,
                f'the gripper gave up at {position:.4f} on its way to {goal:.4f}, without '
                'touching anything',
            )
        self._opening_m = self._opening_at(position)

    def opening_m(self) -> float | None:
        """Return the opening that the fingers came to rest at; None once the arm moved on."""
        return self._opening_m

    def forget(self) -> None:
        """Take the opening for unknown: what was held may have slipped out."""
        self._opening_m = None

    def _opening_at(self, position: float) -> float | None:
        if not math.isfinite(position):
            return None
        return self._gripper.opening_of(position) if self._gripper.joints else position
