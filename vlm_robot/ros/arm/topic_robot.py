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

"""Somebody else's planner behind topics, as a robot that takes poses."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from geometry_msgs.msg import PoseStamped
from std_msgs.msg import Empty, Float64

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.motion.gripper_pose import GripperPose
from vlm_robot.motion.robot import PoseGoal
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.ros import qos
from vlm_robot.ros.arm.motion_results import MotionResults
from vlm_robot.ros.arm.opening import Opening
from vlm_robot.ros.conversions import header_message

if TYPE_CHECKING:
    from rclpy.node import Node
    from rclpy.publisher import Publisher

    from vlm_robot.nodes.motion_parameters import MotionParameters

_DISCOVERY_S = 2.0  # after the start, in which a planner that runs already is found
_POLL_S = 0.005


def make_topic_robot(
    node: Node, parameters: MotionParameters, settings: ArmSettings
) -> TopicRobot:
    """
    Return the robot of the executor `topic`.

    :raises ConfigurationError: for a home that is no pose.
    """
    home = parameters.topic.home
    if len(home) not in (0, 4):
        raise ConfigurationError(
            f'parameter topic.home has {len(home)} numbers: expected x, y, z and yaw, or none'
        )
    return TopicRobot(
        node,
        settings,
        base_frame=parameters.base_frame,
        timeout_s=parameters.topic.timeout_s,
        brake_s=parameters.stall_timeout_s,
        home=GripperPose((home[0], home[1], home[2]), home[3]) if home else None,
    )


class TopicRobot:
    """
    Publishes `goal_pose` and `gripper_command`, and waits for `motion_result`; see `PoseRobot`.

    Blocks: runs on a worker. The stamp of a goal_pose is its identity: no two are equal.

    :param timeout_s: longest wait for the result of one goal.
    :param brake_s: longest wait for the result of a goal that was canceled.
    :param home: where the tcp goes out of the view; None leaves it where it is.
    """

    def __init__(
        self,
        node: Node,
        settings: ArmSettings,
        *,
        base_frame: str,
        timeout_s: float,
        brake_s: float,
        home: GripperPose | None = None,
    ) -> None:
        self._clock = node.get_clock()
        self._base_frame = base_frame
        self._timeout_s = timeout_s
        self._brake_s = brake_s
        self._home = home
        self._goals = node.create_publisher(PoseStamped, 'goal_pose', qos.COMMAND)
        self._openings = node.create_publisher(Float64, 'gripper_command', qos.COMMAND)
        self._cancels = node.create_publisher(Empty, 'motion_cancel', qos.COMMAND)
        self._results = MotionResults(node)
        self._opening = Opening(node, settings.gripper)
        self._discovered_s = time.monotonic() + _DISCOVERY_S
        self._stamp_ns = 0

    def move(self, goal: PoseGoal, *, cancel: Cancel) -> Verdict:
        """Send the tcp to a pose, see `PoseRobot`."""
        if not all(map(math.isfinite, (*goal.position, *goal.quat_xyzw))):
            return Verdict(Outcome.MOTION_FAILED, f'the pose is not finite: {goal!r}')
        self._stamp_ns = max(self._clock.now().nanoseconds, self._stamp_ns + 1)
        message = PoseStamped(header=header_message(self._stamp_ns, self._base_frame))
        position, orientation = message.pose.position, message.pose.orientation
        position.x, position.y, position.z = goal.position
        orientation.x, orientation.y, orientation.z, orientation.w = goal.quat_xyzw
        return self._command(self._goals, message, self._stamp_ns, cancel)

    def grip(self, opening_m: float, *, cancel: Cancel) -> Verdict:
        """Open or close the fingers, see `PoseRobot`."""
        return self._command(self._openings, Float64(data=float(opening_m)), None, cancel)

    def opening_m(self) -> float | None:
        """Return the opening where `joint_states` tells it, see `PoseRobot`."""
        return self._opening.measure()

    def home(self, *, cancel: Cancel) -> Verdict:
        """Move out of the view where a pose for that is known, see `PoseRobot`."""
        if self._home is None:
            return OK
        goal = PoseGoal('home', self._home.position, self._home.quat_xyzw, False, None)
        return self.move(goal, cancel=cancel)

    def _command(
        self,
        publisher: Publisher[PoseStamped] | Publisher[Float64],
        message: PoseStamped | Float64,
        stamp_ns: int | None,
        cancel: Cancel,
    ) -> Verdict:
        try:
            self._require_listener(publisher)
            self._results.expect(stamp_ns)
            publisher.publish(message)  # type: ignore[arg-type]
            return self._await(publisher.topic_name, cancel)
        except Refusal as refusal:
            return refusal.verdict

    def _await(self, commanded: str, cancel: Cancel) -> Verdict:
        verdict = self._results.wait(self._timeout_s, cancel)
        if verdict is not None:
            return verdict
        if not cancel.is_set():
            self._cancels.publish(Empty())
            raise Refusal(Outcome.CONTROLLER_FAILED, self._silence(commanded))
        self._cancels.publish(Empty())
        answered = self._results.wait(self._brake_s, None) is not None
        ended = '' if answered else f', and nobody answered within {self._brake_s:g} s'
        return Verdict(Outcome.CANCELED, f'canceled while the arm moved{ended}')

    def _silence(self, commanded: str) -> str:
        why = '' if self._results.publishers else ': nobody publishes there'
        return (
            f'no result of {commanded!r} came on {self._results.topic!r} within '
            f'{self._timeout_s:g} s{why}'
        )

    def _require_listener(self, publisher: Publisher[PoseStamped] | Publisher[Float64]) -> None:
        while publisher.get_subscription_count() == 0:
            if time.monotonic() > self._discovered_s:
                raise Refusal(
                    Outcome.CONTROLLER_FAILED, f'nobody listens on {publisher.topic_name!r}'
                )
            time.sleep(_POLL_S)
