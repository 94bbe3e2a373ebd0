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

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import Quaternion, from_approach, from_quaternion, quat_xyzw_of
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Point3
from vlm_robot.motion.robot import PoseGoal
from vlm_robot.motion.settings import ArmSettings, Tool
from vlm_robot.ros.moveit.goals import ToolLink, home_goals

DOWN = quat_xyzw_of(from_approach((0, 0, -1), yaw=0.0))
_LENGTHS = st.floats(-2, 2)
_POINTS = st.tuples(_LENGTHS, _LENGTHS, _LENGTHS)
_ANGLES = st.floats(-3, 3)


def pose_goal(position: Point3, quat_xyzw: Quaternion = DOWN) -> PoseGoal:
    return PoseGoal('approach', position, quat_xyzw, True, 0.1)


def test_without_an_offset_the_link_goes_where_the_tcp_is_sent() -> None:
    goal = ToolLink.of(Tool(frame='tool0')).goal(pose_goal((0.5, 0.1, 0.2)))

    assert (goal.name, goal.link, goal.speed_mps) == ('approach', 'tool0', 0.1)
    assert goal.position == pytest.approx((0.5, 0.1, 0.2))
    assert np.abs(np.dot(goal.quat_xyzw, DOWN)) == pytest.approx(1)


def test_a_hand_that_points_down_stays_above_the_tcp_by_its_length() -> None:
    tool = ToolLink.of(Tool(frame='flange', translation=(0, 0, 0.15)))

    assert tool.goal(pose_goal((0.5, 0.1, 0.2))).position == pytest.approx((0.5, 0.1, 0.35))


@given(_POINTS, _ANGLES, _POINTS, st.tuples(_ANGLES, _ANGLES, _ANGLES))
def test_the_tcp_of_the_link_at_its_goal_is_at_the_pose_goal(
    position: Point3, yaw: float, offset: Point3, rpy: Point3
) -> None:
    quat = quat_xyzw_of(from_approach((0, 0, -1), yaw=yaw))
    tool = ToolLink.of(Tool(frame='tool0', translation=offset, rpy=rpy))

    goal = tool.goal(pose_goal(position, quat))

    reached = from_quaternion(goal.position, goal.quat_xyzw) @ tool.T_link_tcp
    np.testing.assert_allclose(reached, from_quaternion(position, quat), atol=1e-7)


def test_roll_pitch_and_yaw_turn_about_the_axes_of_the_link() -> None:
    tool = ToolLink.of(Tool(frame='tool0', rpy=(math.pi / 2, 0, math.pi / 2)))

    x_then_z = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]  # Rz(90 degrees) @ Rx(90 degrees)
    np.testing.assert_allclose(tool.T_link_tcp[:3, :3], x_then_z, atol=1e-12)


@pytest.mark.parametrize(
    ('goal', 'sentence'),
    [
        (pose_goal((math.nan, 0, 0)), r"'approach' has no pose: the position \(nan, 0, 0\)"),
        (pose_goal((0, 0, 0), (0, 0, 0, 0)), r'quaternion \[0.0, 0.0, 0.0, 0.0\] is not a rot'),
    ],
)
def test_a_goal_that_is_no_pose_is_refused(goal: PoseGoal, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence) as caught:
        ToolLink.of(Tool(frame='tool0')).goal(goal)

    assert caught.value.outcome is Outcome.UNREACHABLE


def test_home_is_every_joint_of_the_arm_at_its_home() -> None:
    settings = ArmSettings.load()

    goals = home_goals(settings)

    assert [goal.joint for goal in goals] == list(settings.joint_names)
    assert [goal.position for goal in goals] == list(settings.home)
