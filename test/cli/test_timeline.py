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

"""Steps in words."""

from __future__ import annotations

import pytest

from vlm_robot.cli.timeline import Timeline, describe
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import Plan, Step, Target
from vlm_robot.ros.conversions import plan_message
from vlm_robot_interfaces.action import ExecuteInstruction

BOWL, MUG = Target('blue bowl', confidence=0.93), Target('mug', confidence=0.5)


@pytest.mark.parametrize(
    ('step', 'words'),
    [
        (Step(Skill.PICK, MUG), 'pick the mug (50%)'),
        (Step(Skill.PUSH, Target('mug'), direction=Direction.LEFT), 'push the mug left'),
        (
            Step(Skill.PLACE, BOWL, Relation.IN_FRONT_OF, goal=(0.5, -0.1, 0.0)),
            'place in front of the blue bowl (93%) at (0.500, -0.100, 0.000) m',
        ),
        (
            Step(Skill.PLACE, BOWL, Relation.BETWEEN, other=MUG),
            'place between the blue bowl (93%) and the mug (50%)',
        ),
    ],
)
def test_a_step_is_said_with_all_that_it_is_about(step: Step, words: str) -> None:
    assert describe(step) == words


def told(*stages: str, plan: Plan, phase: str = '', namespace: str = '') -> list[str]:
    """Return the lines of feedback, without their times."""
    lines: list[str] = []
    timeline = Timeline(lambda line: lines.append(line.split(' s  ', 1)[1]), namespace=namespace)
    for stage in stages:
        message = ExecuteInstruction.Feedback(stage=stage, phase=phase, plan=plan_message(plan))
        timeline.feedback(message)
    return lines


@pytest.mark.ros
def test_a_refused_plan_has_no_steps_to_tell_of() -> None:
    verdict = Verdict(Outcome.NO_TRANSFORM, 'unknown frame')
    refused = Plan('pick it', verdict, plan_id='one')

    assert told('plan', 'ended', plan=refused) == ['plan', 'ended']


@pytest.mark.ros
def test_who_has_to_approve_is_told_how_and_how_long_there_is() -> None:
    plan = Plan('pick it', steps=(Step(Skill.PICK, MUG),), plan_id='one')

    lines = told('approval', plan=plan, phase='60 s', namespace='left')

    assert lines[0].startswith('plan of 1 steps')
    assert lines[-1].startswith('waits for approval (60 s): vlm-robot approve --namespace left')
