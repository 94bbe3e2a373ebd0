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


"""What cannot be grounded, and what can only just."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from grounding_plans import CUBE, SETTINGS, ground, measured, off, pick, refused
from tabletop_scenes import Thing, look_at

from vlm_robot.core.grounding import ground_plan
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.values import Pixel, Plan, Target


def test_a_pixel_beside_a_thing_finds_it_and_one_on_the_bare_table_nothing() -> None:
    look = look_at([CUBE])
    v, u = np.nonzero(look.index == 0)
    row = int(np.median(v))
    left = float(u[v == row].min())
    assert off(measured(ground(look, pick((left - 5, row)))), CUBE) < 0.003
    verdict = refused(ground(look, pick((left - 40, row))))
    assert verdict.outcome is Outcome.NO_DEPTH
    assert "'thing'" in verdict.message
    assert ' mm above the table' in verdict.message


def test_depth_that_is_there_but_too_far_is_said_to_be() -> None:
    look = look_at([CUBE])
    u, v = (round(c) for c in look.pixel_of(0))
    far = np.array(look.frame.depth_m)
    far[v - 40 : v + 41, u - 40 : u + 41] *= 10
    beyond = refused(ground(replace(look, frame=replace(look.frame, depth_m=far)), pick((u, v))))
    assert beyond.outcome is Outcome.NO_DEPTH
    assert 'at most 3 m counts (max_range_m)' in beyond.message
    far[v - 40 : v + 41, u - 40 : u + 41] = np.nan
    none = refused(ground(replace(look, frame=replace(look.frame, depth_m=far)), pick((u, v))))
    assert 'no pixel there has depth' in none.message
    ten_times = replace(look.frame, depth_m=np.array(look.frame.depth_m) * 10)
    everywhere = refused(ground(replace(look, frame=ten_times), pick((u, v))))
    assert re.search(
        r'no pixel has a depth of 0.05 to 3.0 m: the median is \d', everywhere.message
    )


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


def test_the_candidates_of_an_ambiguous_plan_are_measured_where_they_can_be() -> None:
    look = look_at([CUBE, Thing('ball', 'blue', 0.4, -0.1)])
    candidates = (
        Target('red cube', look.pixel_of(0)),
        Target('nothing', (3.0, 3.0)),
        Target('ball', look.pixel_of(1)),
    )
    verdict = Verdict(Outcome.AMBIGUOUS, 'which one?')
    plan = Plan('it', verdict=verdict, question='which one?', candidates=candidates)
    found = ground_plan(plan, look.frame, look.T_base_camera, base_frame='base', settings=SETTINGS)
    assert found.verdict == verdict
    cube, nothing, ball = found.candidates
    assert cube.grounding is not None
    assert ball.grounding is not None
    assert off(cube.grounding, CUBE) < 0.004
    assert nothing == candidates[1]
    without_pose = ground_plan(plan, look.frame, None, base_frame='base', settings=SETTINGS)
    assert without_pose == plan
