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


"""Where steps end, in frames of ray-cast tabletops."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from grounding_plans import CUBE, SETTINGS, goal, ground, pick, place, refused
from tabletop_scenes import Thing, look_at

from vlm_robot.core.box import Box
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import Step, Target

CONTENT = Thing('cube', 'red', 0.5, 0.05, 0.4)


def test_placing_in_a_bowl_ends_on_its_floor_and_a_second_time_on_what_was_placed() -> None:
    bowl, ball = Thing('bowl', 'green', 0.5, 0.1, large=True), Thing('ball', 'yellow', 0.4, -0.2)
    cube = replace(CONTENT, x=0.4, y=-0.08)
    look = look_at([cube, bowl, ball])
    into = place(look.pixel_of(1), Relation.IN)
    plan = ground(look, pick(look.pixel_of(0)), into, pick(look.pixel_of(2)), into)
    first, second = goal(plan, 1), goal(plan, 3)
    assert math.dist(first[:2], (bowl.x, bowl.y)) < 0.004
    assert first[2] == pytest.approx(0.005, abs=0.004)
    assert second[2] == pytest.approx(first[2] + cube.size[2], abs=0.006)


def test_placing_on_a_cube_ends_on_its_top() -> None:
    ball = Thing('ball', 'yellow', 0.4, -0.2)
    look = look_at([CUBE, ball])
    point = goal(ground(look, pick(look.pixel_of(1)), place(look.pixel_of(0), Relation.ON)))
    assert math.dist(point, (CUBE.x, CUBE.y, CUBE.top)) < 0.005


def test_placing_next_to_a_thing_ends_beside_it_and_clear_of_all_others() -> None:
    things = [
        CUBE,
        Thing('ball', 'yellow', 0.4, -0.2, large=True),
        Thing('cylinder', 'blue', 0.5, 0.18),
        Thing('mug', 'white', 0.6, 0.1),
    ]
    look = look_at(things)
    plan = ground(look, pick(look.pixel_of(1)), place(look.pixel_of(0), Relation.NEXT_TO))
    x, y, z = goal(plan)
    assert z == pytest.approx(0.0, abs=0.002)
    assert 0.06 < math.dist((x, y), (CUBE.x, CUBE.y)) < 0.16
    for other in things[2:]:
        assert math.dist((x, y), (other.x, other.y)) > 0.03 + other.size[0] / 2
    twice = ground(
        look,
        *(pick(look.pixel_of(1)), place(look.pixel_of(0), Relation.NEXT_TO)),
        *(pick(look.pixel_of(2)), place(look.pixel_of(0), Relation.NEXT_TO)),
    )
    assert math.dist(goal(twice, 1)[:2], goal(twice, 3)[:2]) > 0.05


def test_what_was_picked_leaves_its_place_free() -> None:
    narrow = SETTINGS.model_copy(
        update={'workspace': Box(lower=(0.46, -0.03, -0.02), upper=(0.54, 0.14, 0.4))}
    )
    things = [Thing('cube', 'red', 0.5, 0.1), Thing('cube', 'blue', 0.5, 0.0)]
    look = look_at(things)
    beside = place(look.pixel_of(0), Relation.NEXT_TO)
    taken = ground(look, pick(look.pixel_of(1)), beside, settings=narrow)
    assert math.dist(goal(taken)[:2], (0.5, 0.0)) < 0.04
    assert refused(ground(look, beside, settings=narrow)).outcome is Outcome.UNREACHABLE


def test_a_push_ends_ten_centimetres_away_as_the_camera_sees_it() -> None:
    look = look_at([CUBE])
    for direction, expected in (
        (Direction.LEFT, (0.5, 0.2)),
        (Direction.RIGHT, (0.5, 0.0)),
        (Direction.FORWARD, (0.6, 0.1)),
        (Direction.BACK, (0.4, 0.1)),
    ):
        step = Step(Skill.PUSH, Target('cube', look.pixel_of(0)), direction=direction)
        assert math.dist(goal(ground(look, step), 0)[:2], expected) < 0.004
