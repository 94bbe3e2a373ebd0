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
"""Where PLACE and PUSH end."""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabletop_scenes import INTRINSICS, T_BASE_CAMERA

from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import from_look_at, inverse, project, transform_points
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.heightmap import HeightMap
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.placement import goal_in, goal_next_to, goal_on, goal_push
from vlm_robot.core.skills import PUSH_DISTANCE_M, Direction
from vlm_robot.core.table import Table
from vlm_robot.core.values import Grounding

SETTINGS = GroundingSettings()
TABLE = Table(0.0, 0.0, 0.0)
BOWL = Grounding('base', (0.5, 0.0, 0.0275), 0.0, (0.16, 0.16, 0.055))
CUBE = Grounding('base', (0.5, 0.0, 0.02), 0.3, (0.04, 0.04, 0.04))
HELD_M = 0.028


def table_with(*discs: tuple[float, float, float, float]) -> HeightMap:
    x, y = np.arange(0.18, 0.82, 0.005), np.arange(-0.42, 0.42, 0.005)
    heights = HeightMap(x, y, np.zeros((len(x), len(y)), dtype=np.float32))
    for disc in discs:
        heights = heights.with_disc(*disc[:3], height_m=disc[3])
    return heights


def next_to(target: Grounding, heights: HeightMap) -> tuple[float, float, float]:
    return goal_next_to(target, HELD_M, heights, table=TABLE, settings=SETTINGS)


def test_the_goal_in_a_bowl_is_its_floor_not_its_rim() -> None:
    heights = table_with((0.5, 0, 0.08, 0.055), (0.5, 0, 0.06, 0.005))
    assert goal_in(BOWL, HELD_M, heights, table=TABLE) == pytest.approx((0.5, 0, 0.005))


def test_the_goal_in_a_bowl_is_on_top_of_what_lies_there() -> None:
    heights = table_with((0.5, 0, 0.08, 0.055), (0.5, 0, 0.06, 0.005), (0.5, 0, 0.025, 0.04))
    assert goal_in(BOWL, HELD_M, heights, table=TABLE)[2] == pytest.approx(0.04)


def test_a_floor_that_is_not_seen_is_taken_for_the_bottom() -> None:
    heights = table_with((0.5, 0, 0.08, math.nan))
    assert goal_in(BOWL, HELD_M, heights, table=TABLE) == (0.5, 0.0, BOWL.bottom)


def test_the_goal_on_a_cube_is_its_top() -> None:
    heights = table_with((0.5, 0, 0.02, 0.04))
    assert goal_on(CUBE, HELD_M, heights, table=TABLE) == pytest.approx((0.5, 0, 0.04))


def test_the_goal_on_a_plate_is_lower_than_its_rim() -> None:
    plate = Grounding('base', (0.5, 0.0, 0.006), 0.0, (0.18, 0.18, 0.012))
    heights = table_with((0.5, 0, 0.09, 0.012), (0.5, 0, 0.065, 0.005))
    assert goal_on(plate, HELD_M, heights, table=TABLE)[2] == pytest.approx(0.005)


def test_a_free_spot_is_a_gap_away_from_the_target_and_on_the_table() -> None:
    heights = table_with((0.5, 0, 0.028, 0.04))
    x, y, z = next_to(CUBE, heights)
    edge = math.dist((x, y), (0.5, 0.0)) - HELD_M
    assert 0.02 + SETTINGS.gap_m - 0.002 < edge < 0.029 + SETTINGS.gap_m + 0.002
    assert z == 0.0


@given(
    st.lists(
        st.tuples(st.floats(0.3, 0.7), st.floats(-0.3, 0.3), st.floats(0.01, 0.06), st.just(0.05)),
        max_size=6,
    )
)
def test_a_free_spot_is_free_and_in_the_workspace(
    discs: list[tuple[float, float, float, float]],
) -> None:
    heights = table_with((0.5, 0, 0.028, 0.04), *discs)
    with suppress(Refusal):
        x, y, _ = next_to(CUBE, heights)
        assert SETTINGS.workspace.contains((x, y, 0.0))
        assert heights.within(x, y, HELD_M - 0.004).max() == 0.0


def test_where_everything_is_full_there_is_no_free_spot() -> None:
    with pytest.raises(Refusal, match=r'no free spot of 0\.056 m') as refused:
        next_to(CUBE, table_with((0.5, 0, 0.3, 0.05)))
    assert refused.value.outcome is Outcome.UNREACHABLE


def test_table_that_was_not_seen_is_not_free() -> None:
    left = np.meshgrid(np.arange(0.18, 0.82, 0.005), np.arange(-0.42, 0.42, 0.005), indexing='ij')
    heights = table_with((0.5, 0, 0.028, 0.04))
    heights.heights[left[1] > 0.03] = math.nan
    assert next_to(CUBE, heights)[1] < 0.0


def test_a_target_at_the_border_has_its_free_spot_inside() -> None:
    corner = Grounding('base', (0.68, 0.28, 0.02), 0.0, (0.04, 0.04, 0.04))
    x, y, _ = next_to(corner, table_with((0.68, 0.28, 0.028, 0.04)))
    assert x < 0.68 or y < 0.28
    assert SETTINGS.workspace.contains((x, y, 0.0))


POSES = [T_BASE_CAMERA, from_look_at((0.5, 0.9, 0.6), (0.5, 0, 0)), np.diag([1.0, -1, -1, 1])]
POSES[2][:3, 3] = (0.5, 0.0, 1.0)  # straight down, image up = +y


@pytest.mark.parametrize('T_base_camera', POSES, ids=['behind', 'beside', 'above'])
@pytest.mark.parametrize(
    ('direction', 'axis', 'sign'),
    [
        (Direction.LEFT, 0, -1),
        (Direction.RIGHT, 0, 1),
        (Direction.FORWARD, 1, -1),
        (Direction.BACK, 1, 1),
    ],
)
def test_a_push_moves_along_the_image_axis_that_it_names(
    direction: Direction, axis: int, sign: int, T_base_camera: np.ndarray
) -> None:
    goal = goal_push(CUBE, direction, T_base_camera)
    assert math.dist(goal, CUBE.position) == pytest.approx(PUSH_DISTANCE_M)
    assert goal[2] == CUBE.position[2]
    start, end = project(
        transform_points(inverse(T_base_camera), [CUBE.position, goal]), INTRINSICS
    )
    moved = end - start
    assert sign * moved[axis] > 20
    assert abs(moved[1 - axis]) < 0.1 * abs(moved[axis])
