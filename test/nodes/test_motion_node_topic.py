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

"""motion_node with somebody else's planner behind topics."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from motion_client import MotionClient
from planner_fixture import Answer, Command, FakePlanner
from ros_fixture import open_ros, wait_until
from sensor_msgs.msg import JointState

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.outcome import OK, Outcome
from vlm_robot.core.skills import Relation, Skill
from vlm_robot.core.values import Grounding, Step, Target
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.nodes.motion_node import MotionNode
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import to_ns

pytestmark = pytest.mark.ros

PARAMETERS = {
    'executor': 'topic',
    'base_frame': 'base',
    'topic__timeout_s': 0.5,
    'stall_timeout_s': 0.2,
    'topic__home': [0.3, -0.3, 0.4, 0.0],
}
SETTINGS = ArmSettings.load()


def cube(x: float, y: float) -> Target:
    return Target('red cube', grounding=Grounding('base', (x, y, 0.02), 0.0, (0.04, 0.04, 0.04)))


PICK = Step(Skill.PICK, cube(0.5, 0.1))
PLACE = Step(Skill.PLACE, cube(0.45, -0.2), relation=Relation.ON, goal=(0.45, -0.2, 0.04))
PUSH = Step(Skill.PUSH, cube(0.5, 0.0), goal=(0.6, 0.0, 0.02))


@dataclass(frozen=True)
class Cell:
    planner: FakePlanner
    client: MotionClient

    def execute(self, step: Step, **more: Any) -> tuple[Outcome, str]:
        verdict = self.client.execute(step, **more)
        return verdict.outcome, verdict.message


@pytest.fixture(scope='module')
def shared() -> Iterator[Cell]:
    with open_ros() as ros:
        planner = ros.spin(FakePlanner(context=ros.context))
        client = MotionClient(ros)
        ros.start(MotionNode, **PARAMETERS)
        yield Cell(planner, client)


@pytest.fixture
def cell(shared: Cell) -> Iterator[Cell]:
    shared.planner.reset()
    yield shared
    shared.planner.reset()
    shared.execute(PLACE)  # whatever is held is put away
    shared.client.go_home()


def only(name: str, answer: Answer | None, planner: FakePlanner) -> None:
    """Give an answer to one command by its place in a pick, and OK to the others."""
    index = ['above', 'open', 'near', 'approach', 'grasp', 'lift'].index(name)
    ok = (int(Outcome.OK), '')
    planner.answer = lambda _: answer if len(planner.commands) == index + 1 else ok


@pytest.mark.parametrize('with_stamps', [True, False])
def test_a_pick_is_poses_and_openings_one_at_a_time(cell: Cell, with_stamps: bool) -> None:
    cell.planner.with_stamps = with_stamps
    phases: list[str] = []
    assert cell.execute(PICK, on_phase=phases.append) == (Outcome.OK, '')
    assert phases == ['above', 'open', 'approach', 'grasp', 'lift']
    assert [type(command) is PoseStamped for command in cell.planner.commands] == [
        True, False, True, True, False, True,
    ]  # fmt: skip
    heights = [pose.pose.position.z for pose in cell.planner.poses]
    assert heights[0] == heights[-1] == SETTINGS.heights.transit
    assert min(heights) == heights[2] < 0.03
    assert cell.planner.openings == [pytest.approx(0.064), 0.0]


def test_poses_are_in_the_base_frame_with_stamps_that_tell_them_apart(cell: Cell) -> None:
    cell.execute(PICK)
    assert {pose.header.frame_id for pose in cell.planner.poses} == {'base'}
    stamps = [to_ns(pose.header.stamp) for pose in cell.planner.poses]
    assert stamps == sorted(set(stamps))
    for pose in cell.planner.poses:
        q = pose.pose.orientation
        down = (
            2 * (q.x * q.z + q.y * q.w),
            2 * (q.y * q.z - q.x * q.w),
            1 - 2 * (q.x**2 + q.y**2),
        )
        np.testing.assert_allclose(down, (0, 0, -1), atol=1e-6)


@pytest.mark.parametrize('outcome', [Outcome.CONTROLLER_FAILED, Outcome.TIMEOUT, Outcome.CANCELED])
def test_the_outcome_of_a_phase_is_that_of_the_step(cell: Cell, outcome: Outcome) -> None:
    only('approach', (int(outcome), 'the belt slipped'), cell.planner)
    found, message = cell.execute(PICK)
    assert found is outcome
    assert len(cell.planner.commands) == 4
    if outcome is not Outcome.CANCELED:
        assert message == "pick the red cube, 'approach': the belt slipped"


def test_another_yaw_is_tried_where_the_planner_finds_no_way(cell: Cell) -> None:
    only('above', (int(Outcome.UNREACHABLE), 'no solution'), cell.planner)
    assert cell.execute(PICK)[0] is Outcome.OK
    first, second = (pose.pose.orientation for pose in cell.planner.poses[:2])
    product = first.x * second.x + first.y * second.y + first.z * second.z + first.w * second.w
    assert 2 * math.acos(min(1.0, abs(product))) == pytest.approx(math.pi, abs=1e-6)


def test_a_hand_that_is_low_is_raised_before_another_way_is_tried(cell: Cell) -> None:
    only('approach', (int(Outcome.MOTION_FAILED), 'in collision'), cell.planner)
    assert cell.execute(PICK)[0] is Outcome.OK
    again = cell.planner.poses[3:5]
    assert [pose.pose.position.z for pose in again] == [SETTINGS.heights.transit] * 2


def test_the_first_reason_is_given_when_no_way_is_found(cell: Cell) -> None:
    def refuse(_: Command) -> Answer:
        return int(Outcome.UNREACHABLE), f'no solution {len(cell.planner.commands)}'

    cell.planner.answer = refuse
    outcome, message = cell.execute(PICK)
    assert outcome is Outcome.UNREACHABLE
    assert message == "pick the red cube, 'above': no solution 1"
    assert cell.planner.openings == []


def test_silence_ends_the_step_and_names_the_topic(cell: Cell) -> None:
    cell.planner.answer = lambda _: None
    outcome, message = cell.execute(PICK)
    assert outcome is Outcome.CONTROLLER_FAILED
    assert "no result of '/goal_pose' came on '/motion_result' within 0.5 s" in message
    wait_until(lambda: cell.planner.cancels == 1)


def test_answers_to_older_goals_are_ignored(cell: Cell) -> None:
    cell.planner.late_ns = 1
    outcome, message = cell.execute(PICK)
    assert outcome is Outcome.CONTROLLER_FAILED
    assert 'no result' in message


def test_a_code_that_does_not_exist_is_refused(cell: Cell) -> None:
    cell.planner.answer = lambda _: (999, '')
    outcome, message = cell.execute(PICK)
    assert outcome is Outcome.CONTROLLER_FAILED
    assert "'/motion_result': error_code is 999: known are 0 (OK), " in message


def test_a_cancel_reaches_the_planner(cell: Cell) -> None:
    token = CancelToken()
    cell.planner.answer = lambda _: token.cancel('enough')  # type: ignore[func-returns-value]
    outcome, _ = cell.execute(PICK, cancel=token)
    assert outcome is Outcome.CANCELED
    wait_until(lambda: cell.planner.cancels == 1)
    assert len(cell.planner.commands) == 1


def test_what_was_picked_is_placed_and_only_once(cell: Cell) -> None:
    assert cell.execute(PICK)[0] is Outcome.OK
    assert cell.execute(PICK)[0] is Outcome.MOTION_FAILED
    assert cell.execute(PLACE) == (Outcome.OK, '')
    assert cell.execute(PLACE)[0] is Outcome.GRASP_FAILED


@pytest.mark.parametrize(
    ('finger_m', 'outcome'), [(0.02, Outcome.OK), (0.0, Outcome.GRASP_FAILED)]
)
def test_the_grasp_is_checked_where_joint_states_tell_of_the_fingers(
    cell: Cell, finger_m: float, outcome: Outcome
) -> None:
    states = cell.planner.create_publisher(JointState, 'joint_states', qos.STREAM)

    def publish() -> None:
        message = JointState(name=['wheel', 'finger_joint1'], position=[7.0, finger_m])
        message.header.stamp = cell.planner.get_clock().now().to_msg()
        states.publish(message)

    timer = cell.planner.create_timer(0.02, publish)
    wait_until(lambda: states.get_subscription_count() == 1)
    assert cell.execute(PICK)[0] is outcome
    cell.planner.destroy_timer(timer)
    cell.planner.destroy_publisher(states)


def test_a_push_is_low_and_ends_high(cell: Cell) -> None:
    assert cell.execute(PUSH) == (Outcome.OK, '')
    heights = [pose.pose.position.z for pose in cell.planner.poses]
    assert heights[1] == heights[2] < 0.05
    assert heights[-1] == SETTINGS.heights.transit


def test_home_is_a_pose_of_the_parameters(cell: Cell) -> None:
    assert cell.client.go_home() == OK
    position = cell.planner.poses[-1].pose.position
    assert (position.x, position.y, position.z) == (0.3, -0.3, 0.4)


def test_nobody_listens_and_that_is_said_at_once() -> None:
    with open_ros() as ros:
        client = MotionClient(ros)
        ros.start(MotionNode, executor='topic', base_frame='base')
        verdict = client.execute(PICK)
        assert verdict.outcome is Outcome.CONTROLLER_FAILED
        assert "nobody listens on '/goal_pose'" in verdict.message


def test_a_home_of_three_numbers_is_refused_at_the_start() -> None:
    with open_ros() as ros, pytest.raises(ConfigurationError, match=r'topic\.home has 3 numbers'):
        ros.start(MotionNode, executor='topic', topic__home=[0.1, 0.2, 0.3])
