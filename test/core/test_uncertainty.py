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


"""What several depth images of one moment tell about a measurement."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from grounding_plans import CUBE, ground, measured, off, pick
from hypothesis import given
from hypothesis import strategies as st
from tabletop_scenes import Look, Thing, look_at

from vlm_robot.core.uncertainty import deviation
from vlm_robot.core.values import Grounding

POINTS = st.tuples(*[st.floats(-1, 1)] * 3)


def depth_of(things: list[Thing], seed: int) -> np.ndarray:
    return np.asarray(look_at(things, sigma_m=0.003, seed=seed).frame.depth_m)


def found_in(look: Look, *earlier: np.ndarray) -> Grounding:
    frame = replace(look.frame, earlier_depth_m=earlier)
    return measured(ground(replace(look, frame=frame), pick(look.pixel_of(0))))


@given(st.lists(POINTS, min_size=2, max_size=6), POINTS)
def test_a_deviation_is_the_same_wherever_the_thing_is(
    centres: list[tuple[float, float, float]], shift: tuple[float, float, float]
) -> None:
    moved = [tuple(np.add(centre, shift)) for centre in centres]
    assert deviation(moved) == pytest.approx(deviation(centres), abs=1e-9)
    squares = sum(np.var([c[axis] for c in centres], ddof=1) for axis in range(3))
    assert deviation(centres) == pytest.approx(math.sqrt(squares), abs=1e-9)


def test_one_depth_image_tells_no_deviation() -> None:
    found = found_in(look_at([CUBE]))
    assert found.depth_images == 1
    assert math.isnan(found.deviation_m)


def test_several_depth_images_agree_to_what_their_noise_makes() -> None:
    look = look_at([CUBE], sigma_m=0.003)
    found = found_in(look, *(depth_of([CUBE], seed) for seed in (1, 2, 3)))
    assert found.depth_images == 4
    assert 0 < found.deviation_m < 0.003
    assert off(found, CUBE) < 0.002
    assert found.spread_m <= found_in(look).spread_m


def test_images_from_before_a_thing_was_put_there_do_not_count() -> None:
    look = look_at([CUBE], sigma_m=0.003)
    found = found_in(look, depth_of([], 1), depth_of([], 2))
    assert found.depth_images == 1
    assert math.isnan(found.deviation_m)
    assert off(found, CUBE) < 0.003


def test_a_thing_that_moves_deviates_more_than_one_that_stands() -> None:
    look = look_at([CUBE], sigma_m=0.0015)
    moving = [depth_of([replace(CUBE, y=CUBE.y + shift)], 1) for shift in (0.012, 0.024)]
    standing = [depth_of([CUBE], seed) for seed in (1, 2)]
    assert found_in(look, *moving).deviation_m > 2 * found_in(look, *standing).deviation_m


def test_holes_that_only_the_newest_image_has_are_filled_from_the_others() -> None:
    look = look_at([CUBE], sigma_m=0.0015, holes=0.3)
    full = depth_of([CUBE], 1)
    alone, together = found_in(look), found_in(look, full)
    assert alone.valid_share < 0.8
    assert together.valid_share > 0.95
