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

from collections.abc import Iterator

import numpy as np
import pytest
from ros_fixture import Ros, open_ros, wait_until
from sensor_msgs.msg import JointState

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.motion.kinematics import Kinematics
from vlm_robot.motion.mjcf import load_arm
from vlm_robot.motion.settings import ArmSettings, Tool
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import header_message
from vlm_robot.ros.transforms.arm_pose import (
    JointArmPose,
    T_tool_tcp,
    TfArmPose,
    joint_positions,
    make_joint_arm_pose,
)
from vlm_robot.ros.transforms.frames import FixedTransforms
from vlm_robot.sim.model import ARM_PATH

pytestmark = [pytest.mark.ros, pytest.mark.sim]

SETTINGS = ArmSettings.load()
HOME = np.array(SETTINGS.home)
STAMP_NS = 50_000_000_000


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


def state(position: np.ndarray, *, stamp_ns: int = STAMP_NS) -> JointState:
    names = [*SETTINGS.joint_names, 'a_finger'][::-1]
    header = header_message(stamp_ns, '')
    return JointState(header=header, name=names, position=[*position, 0.0][::-1])


def arm_pose(ros: Ros, *states: JointState) -> JointArmPose:
    pose = make_joint_arm_pose(ros.node, arm_file='', arm_model='')
    publisher = ros.node.create_publisher(JointState, 'joint_states', qos.STREAM)
    wait_until(lambda: publisher.get_subscription_count())
    for message in states:
        publisher.publish(message)
        wait_until(lambda m=message: refusal_of(pose, to_ns(m)) is None)
    return pose


def to_ns(message: JointState) -> int:
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


def refusal_of(pose: JointArmPose, stamp_ns: int) -> Refusal | None:
    try:
        pose.at(stamp_ns, CancelToken())
    except Refusal as refusal:
        return refusal
    return None


def test_the_tool_is_where_the_joints_of_the_images_moment_put_it(ros: Ros) -> None:
    later = HOME + 0.1
    pose = arm_pose(ros, state(HOME), state(later, stamp_ns=STAMP_NS + 400_000_000))
    kinematics = Kinematics(load_arm(ARM_PATH, SETTINGS), SETTINGS)

    first = pose.at(STAMP_NS + 50_000_000, CancelToken())
    second = pose.at(STAMP_NS + 300_000_000, CancelToken())

    np.testing.assert_allclose(first, kinematics.tcp(HOME).as_matrix(), atol=1e-9)
    np.testing.assert_allclose(second, kinematics.tcp(later).as_matrix(), atol=1e-9)
    assert pose.tool_frame == SETTINGS.tool.frame


def test_joint_states_of_another_time_are_refused(ros: Ros) -> None:
    pose = arm_pose(ros, state(HOME))
    refusal = refusal_of(pose, STAMP_NS + 2_000_000_000)
    assert refusal is not None
    assert refusal.outcome is Outcome.NO_TRANSFORM
    assert 'the nearest joint_states are 2.000 s from the image' in refusal.message


def test_without_joint_states_the_topic_is_named(ros: Ros) -> None:
    refusal = refusal_of(make_joint_arm_pose(ros.node, arm_file='', arm_model=''), STAMP_NS)
    assert refusal is not None
    assert "no joint_states have arrived on '/joint_states'" in refusal.message


@pytest.mark.parametrize(
    ('message', 'sentence'),
    [
        (JointState(), 'lack joint1, joint2'),
        (JointState(name=['joint1'], position=[]), 'lack joint1'),
        (JointState(name=['joint1', 'other'], position=[0.0, 0.0]), 'known are joint1, other'),
        (state(HOME * np.nan), 'have positions .nan'),
    ],
)
def test_joints_that_are_missing_or_no_numbers_are_refused(
    message: JointState, sentence: str
) -> None:
    with pytest.raises(Refusal, match=sentence):
        joint_positions(message, SETTINGS.joint_names)


def test_a_tool_offset_turns_about_fixed_axes() -> None:
    T = T_tool_tcp(
        Tool(frame='flange', translation=(0.1, 0.0, 0.2), rpy=(np.pi / 2, 0, np.pi / 2))
    )
    np.testing.assert_allclose(T @ (0, 0, 1, 0), (1, 0, 0, 0), atol=1e-12)
    np.testing.assert_allclose(T @ (1, 0, 0, 0), (0, 1, 0, 0), atol=1e-12)
    np.testing.assert_allclose(T[:3, 3], (0.1, 0.0, 0.2))


def test_a_link_of_tf_is_asked_for_in_the_base_frame() -> None:
    T_base_flange = T_tool_tcp(Tool(frame='', translation=(0.3, 0.2, 0.1)))
    pose = TfArmPose(FixedTransforms('base', {'flange': T_base_flange}), 'base', 'flange')
    np.testing.assert_allclose(pose.at(5, CancelToken()), T_base_flange)
