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


"""Grounds plans in looks at tabletops, and reads what came of it."""

from __future__ import annotations

import math

from tabletop_scenes import Look, Thing

from vlm_robot.core.grounding import GroundingSettings, ground_plan
from vlm_robot.core.outcome import Verdict
from vlm_robot.core.skills import Relation, Skill
from vlm_robot.core.values import Grounding, Pixel, Plan, Point3, Step, Target

SETTINGS = GroundingSettings()


def ground(look: Look, *steps: Step, settings: GroundingSettings = SETTINGS) -> Plan:
    plan = Plan('do it', steps=steps, plan_id='1')
    return ground_plan(plan, look.frame, look.T_base_camera, base_frame='base', settings=settings)


def pick(pixel: Pixel | None) -> Step:
    return Step(Skill.PICK, Target('thing', pixel, confidence=0.9))


def place(pixel: Pixel, relation: Relation) -> Step:
    return Step(Skill.PLACE, Target('place', pixel), relation=relation)


def measured(plan: Plan, step: int = 0) -> Grounding:
    assert plan.verdict.ok, plan.verdict
    grounding = plan.steps[step].target.grounding
    assert grounding is not None
    return grounding


def goal(plan: Plan, step: int = 1) -> Point3:
    assert plan.verdict.ok, plan.verdict
    point = plan.steps[step].goal
    assert point is not None
    return point


def off(grounding: Grounding, thing: Thing) -> float:
    return math.dist(grounding.position[:2], (thing.x, thing.y))


def refused(plan: Plan) -> Verdict:
    assert plan.steps == ()
    assert plan.verdict.message
    return plan.verdict


CUBE = Thing('cube', 'red', 0.5, 0.1, 0.3, large=True)
