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
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from moveit_arm import DOWN, LINE, SETTINGS, TRAVEL, arm
from ros_fixture import Ros, wait_until

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.motion.robot import PoseGoal
from vlm_robot.ros.moveit.codes import CODES
from vlm_robot.ros.spin import Spinner

pytest.importorskip('moveit_msgs.msg')
pytest.importorskip('control_msgs.msg')
if TYPE_CHECKING:
    from moveit_fixture import FakeMoveGroup

pytestmark = pytest.mark.ros


def test_a_pose_is_sent_to_move_group_as_constraints_on_the_tool_link(
    ros: Ros, group: FakeMoveGroup
) -> None:
    robot = arm(ros, planner='RRTConnect', pipeline='ompl', velocity_scaling=0.3, attempts=7)

    assert robot.move(TRAVEL, cancel=CancelToken()) == OK

    (goal,) = group.move.goals
    request = goal.request
    assert (request.group_name, request.planner_id, request.pipeline_id) == (
        'arm',
        'RRTConnect',
        'ompl',
    )
    assert (request.max_velocity_scaling_factor, request.num_planning_attempts) == (0.3, 7)
    (wanted,) = request.goal_constraints
    (position,), (orientation,) = wanted.position_constraints, wanted.orientation_constraints
    centre = position.constraint_region.primitive_poses[0].position
    assert (centre.x, centre.y, centre.z) == pytest.approx(TRAVEL.position)
    assert position.constraint_region.primitives[0].dimensions[0] == 0.001
    assert {position.header.frame_id, orientation.header.frame_id} == {'base_link'}
    assert {position.link_name, orientation.link_name} == {SETTINGS.tool.frame}
    turned = orientation.orientation
    assert abs(turned.x * DOWN[0] + turned.y * DOWN[1]) == pytest.approx(1)


def test_every_error_of_move_group_is_its_outcome(ros: Ros, group: FakeMoveGroup) -> None:
    robot = arm(ros)
    group.said = 'said by the fake'

    for code in [*sorted(set(CODES) - {1}), -4711]:
        group.code = code
        verdict = robot.move(TRAVEL, cancel=CancelToken())
        assert verdict.outcome is (CODES[code].outcome if code in CODES else Outcome.MOTION_FAILED)
        assert f'{code}: ' in verdict.message
        assert 'said by the fake' in verdict.message


def test_a_goal_that_was_given_up_without_an_error_has_failed(
    ros: Ros, group: FakeMoveGroup
) -> None:
    ended = group.move.answer
    group.move.answer = lambda goal: (False, ended(goal)[1])

    verdict = arm(ros).move(TRAVEL, cancel=CancelToken())

    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert "gave 'above' up" in verdict.message


def test_a_straight_pose_is_a_cartesian_path_that_is_executed(
    ros: Ros, group: FakeMoveGroup
) -> None:
    assert arm(ros).move(LINE, cancel=CancelToken()) == OK

    (request,), (executed,) = group.lines, group.execute.goals
    assert request.waypoints[0].position.z == pytest.approx(0.03)
    assert (request.header.frame_id, request.group_name) == ('base_link', 'arm')
    assert (request.link_name, request.cartesian_speed_limited_link) == (SETTINGS.tool.frame,) * 2
    assert request.max_cartesian_speed == 0.15
    assert request.max_step > 0
    assert request.avoid_collisions
    assert len(executed.trajectory.joint_trajectory.points) == 2
    assert group.move.goals == []


@pytest.mark.parametrize('fraction', [0.6, 0.0, float('nan')])
def test_a_straight_way_that_is_not_possible_whole_is_not_begun(
    ros: Ros, group: FakeMoveGroup, fraction: float
) -> None:
    group.fraction = fraction

    verdict = arm(ros).move(LINE, cancel=CancelToken())

    assert verdict.outcome is Outcome.MOTION_FAILED
    assert f"{100 * fraction:.0f} % of the straight way of 'approach'" in verdict.message
    assert group.execute.goals == []


