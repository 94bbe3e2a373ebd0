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


"""Things in, on, under and beside other things."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from grounding_plans import ground, measured, off, pick, place, refused
from tabletop_scenes import Thing, look_at, upon

from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Relation

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
