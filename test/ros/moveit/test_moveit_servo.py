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

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from ros_fixture import Ros, wait_until
from sensor_msgs.msg import JointState

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.motion.gripper_pose import GripperPose
from vlm_robot.motion.kinematics import Kinematics
from vlm_robot.motion.mjcf import load_arm
from vlm_robot.motion.robot import PoseGoal, PoseRobot
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.nodes.motion_parameters import MotionParameters
from vlm_robot.ros import qos
from vlm_robot.ros.moveit.make import make_moveit_robot
from vlm_robot.ros.moveit.parameters import MoveItParameters
from vlm_robot.sim.model import ARM_PATH

pytest.importorskip('moveit_msgs.msg')
pytest.importorskip('control_msgs.msg')

pytestmark = pytest.mark.ros

SETTINGS = ArmSettings.load()
START, END = GripperPose((0.5, 0.1, 0.12), 0.2), GripperPose((0.5, 0.1, 0.1), 0.2)
LINE = PoseGoal('approach', END.position, END.quat_xyzw, True, 0.1)


class FakeServo(Node):
    """Puts the arm where each pose says, up to `floor`; with joint_states at 100 Hz."""

    def __init__(self, **arguments: Any) -> None:
        from moveit_msgs.msg import ServoStatus
        from moveit_msgs.srv import ServoCommandType

        super().__init__('servo_node', **arguments)
        self._kinematics = Kinematics(load_arm(ARM_PATH, SETTINGS), SETTINGS)
        self.joints = self._solve(START)
        self.floor = 0.0
        self.accepts = True
        self.asked: list[int] = []
        self.poses: list[PoseStamped] = []
        self.ticks = 0
        self.status = self.create_publisher(ServoStatus, 'servo_node/status', qos.STREAM)
        self._states = self.create_publisher(JointState, 'joint_states', qos.STREAM)
        self.create_service(ServoCommandType, 'servo_node/switch_command_type', self._switch)
        self.create_subscription(
            PoseStamped, 'servo_node/pose_target_cmds', self._follow, qos.COMMAND
        )
        self.create_timer(0.01, self._publish)

    def _solve(self, pose: GripperPose) -> Any:
        found = self._kinematics.solve(pose)
        assert found is not None
        return found

    def _switch(self, request: Any, response: Any) -> Any:
        self.asked.append(request.command_type)
        response.success = self.accepts
        return response

    def _follow(self, message: PoseStamped) -> None:
        self.poses.append(message)
        at = message.pose.position
        if at.z >= self.floor:
            self.joints = self._solve(GripperPose((at.x, at.y, at.z), START.yaw))

    def _publish(self) -> None:
        message = JointState(
            name=[*SETTINGS.joint_names, *SETTINGS.gripper.joints],
            position=[*self.joints, 0.02],
        )
        message.header.stamp = self.get_clock().now().to_msg()
        self._states.publish(message)
        self.ticks += 1


def until_ticks(servo: FakeServo, count: int) -> None:
    """Wait until joint_states were published so often."""
    end = servo.ticks + count
    wait_until(lambda: servo.ticks >= end)


@pytest.fixture
def servo(ros: Ros) -> FakeServo:
    return ros.start(FakeServo)


def arm(ros: Ros, **changed: Any) -> PoseRobot:
    given = MoveItParameters(servo=True, scene=False, **changed)
    node = ros.bare_node('motion')
    parameters = MotionParameters(arm_model=str(ARM_PATH), moveit=given)
    robot = make_moveit_robot(node, parameters, SETTINGS)
    ros.spin(node)
    return robot


def test_a_pose_runs_along_the_line_until_the_tcp_has_arrived(ros: Ros, servo: FakeServo) -> None:
    assert arm(ros).move(LINE, cancel=CancelToken()) == OK

    heights = [message.pose.position.z for message in servo.poses]
    assert servo.asked == [2]
    assert {message.header.frame_id for message in servo.poses} == {'base_link'}
    assert heights[0] == pytest.approx(0.12, abs=0.005)
    assert heights[-1] == pytest.approx(0.1)
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) > 5
    assert np.ptp([message.pose.position.x for message in servo.poses]) < 0.002


@pytest.mark.parametrize(
    ('code', 'sentence'),
    [(2, 'singularity'), (5, 'touch something'), (6, 'limit'), (-1, 'not valid')],
)
def test_a_halt_of_servo_is_named(
    ros: Ros,
    servo: FakeServo,
    start: Callable[..., Future[Verdict]],
    code: int,
    sentence: str,
) -> None:
    from moveit_msgs.msg import ServoStatus

    servo.floor = 0.11
    moving = start(arm(ros).move, LINE, cancel=CancelToken())
    wait_until(lambda: servo.poses)

    servo.status.publish(ServoStatus(code=code, message='halted'))

    verdict = moving.result(30)
    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert "stopped 'approach' " in verdict.message
    assert sentence in verdict.message


def test_an_arm_that_comes_no_nearer_has_failed(ros: Ros, servo: FakeServo) -> None:
    servo.floor = 0.11

    verdict = arm(ros).move(LINE, cancel=CancelToken())

    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert "mm to 'approach'" in verdict.message


def test_no_pose_comes_after_a_cancel(
    ros: Ros, servo: FakeServo, start: Callable[..., Future[Verdict]]
) -> None:
    servo.floor = 0.11
    cancel = CancelToken()
    moving = start(arm(ros).move, LINE, cancel=cancel)
    wait_until(lambda: servo.poses)

    cancel.cancel('enough')

    assert moving.result(30).outcome is Outcome.CANCELED
    until_ticks(servo, 5)  # what was under way has come
    count = len(servo.poses)
    until_ticks(servo, 20)
    assert len(servo.poses) == count


def test_a_servo_that_takes_no_poses_is_named(ros: Ros, servo: FakeServo) -> None:
    servo.accepts = False

    verdict = arm(ros).move(LINE, cancel=CancelToken())

    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert 'refuses to take poses' in verdict.message
    assert servo.poses == []


def test_without_servo_nothing_moves_and_it_is_named(ros: Ros) -> None:
    verdict = arm(ros, answer_timeout_s=0.2).move(LINE, cancel=CancelToken())

    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert "nobody serves the service '/servo_node/switch_command_type'" in verdict.message


def test_servo_without_a_model_of_the_arm_is_refused_at_the_start(ros: Ros) -> None:
    parameters = MotionParameters(moveit=MoveItParameters(servo=True))

    with pytest.raises(ConfigurationError, match="'arm_model' is empty"):
        make_moveit_robot(ros.node, parameters, SETTINGS)
