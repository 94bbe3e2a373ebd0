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

"""A fake planner of somebody else, behind the topics of the executor `topic`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from std_msgs.msg import Empty, Float64

from vlm_robot.core.outcome import Outcome
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import time_message, to_ns
from vlm_robot_interfaces.msg import MotionResult

Answer = tuple[int, str]
Command = PoseStamped | Float64


def done(_: Command) -> Answer | None:
    """Answer OK."""
    return int(Outcome.OK), ''


class FakePlanner(Node):
    """
    Answers every command, OK unless told otherwise.

    :param with_stamps: whether answers to poses carry the stamp of their goal, or zero.
    """

    def __init__(self, *, with_stamps: bool = True, **arguments: Any) -> None:
        super().__init__('fake_planner', **arguments)
        self.with_stamps = with_stamps
        self.answer: Callable[[Command], Answer | None] = done
        self.late_ns = 0  # what is taken off the stamps of answers
        self.commands: list[Command] = []
        self.cancels = 0
        self._results = self.create_publisher(MotionResult, 'motion_result', qos.COMMAND)
        self.create_subscription(PoseStamped, 'goal_pose', self._take, qos.COMMAND)
        self.create_subscription(Float64, 'gripper_command', self._take, qos.COMMAND)
        self.create_subscription(Empty, 'motion_cancel', self._cancel, qos.COMMAND)

    @property
    def poses(self) -> list[PoseStamped]:
        """The poses that were asked for."""
        return [command for command in self.commands if isinstance(command, PoseStamped)]

    @property
    def openings(self) -> list[float]:
        """The openings that were asked for."""
        return [command.data for command in self.commands if isinstance(command, Float64)]

    def reset(self) -> None:
        """Answer OK from now on."""
        self.answer, self.late_ns, self.with_stamps = done, 0, True
        self.commands.clear()
        self.cancels = 0

    def _take(self, command: Command) -> None:
        self.commands.append(command)
        answer = self.answer(command)
        if answer is None:
            return
        result = MotionResult(error_code=answer[0], error_msg=answer[1])
        if self.with_stamps and isinstance(command, PoseStamped):
            stamp_ns = to_ns(command.header.stamp) - self.late_ns
            result.header.stamp = time_message(stamp_ns)
        self._results.publish(result)

    def _cancel(self, _: Empty) -> None:
        self.cancels += 1
