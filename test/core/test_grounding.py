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
from grounding_plans import CUBE, SETTINGS, ground, measured, off, pick, place, refused
from tabletop_scenes import T_BASE_CAMERA, Thing, look_at, scatter

from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Relation


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


def test_what_is_picked_has_grasps_and_what_is_placed_upon_none() -> None:
    things = [CUBE, Thing('ball', 'yellow', 0.4, -0.2, large=True)]
    look = look_at(things)
    plan = ground(look, pick(look.pixel_of(1)), place(look.pixel_of(0), Relation.ON))
    ball, cube = measured(plan), measured(plan, 1)
    assert cube.grasps == ()
    best = ball.grasps[0]
    assert best.yaw == ball.yaw
    assert best.width_m == ball.size[1]
    assert math.dist(best.position, things[1].centre) < 0.006
    assert best.clearance_m > 0.05


def test_a_neighbour_takes_room_from_a_grasp() -> None:
    things = [CUBE, replace(CUBE, colour='blue', y=CUBE.y + 0.085)]
    look = look_at(things)
    beside = measured(ground(look, pick(look.pixel_of(0)))).grasps
    alone = measured(ground(look_at([CUBE]), pick(look.pixel_of(0)))).grasps
    assert beside[0].clearance_m < 0.06 < 0.09 < alone[0].clearance_m
    assert beside[-1].clearance_m < beside[0].clearance_m
