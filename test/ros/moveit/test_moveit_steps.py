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

from typing import TYPE_CHECKING

import pytest
from moveit_arm import LINE, PICK, PLACE, SETTINGS, TRAVEL, arm
from ros_fixture import Ros, wait_until

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.outcome import OK, Outcome
from vlm_robot.motion.pose_executor import PoseStepExecutor
from vlm_robot.nodes.motion_node import MotionNode
from vlm_robot.ros.conversions import step_message
from vlm_robot.ros.moveit.parameters import MoveItParameters
from vlm_robot.ros.moveit.scene import HELD, TABLE, TARGET
from vlm_robot_interfaces.action import ExecuteStep

pytest.importorskip('moveit_msgs.msg')
pytest.importorskip('control_msgs.msg')
if TYPE_CHECKING:
    from moveit_fixture import FakeMoveGroup

pytestmark = pytest.mark.ros


def test_nothing_of_the_scene_or_the_state_is_replaced_by_a_request(
    ros: Ros, group: FakeMoveGroup
) -> None:
    arm(ros).move(TRAVEL, cancel=CancelToken())

    (goal,) = group.move.goals
    assert goal.request.start_state.is_diff
    assert goal.planning_options.planning_scene_diff.is_diff
    assert goal.planning_options.planning_scene_diff.robot_state.is_diff
    assert not goal.planning_options.plan_only


def test_a_rehearsal_plans_pose_after_pose_and_moves_nothing(
    ros: Ros, group: FakeMoveGroup
) -> None:
    robot = arm(ros)
    robot.begin_step(PICK)

    assert robot.rehearse([TRAVEL, LINE], cancel=CancelToken()) == OK

    (travel,), (line,) = group.move.goals, group.lines
    assert travel.planning_options.plan_only
    assert list(travel.request.start_state.joint_state.name) == []
    assert list(line.start_state.joint_state.name) == ['joint1']
    assert list(line.start_state.joint_state.position) == [0.1]
    assert line.start_state.is_diff
    assert group.execute.goals == []
    assert group.scene_at_plan == [({TABLE, TARGET}, set()), ({TABLE}, set())]
    assert group.scene_at_move == []


def test_a_rehearsal_tells_which_pose_has_no_way(ros: Ros, group: FakeMoveGroup) -> None:
    group.fraction = 0.4

    verdict = arm(ros).rehearse([TRAVEL, LINE], cancel=CancelToken())

    assert verdict.outcome is Outcome.MOTION_FAILED
    assert "40 % of the straight way of 'approach'" in verdict.message


def test_a_rehearsal_leaves_the_hand_away_from_the_things(ros: Ros, group: FakeMoveGroup) -> None:
    robot = arm(ros)
    robot.begin_step(PICK)
    robot.rehearse([TRAVEL, LINE], cancel=CancelToken())

    robot.move(TRAVEL, cancel=CancelToken())

    assert group.scene_at_move == [({TABLE, TARGET}, set())]


def test_without_a_planning_scene_nothing_moves_and_it_is_named(ros: Ros) -> None:
    verdict = arm(ros, answer_timeout_s=0.2).move(TRAVEL, cancel=CancelToken())

    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert "nobody serves the service '/apply_planning_scene'" in verdict.message


def test_fingers_that_stall_on_a_thing_have_gripped(ros: Ros, group: FakeMoveGroup) -> None:
    robot = arm(ros, gripper_effort=15.0)

    assert robot.grip(0.0, cancel=CancelToken()) == OK

    (goal,) = group.gripper.goals
    assert (goal.command.position, goal.command.max_effort) == (0.0, 15.0)
    assert robot.opening_m() == pytest.approx(0.04)  # the joint is half of the opening


def test_fingers_that_arrive_have_gripped(ros: Ros, group: FakeMoveGroup) -> None:
    group.stalled, group.reached, group.finger = False, True, 0.03

    assert arm(ros).grip(0.06, cancel=CancelToken()) == OK
    assert group.gripper.goals[0].command.position == pytest.approx(0.03)


def test_fingers_that_neither_stall_nor_arrive_have_failed(ros: Ros, group: FakeMoveGroup) -> None:
    group.stalled, group.reached, group.finger = False, False, 0.01

    verdict = arm(ros).grip(0.06, cancel=CancelToken())

    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert 'gave up at 0.0100 on its way to 0.0300' in verdict.message


def test_the_opening_is_not_known_any_more_once_the_arm_has_moved(
    ros: Ros, group: FakeMoveGroup
) -> None:
    robot = arm(ros)
    robot.grip(0.0, cancel=CancelToken())

    robot.move(LINE, cancel=CancelToken())

    assert robot.opening_m() is None


