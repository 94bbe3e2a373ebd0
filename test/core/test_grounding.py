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
"""From pixels to places, on ray-cast tabletops with noise, holes and mixed pixels."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tabletop_scenes import T_BASE_CAMERA, Look, Thing, look_at, scatter, upon

from vlm_robot.core.box import Box
from vlm_robot.core.grounding import GroundingSettings, ground_plan
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import Direction, Relation, Skill
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


def test_centres_heights_and_sizes_are_exact_to_millimetres_where_pixels_are_off() -> None:
    rng = np.random.default_rng(7)
    centre_m, top_m, width_m = [], [], []
    for seed in range(6):
        things = scatter(seed, count=6)
        look = look_at(things, sigma_m=0.002, seed=seed)
        for index, thing in enumerate(things):
            v, u = np.nonzero(look.index == index)
            chosen = rng.integers(len(u))
            shift = rng.normal(0, 2.5, 2)
            found = measured(ground(look, pick((u[chosen] + shift[0], v[chosen] + shift[1]))))
            centre_m.append(off(found, thing))
            top_m.append(abs(found.top - thing.top))
            width_m.append(abs(min(found.size[:2]) - min(thing.size[:2])))
    assert len(centre_m) > 30
    assert np.median(centre_m) < 0.002
    assert np.percentile(centre_m, 95) < 0.005
    assert np.percentile(top_m, 95) < 0.004
    assert np.percentile(width_m, 95) < 0.008


@pytest.mark.parametrize('yaw', [-1.2, -0.4, 0.0, 0.3, 0.7])
def test_the_yaw_is_that_of_a_cube_and_along_a_tray(yaw: float) -> None:
    things = [
        Thing('cube', 'red', 0.4, 0.15, yaw, large=True),
        Thing('tray', 'blue', 0.5, -0.1, yaw),
    ]
    look = look_at(things)
    cube = measured(ground(look, pick(look.pixel_of(0))))
    tray = measured(ground(look, place(look.pixel_of(1), Relation.IN)))
    assert abs(math.remainder(cube.yaw - yaw, math.pi / 2)) < math.radians(5)
    assert abs(math.remainder(tray.yaw - yaw, math.pi / 2)) < math.radians(2)
    assert max(tray.size[:2]) == pytest.approx(0.18, abs=0.006)


CONTENT = Thing('cube', 'red', 0.5, 0.05, 0.4)
BASES = [
    Thing('bowl', 'green', 0.5, 0.05, large=True),
    Thing('plate', 'white', 0.5, 0.05),
    Thing('tray', 'blue', 0.5, 0.05, 0.2),
]


@pytest.mark.parametrize('base', BASES, ids=lambda base: str(base.kind))
def test_a_cube_is_separated_from_what_it_stands_in(base: Thing) -> None:
    cube = upon(CONTENT, base, on_floor=True)
    look = look_at([cube, base])
    found = measured(ground(look, pick(look.pixel_of(0))))
    assert off(found, cube) < 0.004
    assert found.top == pytest.approx(cube.top, abs=0.003)
    assert found.bottom == pytest.approx(cube.bottom, abs=0.006)
    around = measured(ground(look, place(look.pixel_of(1), Relation.IN)))
    assert off(around, base) < 0.004
    assert around.size[0] == pytest.approx(base.size[0], abs=0.008)
    assert around.top == pytest.approx(base.top, abs=0.003)


@pytest.mark.parametrize('base', [BASES[0], BASES[2]], ids=lambda base: str(base.kind))
def test_a_cube_to_pick_is_told_from_a_container_of_its_colour(base: Thing) -> None:
    cube = upon(CONTENT, base, on_floor=True)
    look = look_at([cube, replace(base, colour=cube.colour)])
    v, u = np.nonzero(look.index == 0)
    top = (float(np.median(u)), float(np.percentile(v, 20)))
    found = measured(ground(look, pick(top)))
    assert off(found, cube) < 0.006
    assert max(found.size[:2]) < 0.055


def test_stacked_cubes_are_two() -> None:
    low = Thing('cube', 'blue', 0.45, -0.1, 0.5, large=True)
    high = upon(Thing('cube', 'red', 0, 0, 0.5), low)
    look = look_at([low, high])
    above = measured(ground(look, pick(look.pixel_of(1))))
    below = measured(ground(look, pick(look.pixel_of(0))))
    assert off(above, high) < 0.003
    assert above.bottom == pytest.approx(high.bottom, abs=0.005)
    assert below.top == pytest.approx(low.top, abs=0.004)


def test_a_cylinder_under_another_thing_is_completed_from_its_side() -> None:
    low = Thing('cylinder', 'green', 0.5, 0.1, large=True)
    high = upon(Thing('cube', 'red', 0, 0, 0.2, large=True), low)
    look = look_at([low, high])
    found = measured(ground(look, pick(look.pixel_of(0))))
    assert off(found, low) < 0.005
    assert found.size[0] == pytest.approx(0.055, abs=0.006)


def test_touching_cubes_of_two_colours_are_two() -> None:
    things = [Thing('cube', 'red', 0.5, 0.02), Thing('cube', 'yellow', 0.5, -0.02)]
    look = look_at(things)
    for index, thing in enumerate(things):
        assert off(measured(ground(look, pick(look.pixel_of(index)))), thing) < 0.004


def test_a_thing_behind_another_of_its_colour_is_another() -> None:
    things = [Thing('cube', 'red', 0.45, 0.0, large=True), Thing('cube', 'red', 0.54, 0.0)]
    look = look_at(things)
    for index, thing in enumerate(things):
        assert off(measured(ground(look, pick(look.pixel_of(index)))), thing) < 0.008


def test_the_fingers_keep_off_the_handle_of_a_mug() -> None:
    for yaw in (0.0, 0.8, 2.4):
        mug = Thing('mug', 'white', 0.45, 0.05, yaw)
        look = look_at([mug])
        found = measured(ground(look, pick(look.pixel_of(0))))
        assert off(found, mug) < 0.004
        closing = found.yaw + math.pi / 2
        assert abs(math.remainder(closing - yaw, math.pi)) > math.radians(25)


CUBE = Thing('cube', 'red', 0.5, 0.1, 0.3, large=True)


def test_a_pixel_beside_a_thing_finds_it_and_one_on_the_bare_table_nothing() -> None:
    look = look_at([CUBE])
    v, u = np.nonzero(look.index == 0)
    row = int(np.median(v))
    left = float(u[v == row].min())
    assert off(measured(ground(look, pick((left - 5, row)))), CUBE) < 0.003
    verdict = refused(ground(look, pick((left - 40, row))))
    assert verdict.outcome is Outcome.NO_DEPTH
    assert "'thing'" in verdict.message


def test_a_hole_in_depth_under_the_pixel_does_not_matter_if_there_is_depth_around_it() -> None:
    look = look_at([CUBE])
    u, v = look.pixel_of(0)
    depth_m = np.array(look.frame.depth_m)
    depth_m[int(v) - 5 : int(v) + 6, int(u) - 5 : int(u) + 6] = np.nan
    holed = replace(look, frame=replace(look.frame, depth_m=depth_m))
    found = measured(ground(holed, pick((u, v))))
    assert off(found, CUBE) < 0.004
    whole = measured(ground(look, pick((u, v))))
    assert found.valid_share < whole.valid_share - 0.02
    depth_m[look.index == 0] = np.nan
    assert refused(ground(holed, pick((u, v)))).outcome is Outcome.NO_DEPTH


def test_a_thing_without_depth_is_not_taken_for_its_neighbour() -> None:
    things = [Thing('cube', 'red', 0.5, 0.02), Thing('cube', 'yellow', 0.5, -0.022)]
    look = look_at(things)
    v, u = np.nonzero(look.index == 0)
    row = int(np.median(v))
    beside = (float(u[v == row].max()) - 2, float(row))
    assert off(measured(ground(look, pick(beside))), things[0]) < 0.004
    depth_m = np.array(look.frame.depth_m)
    depth_m[look.index == 0] = np.nan
    holed = replace(look, frame=replace(look.frame, depth_m=depth_m))
    assert refused(ground(holed, pick(beside))).outcome is Outcome.NO_DEPTH


@pytest.mark.parametrize('pixel', [None, (math.nan, 3.0), (640.0, 3.0), (10.0, -7.0)])
def test_a_point_that_is_not_on_the_image_is_an_invalid_answer(pixel: Pixel | None) -> None:
    verdict = refused(ground(look_at([CUBE]), pick(pixel)))
    assert verdict.outcome is Outcome.INVALID_ANSWER
    assert repr(pixel) in verdict.message


def test_the_image_corners_are_no_error_but_no_thing_either() -> None:
    look = look_at([CUBE])
    for pixel in ((-0.5, -0.5), (639.4, 479.4), (639.4, 0.0), (0.0, 479.4)):
        assert refused(ground(look, pick(pixel))).outcome is Outcome.NO_DEPTH


def test_without_a_pose_the_plan_is_refused_with_its_id() -> None:
    look = look_at([CUBE])
    plan = Plan('do it', steps=(pick(look.pixel_of(0)),), plan_id='7')
    grounded = ground_plan(plan, look.frame, None, base_frame='base', settings=SETTINGS)
    assert refused(grounded).outcome is Outcome.NO_TRANSFORM
    assert grounded.plan_id == '7'


def test_a_plan_that_was_refused_before_comes_back_as_it_is() -> None:
    plan = Plan('fly', verdict=Verdict(Outcome.UNSUPPORTED, 'no wings'))
    look = look_at([CUBE])
    assert ground_plan(plan, look.frame, None, base_frame='base', settings=SETTINGS) == plan


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


def test_a_tray_s_floor_that_is_pointed_at_is_the_tray() -> None:
    tray = Thing('tray', 'purple', 0.5, 0.0, 0.5, large=True)
    look = look_at([tray], sigma_m=0.002)
    found = measured(ground(look, place(look.pixel_of(0), Relation.IN)))
    assert off(found, tray) < 0.004
    assert sorted(found.size[:2]) == pytest.approx([0.17, 0.22], abs=0.006)


def test_an_unknown_table_height_is_estimated() -> None:
    raised = np.array(T_BASE_CAMERA)
    raised[2, 3] += 0.12
    look = replace(look_at([CUBE]), T_base_camera=raised)
    free = SETTINGS.model_copy(update={'table_height_m': None})
    found = measured(ground(look, pick(look.pixel_of(0)), settings=free))
    assert found.bottom == pytest.approx(0.12, abs=0.002)
    assert refused(ground(look, pick(look.pixel_of(0)))).outcome is Outcome.NO_TRANSFORM


def test_random_depth_is_refused_or_grounded_but_never_an_error() -> None:
    rng = np.random.default_rng(3)
    look = look_at([CUBE])
    for _ in range(4):
        depth_m = rng.uniform(-1, 2.5, (480, 640)).astype(np.float32)
        depth_m[rng.uniform(size=depth_m.shape) < rng.uniform()] = np.nan
        noisy = replace(look, frame=replace(look.frame, depth_m=depth_m))
        plan = ground(noisy, pick((float(rng.uniform(0, 639)), float(rng.uniform(0, 479)))))
        assert plan.verdict.ok == bool(plan.steps)
        assert plan.verdict.ok or plan.verdict.message
