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

import pytest

from vlm_robot.cli.demo_script import SCENES, goals_of, write_script
from vlm_robot.cli.true_answers import true_answer
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import Plan, Step
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.conventions.plan_json import PlanJsonConvention
from vlm_robot.models.conventions.tabletop import TabletopConvention
from vlm_robot.models.units import Units
from vlm_robot.sim.camera import HEIGHT, WIDTH
from vlm_robot.sim.goals import Goal, check_goal, labels
from vlm_robot.sim.scene import sample_scene
from vlm_robot.sim.tabletop import Tabletop

pytestmark = pytest.mark.sim


@pytest.mark.parametrize('seed', range(12))
def test_every_seed_has_a_script_of_a_placement_a_push_and_a_compound(seed: int) -> None:
    script = write_script(seed)

    assert script == write_script(seed)
    goals = [act.goals or () for act in script.acts]
    assert [len(each) for each in goals] == [1, 1, 2]
    assert goals[0][0].relation in (Relation.IN, Relation.ON)
    assert goals[1][0].direction is not Direction.NONE


def test_the_scene_of_a_script_has_what_it_talks_about_and_no_goal_holds_yet() -> None:
    script = write_script(1)
    scene = sample_scene(script.scene_seed, SCENES)
    states = {state.spec.name: state for state in Tabletop(scene).objects()}
    now = {label: states[item.name] for label, item in labels(scene).items()}

    for goal in (g for act in script.acts for g in act.goals or ()):
        finding = check_goal(goal, now, now)
        assert not finding.holds
        assert 'is not in the scene' not in finding.message


def test_true_answers_are_read_back_as_the_goals_they_were_made_of() -> None:
    script = write_script(2)
    scene = sample_scene(script.scene_seed, SCENES)
    for act in script.acts:
        answer = true_answer(scene, act.goals or ())
        parsed = TabletopConvention().parse(answer, ImageSize(WIDTH, HEIGHT))

        assert goals_of(Plan(act.instruction, steps=parsed.steps)) == act.goals


def test_a_place_between_two_things_is_wanted_between_both_and_read_from_the_true_answer() -> None:
    scene = sample_scene(1, SCENES)
    one, two, held = list(labels(scene))[:3]
    wanted = Goal(held, Relation.BETWEEN, one, other=two)
    convention = PlanJsonConvention(Units())

    answer = true_answer(scene, (wanted,), convention)

    parsed = convention.parse(answer, ImageSize(WIDTH, HEIGHT))
    assert goals_of(Plan('put it between', steps=parsed.steps)) == (wanted,)


def test_a_plan_that_only_picks_wants_the_thing_held() -> None:
    parsed = TabletopConvention().parse('pick <x_1> <y_1> red cube', ImageSize(WIDTH, HEIGHT))
    assert [type(step) for step in parsed.steps] == [Step]

    (goal,) = goals_of(Plan('pick', steps=parsed.steps))

    assert parsed.steps[0].skill is Skill.PICK
    assert (goal.thing, goal.relation, goal.direction) == (
        'red cube',
        Relation.NONE,
        Direction.NONE,
    )