def test_a_gripper_that_takes_joints_by_name_gets_them(ros: Ros) -> None:
    from control_msgs.action import ParallelGripperCommand
    from moveit_fixture import FakeMoveGroup

    group = ros.start(lambda **given: FakeMoveGroup(gripper=ParallelGripperCommand, **given))
    robot = arm(ros, gripper='parallel_gripper_command', gripper_effort=0.0)

    assert robot.grip(0.05, cancel=CancelToken()) == OK

    (goal,) = group.gripper.goals
    assert list(goal.command.name) == ['finger_joint1']
    assert list(goal.command.position) == pytest.approx([0.025])
    assert list(goal.command.effort) == []
    assert robot.opening_m() == pytest.approx(0.04)


def test_a_picked_thing_is_an_obstacle_then_touched_then_held_then_let_go(
    ros: Ros, group: FakeMoveGroup
) -> None:
    arm_of_steps = PoseStepExecutor(SETTINGS, arm(ros))

    assert arm_of_steps.execute(PICK, cancel=CancelToken()) == OK

    above, *approach, lift = group.scene_at_move
    assert above == ({TABLE, TARGET}, set())
    assert approach == [({TABLE}, set())] * len(approach)
    assert lift == ({TABLE}, {HELD})
    held = group.scene.attached[HELD]
    assert held.link_name == SETTINGS.tool.frame
    assert list(held.touch_links) == list(MoveItParameters().touch_links)
    assert (held.object.pose.position.x, held.object.pose.position.y) == (0.5, 0.1)

    group.scene_at_move.clear()
    assert arm_of_steps.execute(PLACE, cancel=CancelToken()) == OK

    above, *lower, _, retreat = group.scene_at_move
    assert above == ({TABLE, TARGET}, {HELD})
    assert lower[0] == ({TABLE}, {HELD})
    assert retreat == ({TABLE}, set())
    assert set(group.scene.world) == {TABLE}
    assert group.scene.attached == {}


def test_a_step_that_ends_early_leaves_none_of_its_things_behind(
    ros: Ros, group: FakeMoveGroup
) -> None:
    robot = arm(ros)
    robot.begin_step(PICK)
    robot.move(TRAVEL, cancel=CancelToken())
    assert set(group.scene.world) == {TABLE, TARGET}

    robot.end_step()

    wait_until(lambda: set(group.scene.world) == {TABLE})


def test_a_move_group_that_was_started_again_gets_the_scene_again(
    ros: Ros, group: FakeMoveGroup
) -> None:
    robot = arm(ros)
    robot.begin_step(PICK)
    robot.move(TRAVEL, cancel=CancelToken())
    group.scene.world.clear()

    assert robot.move(LINE, cancel=CancelToken()) == OK
    assert set(group.scene.world) == {TABLE}


def test_a_scene_that_is_not_accepted_stops_the_arm_before_it_moves(
    ros: Ros, group: FakeMoveGroup
) -> None:
    group.scene.apply = lambda _: False  # type: ignore[method-assign]

    verdict = arm(ros).move(TRAVEL, cancel=CancelToken())

    assert verdict.outcome is Outcome.MOTION_FAILED
    assert 'did not accept the planning scene' in verdict.message
    assert group.move.goals == []


def test_without_a_scene_nothing_is_told_to_it(ros: Ros, group: FakeMoveGroup) -> None:
    robot = arm(ros, scene=False)
    robot.begin_step(PICK)

    assert robot.move(TRAVEL, cancel=CancelToken()) == OK
    robot.end_step()
    assert group.scene.world == {}


def test_motion_node_carries_out_a_step_by_moveit(ros: Ros, group: FakeMoveGroup) -> None:
    ros.start(MotionNode, executor='moveit', state_timeout_s=0.05, moveit__group='panda_arm')
    message = step_message(PICK, stamp_ns=1, camera_frame='camera')

    done = ros.call(ExecuteStep, 'execute_step', ExecuteStep.Goal(step=message))

    assert (done.error_code, done.error_msg) == (Outcome.OK, '')
    assert {goal.request.group_name for goal in group.move.goals} == {'panda_arm'}
    assert len(group.execute.goals) == 3
    assert len(group.gripper.goals) == 2


def test_motion_node_says_why_moveit_refused_a_step(ros: Ros, group: FakeMoveGroup) -> None:
    ros.start(MotionNode, executor='moveit', state_timeout_s=0.05)
    group.code = -31

    done = ros.call(
        ExecuteStep,
        'execute_step',
        ExecuteStep.Goal(step=step_message(PICK, stamp_ns=1, camera_frame='camera')),
    )

    assert done.error_code == Outcome.UNREACHABLE
    assert 'NO_IK_SOLUTION -31: the arm cannot reach there' in done.error_msg
    assert group.execute.goals == []
