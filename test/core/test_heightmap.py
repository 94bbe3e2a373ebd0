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
"""The height map of the workspace."""

from __future__ import annotations

import numpy as np
import pytest
from tabletop_scenes import Thing, look_at

from vlm_robot.core.box import WORKSPACE
from vlm_robot.core.heightmap import HeightMap, height_map
from vlm_robot.core.table import Table
from vlm_robot.core.view import view_of

CUBE = Thing('cube', 'red', 0.45, 0.1, yaw=0.3, large=True)


@pytest.fixture(scope='module')
def heights() -> HeightMap:
    look = look_at([CUBE])
    view = view_of(look.frame, look.T_base_camera, max_range_m=3.0)
    return height_map(view, Table(0.0, 0.0, 0.0), WORKSPACE)


def test_a_cube_is_as_high_as_it_is_and_the_table_is_flat(heights: HeightMap) -> None:
    assert np.median(heights.within(0.45, 0.1, 0.015)) == pytest.approx(0.055, abs=0.004)
    assert abs(np.median(heights.within(0.45, -0.1, 0.03))) < 0.004


def test_what_is_occupied_is_the_cube(heights: HeightMap) -> None:
    occupied = heights.occupied(0.01)
    away = np.abs(occupied - (CUBE.x, CUBE.y)).max(axis=1)
    assert 80 < len(occupied) < 250  # 121 cells of 5 mm, and those it reaches into
    assert np.percentile(away, 95) < 0.045


def test_the_far_side_of_a_cube_is_not_seen(heights: HeightMap) -> None:
    unseen = heights.unseen()
    hidden = np.hypot(*(unseen - (CUBE.x + 0.05, CUBE.y)).T)
    assert hidden.min() < 0.01


def test_what_is_taken_away_leaves_free_table_and_the_old_map_as_it_was(
    heights: HeightMap,
) -> None:
    freed = heights.with_disc(CUBE.x, CUBE.y, 0.06, height_m=0.0)
    assert len(freed.occupied(0.01)) == 0
    assert len(heights.occupied(0.01)) > 0
