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

import mujoco
import numpy as np
import pytest
from motion_things import cube, pick, place, push, target

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Relation
from vlm_robot.core.values import Step
from vlm_robot.motion.executor import StepExecutor
from vlm_robot.motion.grasp import Held
from vlm_robot.motion.kinematics import Kinematics
from vlm_robot.motion.planner import Motion, Move
from vlm_robot.motion.robot import JointPositions
from vlm_robot.motion.settings import ArmSettings

_HELD = Held(cube(0.4, 0.0), below_m=0.017, width_m=0.04)
_BOWL = target((0.5, 0.1, 0.0275), (0.16, 0.16, 0.055), label='blue bowl')
_STEPS = {
    'pick': (pick(cube(0.6, 0.2, yaw=0.7)), None),
    'pick close by': (pick(cube(0.31, -0.05, yaw=-2.9)), None),
    'place': (place(_BOWL, Relation.IN, (0.5, 0.1, 0.005)), _HELD),
    'push': (push(cube(0.5, 0.0), (0.6, 0.0, 0.02)), None),
}


@pytest.fixture(scope='module')
def executor(settings: ArmSettings, arm: mujoco.MjModel) -> StepExecutor:
    return StepExecutor(settings, arm)


@pytest.fixture
def at_home(settings: ArmSettings) -> JointPositions:
    return JointPositions(np.array(settings.home), 0.08)


def _moves(motion: Motion) -> list[Move]:
    return [action for action in motion.actions if isinstance(action, Move)]


@pytest.mark.parametrize('name', _STEPS)
def test_a_motion_begins_where_the_arm_is_and_has_no_gaps(
    executor: StepExecutor, at_home: JointPositions, name: str
) -> None:
    joints = at_home.arm
    for move in _moves(executor.plan(_STEPS[name][0], at_home, _STEPS[name][1])):
        np.testing.assert_allclose(move.trajectory.positions[0], joints, atol=1e-9)
        joints = move.trajectory.end


@pytest.mark.parametrize('name', _STEPS)
def test_the_tool_is_high_between_places(
    executor: StepExecutor,
    at_home: JointPositions,
    kinematics: Kinematics,
    settings: ArmSettings,
    name: str,
) -> None:
    moves = _moves(executor.plan(_STEPS[name][0], at_home, _STEPS[name][1]))
    travel = [move.trajectory for move in moves if move.name == 'above']
    assert travel
    for trajectory in travel:
        for time_s in np.linspace(0, trajectory.duration_s, 30):
            height = kinematics.height(trajectory.sample(time_s)[0])
            assert height > settings.heights.transit - 0.035
    assert kinematics.height(moves[-1].trajectory.end) > settings.heights.transit - 1e-3


def test_a_low_arm_is_raised_before_it_travels(
    executor: StepExecutor, kinematics: Kinematics, at_home: JointPositions
) -> None:
    approach = next(
        move
        for move in _moves(executor.plan(pick(cube(0.5, -0.2)), at_home, None))[::-1]
        if move.name == 'approach'
    )
    low = JointPositions(approach.trajectory.end, 0.08)
    first = _moves(executor.plan(pick(cube(0.5, 0.2)), low, None))[0]
    assert first.name == 'raise'
    before, after = (kinematics.tcp(first.trajectory.positions[i]) for i in (0, -1))
    np.testing.assert_allclose(before.translation()[:2], after.translation()[:2], atol=2e-3)


@pytest.mark.parametrize(
    ('step', 'held', 'outcome', 'message'),
    [
        (pick(cube(0.95, 0.0)), None, Outcome.UNREACHABLE, r'reach \(0\.95, 0\.00, 0\.22\)'),
        (pick(cube(0.0, 0.1)), None, Outcome.UNREACHABLE, 'to pick the red cube'),
        (pick(_BOWL), None, Outcome.NO_GRASP, 'blue bowl is 16.0 cm wide'),
        (pick(cube(0.5, 0.0)), _HELD, Outcome.MOTION_FAILED, 'holds the red cube'),
        (_STEPS['push'][0], _HELD, Outcome.MOTION_FAILED, 'holds the red cube'),
        (_STEPS['place'][0], None, Outcome.GRASP_FAILED, 'the gripper is empty'),
        (push(cube(0.5, 0.0), (1.2, 0.0, 0.02)), None, Outcome.UNREACHABLE, 'to push'),
        (
            place(_BOWL, Relation.NEXT_TO, (0.5, 1.1, 0.0)),
            _HELD,
            Outcome.UNREACHABLE,
            'place the blue bowl',
        ),
    ],
)
def test_a_step_that_cannot_be_done_is_refused_before_anything_moves(
    executor: StepExecutor,
    at_home: JointPositions,
    step: Step,
    held: Held | None,
    outcome: Outcome,
    message: str,
) -> None:
    with pytest.raises(Refusal, match=message) as caught:
        executor.plan(step, at_home, held)
    assert caught.value.outcome is outcome
