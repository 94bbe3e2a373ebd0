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
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from motion_things import cube, pick, place, push, target

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import from_quaternion
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.skills import Relation
from vlm_robot.core.values import Step
from vlm_robot.motion.pose_executor import PoseStepExecutor
from vlm_robot.motion.robot import PoseGoal
from vlm_robot.motion.settings import ArmSettings

_SETTINGS = ArmSettings.load()
_GO_ON = threading.Event()
_PICK = pick(cube(0.5, 0.1, yaw=0.3))
_PLACE = place(cube(0.45, -0.2), Relation.ON, (0.45, -0.2, 0.04))
_PUSH = push(cube(0.5, 0.0), (0.6, 0.0, 0.02))


@dataclass
class _Robot:
    """Does what it is told at once, but for what its plan says to fail."""

    fails: dict[int, Verdict] = field(default_factory=dict)  # number of the move -> how
    thing_m: float | None = 0.04  # between the fingers; None: nobody measures
    goals: list[PoseGoal] = field(default_factory=list)
    grips: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def move(self, goal: PoseGoal, *, cancel: Cancel) -> Verdict:
        self.goals.append(goal)
        return self.fails.get(len(self.goals) - 1, OK)

    def grip(self, opening_m: float, *, cancel: Cancel) -> Verdict:
        self.grips.append(opening_m)
        return OK

    def opening_m(self) -> float | None:
        if self.thing_m is None:
            return None
        return max(self.thing_m, self.grips[-1] if self.grips else 0.08)

    def home(self, *, cancel: Cancel) -> Verdict:
        self.told.append('home')
        return OK

    def begin_step(self, step: Step) -> None:
        self.told.append(f'begin {step.skill.name}')

    def end_step(self) -> None:
        self.told.append('end')


@dataclass
class _Planner(_Robot):
    """Plans without moving; finds no way through poses that lie under a height."""

    floor_m: float = 0.0
    rehearsed: list[list[str]] = field(default_factory=list)

    def rehearse(self, goals: Sequence[PoseGoal], *, cancel: Cancel) -> Verdict:
        self.rehearsed.append([goal.name for goal in goals])
        if min(goal.position[2] for goal in goals) < self.floor_m:
            return Verdict(Outcome.MOTION_FAILED, 'no way')
        return OK


def _run(robot: _Robot, *steps: Step) -> tuple[PoseStepExecutor, Verdict, list[str]]:
    notes: list[str] = []
    executor = PoseStepExecutor(_SETTINGS, robot, note=notes.append)
    verdicts = [executor.execute(step, cancel=_GO_ON) for step in steps]
    return executor, verdicts[-1], notes


@pytest.mark.parametrize('step', [_PICK, _PUSH])
def test_every_pose_points_down_and_lines_keep_the_yaw(step: Step) -> None:
    robot = _Robot()
    assert _run(robot, step)[1] == OK
    assert [goal.straight for goal in robot.goals] == [False] + [True] * (len(robot.goals) - 1)
    for goal in robot.goals:
        assert from_quaternion(goal.position, goal.quat_xyzw)[2, 2] == pytest.approx(-1)
        assert goal.quat_xyzw == robot.goals[0].quat_xyzw
        assert (goal.speed_mps is None) is not goal.straight


def test_what_was_picked_is_held_until_it_is_placed() -> None:
    robot = _Robot()
    executor, verdict, notes = _run(robot, _PICK)
    assert verdict == OK
    assert executor.held is not None
    assert notes == []
    assert executor.execute(_PLACE, cancel=_GO_ON) == OK
    assert executor.held is None


def test_fingers_that_close_on_nothing_try_once_more_and_say_so() -> None:
    robot = _Robot(thing_m=0.0)
    executor, verdict, _ = _run(robot, _PICK)
    assert verdict.outcome is Outcome.GRASP_FAILED
    assert verdict.message == 'the gripper closed beside the red cube'
    assert robot.grips.count(0.0) == 2
    assert executor.held is None


def test_fingers_that_nobody_measures_are_trusted_and_that_is_said() -> None:
    executor, verdict, notes = _run(_Robot(thing_m=None), _PICK)
    assert verdict == OK
    assert executor.held is not None
    assert notes == [
        'nobody measures the gripper: whether it holds the red cube is not known',
    ]


