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

"""Free spots on the sides of things and between them, found in depth images."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tabletop_scenes import T_BASE_CAMERA, Look, Thing, look_at, upon

from vlm_robot.core.geometry import from_look_at, inverse, transform_points
from vlm_robot.core.grounding import ground_plan
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import SIDES, Relation, Skill
from vlm_robot.core.values import Plan, Point3, Step, Target

SETTINGS = GroundingSettings()
RELATIONS = list(SIDES)


def grounded(look: Look, relation: Relation, *places: int, held: int) -> Plan:
    target, *others = (Target(f'thing {i}', look.pixel_of(i)) for i in places)
    steps = (
        Step(Skill.PICK, Target('held', look.pixel_of(held))),
        Step(Skill.PLACE, target, relation, other=others[0] if others else None),
    )
    plan = Plan('do it', steps=steps, plan_id='1')
    return ground_plan(plan, look.frame, look.T_base_camera, base_frame='base', settings=SETTINGS)


def goal(plan: Plan) -> Point3:
    assert plan.verdict.ok, plan.verdict
    point = plan.steps[-1].goal
    assert point is not None
    return point


SCENE = [
    Thing('cube', 'red', 0.42, -0.20, 0.4),
    Thing('bowl', 'green', 0.5, 0.16),
    Thing('mug', 'blue', 0.5, -0.08, 2.0),
]
VIEWS = {'behind': T_BASE_CAMERA, 'beside': from_look_at((0.5, 0.8, 0.8), (0.5, 0.0, 0.0))}


@pytest.mark.parametrize('view', VIEWS)
@pytest.mark.parametrize('relation', RELATIONS)
def test_every_side_of_a_mug_is_found_in_depth_as_each_camera_sees_it(
    relation: Relation, view: str
) -> None:
    look = look_at(SCENE, T_base_camera=VIEWS[view])
    x, y, z = goal(grounded(look, relation, 2, held=0))
    assert z == pytest.approx(0.0, abs=0.004)
    right, _, away = np.diff(
        transform_points(inverse(VIEWS[view]), [SCENE[2].centre, (x, y, 0.03)]), axis=0
    )[0]
    side = {
        Relation.LEFT_OF: -right, Relation.RIGHT_OF: right,
        Relation.IN_FRONT_OF: -away, Relation.BEHIND: away,
    }[relation]  # fmt: skip
    assert side > 0.03
    assert 0.05 < math.dist((x, y), (SCENE[2].x, SCENE[2].y)) < 0.22
    assert math.dist((x, y), (SCENE[1].x, SCENE[1].y)) > 0.085 + 0.02


def test_between_a_bowl_and_a_mug_is_found_in_depth_and_the_other_thing_is_grounded() -> None:
    plan = grounded(look_at(SCENE), Relation.BETWEEN, 1, 2, held=0)
    x, y, z = goal(plan)
    assert x == pytest.approx(0.5, abs=0.02)
    assert -0.08 + 0.03 + 0.02 < y < 0.16 - 0.065 - 0.02
    assert z == pytest.approx(0.0, abs=0.004)
    other = plan.steps[1].other
    assert other is not None
    assert other.grounding is not None
    assert math.dist(other.grounding.position[:2], (SCENE[2].x, SCENE[2].y)) < 0.006


def test_the_spot_between_is_taken_once_something_was_put_there() -> None:
    look = look_at([*SCENE, Thing('cube', 'yellow', 0.36, 0.2)])
    targets = [Target(f'thing {i}', look.pixel_of(i)) for i in range(4)]
    steps = []
    for held in (0, 3):
        steps.append(Step(Skill.PICK, targets[held]))
        steps.append(Step(Skill.PLACE, targets[1], Relation.BETWEEN, other=targets[2]))
    plan = Plan('do it', steps=tuple(steps), plan_id='1')
    settled = ground_plan(
        plan, look.frame, look.T_base_camera, base_frame='base', settings=SETTINGS
    )
    assert _refused(settled).outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize(
    ('relation', 'places'), [(Relation.LEFT_OF, (2,)), (Relation.BETWEEN, (1, 2))]
)
def test_nothing_is_put_beside_itself(relation: Relation, places: tuple[int, ...]) -> None:
    verdict = _refused(grounded(look_at(SCENE), relation, *places, held=2))
    assert verdict.outcome is Outcome.INVALID_ANSWER
    assert verdict.message == f"'thing 2' is what is held: nothing is put {relation.words} it"


def test_left_of_a_cube_in_a_tray_is_on_the_tray() -> None:
    tray = Thing('tray', 'blue', 0.5, 0.0, math.pi / 2, large=True)
    on_it = Thing('cube', 'red', 0.5, -0.05, 0.0)
    look = look_at(
        [Thing('cube', 'yellow', 0.36, -0.22), tray,
         Thing('cube', 'red', on_it.x, on_it.y, bottom=upon(on_it, tray, on_floor=True).bottom)]
    )  # fmt: skip
    _, y, z = goal(grounded(look, Relation.LEFT_OF, 2, held=0))
    assert z == pytest.approx(0.005, abs=0.003)
    assert 0.01 < y < 0.07


def _refused(plan: Plan) -> Verdict:
    assert plan.steps == ()
    return plan.verdict