@pytest.mark.parametrize(
    ('positions', 'sentence'),
    [([], 'without a trajectory'), ([0.0, float('nan')], 'positions that are not numbers')],
)
def test_a_trajectory_that_makes_no_sense_is_not_executed(
    ros: Ros, group: FakeMoveGroup, positions: list[float], sentence: str
) -> None:
    group.positions = positions

    verdict = arm(ros).move(LINE, cancel=CancelToken())

    assert verdict.outcome is Outcome.MOTION_FAILED
    assert sentence in verdict.message
    assert group.execute.goals == []


def test_a_line_that_fails_on_its_way_is_no_refusal_of_the_planner(
    ros: Ros, group: FakeMoveGroup
) -> None:
    answer = group.execute.answer

    def fail(goal: Any) -> tuple[bool, Any]:
        group.code = -30
        return answer(goal)

    group.execute.answer = fail

    verdict = arm(ros).move(LINE, cancel=CancelToken())

    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert 'ABORT -30' in verdict.message


def test_a_goal_that_is_no_pose_reaches_nobody(ros: Ros, group: FakeMoveGroup) -> None:
    verdict = arm(ros).move(replace(TRAVEL, quat_xyzw=(0, 0, 0, 0)), cancel=CancelToken())

    assert verdict.outcome is Outcome.UNREACHABLE
    assert group.move.goals == []


@pytest.mark.parametrize('goal', [TRAVEL, LINE], ids=lambda goal: goal.name)
def test_a_cancel_stops_the_motion(
    ros: Ros, group: FakeMoveGroup, start: Callable[..., Future[Verdict]], goal: PoseGoal
) -> None:
    action = group.execute if goal.straight else group.move
    action.holds = True
    cancel = CancelToken()
    moving = start(arm(ros).move, goal, cancel=cancel)
    wait_until(lambda: action.running)
    group.code = -7

    cancel.cancel('enough')

    assert moving.result(30).outcome is Outcome.CANCELED
    assert action.canceled == 1


def test_a_motion_that_takes_too_long_is_stopped(
    ros: Ros, group: FakeMoveGroup, start: Callable[..., Future[Verdict]]
) -> None:
    group.move.holds, group.code = True, -7

    verdict = start(arm(ros, motion_timeout_s=0.3).move, TRAVEL, cancel=CancelToken()).result(30)

    assert verdict.outcome is Outcome.TIMEOUT
    assert "'/move_action' took longer than 0.3 s" in verdict.message
    assert group.move.canceled == 1


def test_a_goal_that_move_group_rejects_is_named(ros: Ros, group: FakeMoveGroup) -> None:
    group.move.accepts = False

    verdict = arm(ros).move(TRAVEL, cancel=CancelToken())

    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert "'/move_action' rejected a goal" in verdict.message


def test_a_move_group_that_dies_while_the_arm_moves_is_named(
    ros: Ros, start: Callable[..., Future[Verdict]]
) -> None:
    from moveit_fixture import FakeMoveGroup

    mortal = FakeMoveGroup(context=ros.context)
    mortal.execute.holds = True
    spinner = Spinner(mortal)
    moving = start(arm(ros).move, LINE, cancel=CancelToken())
    wait_until(lambda: mortal.execute.running)

    spinner.close()
    mortal.destroy()

    verdict = moving.result(30)
    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert "'/execute_trajectory' went away before the goal ended" in verdict.message


def test_home_is_asked_for_by_joints(ros: Ros, group: FakeMoveGroup) -> None:
    assert arm(ros).home(cancel=CancelToken()) == OK

    (goal,) = group.move.goals
    joints = goal.request.goal_constraints[0].joint_constraints
    assert [joint.joint_name for joint in joints] == list(SETTINGS.joint_names)
    assert [joint.position for joint in joints] == list(SETTINGS.home)
    assert all(joint.tolerance_above == 0.01 == joint.tolerance_below for joint in joints)


def test_without_move_group_nothing_moves_and_it_is_named(ros: Ros) -> None:
    robot = arm(ros, answer_timeout_s=0.2, scene=False)

    for verdict in (robot.move(TRAVEL, cancel=CancelToken()), robot.home(cancel=CancelToken())):
        assert verdict.outcome is Outcome.CONTROLLER_FAILED
        assert "nobody serves the action '/move_action'" in verdict.message