def test_after_the_grasp_no_other_way_is_tried() -> None:
    robot = _Robot(fails={3: Verdict(Outcome.MOTION_FAILED, 'in collision')})
    executor, verdict, _ = _run(robot, _PICK)
    assert verdict.outcome is Outcome.MOTION_FAILED
    assert verdict.message == "pick the red cube, 'lift': in collision"
    assert executor.held is not None
    assert len(robot.goals) == 4


@pytest.mark.parametrize('outcome', [Outcome.CONTROLLER_FAILED, Outcome.TIMEOUT])
def test_a_robot_that_fails_is_not_asked_again(outcome: Outcome) -> None:
    robot = _Robot(fails={0: Verdict(outcome, 'no power')})
    assert _run(robot, _PICK)[1].outcome is outcome
    assert len(robot.goals) == 1


@pytest.mark.parametrize('step', [_PICK, _PLACE, _PUSH])
def test_the_first_refusal_is_given_when_no_way_is_found(step: Step) -> None:
    robot = _Robot()
    executor = PoseStepExecutor(_SETTINGS, robot)
    if step is _PLACE:
        executor.execute(_PICK, cancel=_GO_ON)
    tried = len(robot.goals)
    robot.fails = {i: Verdict(Outcome.UNREACHABLE, f'no way {i}') for i in range(tried, 99)}
    verdict = executor.execute(step, cancel=_GO_ON)
    assert verdict.outcome is Outcome.UNREACHABLE
    assert verdict.message.endswith(f'no way {tried}')
    assert {goal.name for goal in robot.goals[tried:]} == {'above'}


def test_a_low_hand_is_raised_before_it_goes_home() -> None:
    robot = _Robot(fails={2: Verdict(Outcome.CONTROLLER_FAILED, 'stopped')})
    executor, _, _ = _run(robot, _PICK)
    assert executor.go_home(cancel=_GO_ON) == OK
    assert (robot.goals[-1].name, robot.goals[-1].straight) == ('raise', True)
    assert robot.goals[-1].position[2] == _SETTINGS.heights.transit
    assert robot.told[-1] == 'home'


@pytest.mark.parametrize('failing', [{}, {0: Verdict(Outcome.CONTROLLER_FAILED, 'no power')}])
def test_a_robot_that_wants_to_know_is_told_of_each_step(failing: dict[int, Verdict]) -> None:
    robot = _Robot(fails=failing)
    _run(robot, _PICK)
    assert robot.told == ['begin PICK', 'end']


@pytest.mark.parametrize('step', [_PICK, _PUSH])
def test_a_step_is_planned_whole_before_anything_moves_where_that_can_be(step: Step) -> None:
    robot = _Planner(floor_m=0.1)
    executor, verdict, _ = _run(robot, step)
    assert verdict.outcome is Outcome.MOTION_FAILED
    assert verdict.message.endswith('the red cube: no way')
    assert (robot.goals, robot.grips) == ([], [])
    assert {names[-1] for names in robot.rehearsed} == {'lift' if step is _PICK else 'raise'}
    with pytest.raises(Refusal, match='the red cube: no way'):
        executor.check(step)
    robot.floor_m = 0.0
    executor.check(step)
    assert executor.execute(step, cancel=_GO_ON) == OK


def test_a_canceled_step_goes_no_further() -> None:
    robot, cancel = _Robot(), threading.Event()

    def stop(phase: str) -> None:
        if phase == 'open':
            cancel.set()

    executor = PoseStepExecutor(_SETTINGS, robot)
    verdict = executor.execute(_PICK, cancel=cancel, on_phase=stop)
    assert verdict.outcome is Outcome.CANCELED
    assert len(robot.goals) == 1


@pytest.mark.parametrize(
    ('step', 'outcome'),
    [
        (pick(target((0.5, 0, 0.02), (0.16, 0.16, 0.04))), Outcome.NO_GRASP),
        (pick(target((math.nan, 0, 0.02), (0.04, 0.04, 0.04))), Outcome.NO_DEPTH),
        (_PLACE, Outcome.GRASP_FAILED),
        (push(cube(0.5, 0.0), (math.nan, 0.0, 0.02)), Outcome.MOTION_FAILED),
    ],
)
def test_a_step_that_cannot_be_is_refused_before_anything_moves(
    step: Step, outcome: Outcome
) -> None:
    robot = _Robot()
    executor, verdict, _ = _run(robot, step)
    assert verdict.outcome is outcome
    assert (robot.goals, robot.grips) == ([], [])
    with pytest.raises(Refusal) as caught:
        executor.check(step)
    assert caught.value.outcome is outcome
