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
"""The table's plane."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tabletop_scenes import T_BASE_CAMERA, Look, look_at, scatter

from vlm_robot.core.box import WORKSPACE
from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import from_quaternion, quat_xyzw_from_yaw
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.table import Table, find_table
from vlm_robot.core.view import view_of

LOOK = look_at(scatter(5, count=6))


def table_of(
    look: Look, *, T_base_camera: np.ndarray = T_BASE_CAMERA, height_m: float | None = 0.0
) -> Table:
    view = view_of(look.frame, T_base_camera, max_range_m=3.0)
    return find_table(view, WORKSPACE, height_m=height_m, tolerance_m=0.02)


@pytest.mark.parametrize('height_m', [0.0, None])
def test_the_table_is_found_under_the_things_on_it(height_m: float | None) -> None:
    table = table_of(LOOK, height_m=height_m)
    for x in (0.3, 0.7):
        for y in (-0.3, 0.3):
            assert abs(table.height_at(x, y)) < 0.001
    assert table.noise_m == pytest.approx(0.0015 * math.sin(math.radians(50)), rel=0.25)


def test_a_camera_pose_that_is_a_degree_off_tilts_the_table_with_it() -> None:
    half = math.radians(1) / 2
    tilt = from_quaternion((0, 0, 0.004), (math.sin(half), 0, 0, math.cos(half)))
    table = table_of(LOOK, T_base_camera=tilt @ T_BASE_CAMERA)
    assert table.slope_y == pytest.approx(math.tan(math.radians(1)), abs=0.003)
    assert table.height_at(0.5, 0.0) == pytest.approx(0.004, abs=0.001)


def test_a_table_that_is_not_where_it_should_be_means_wrong_extrinsics() -> None:
    lifted = from_quaternion((0, 0, 0.05), quat_xyzw_from_yaw(0.0)) @ T_BASE_CAMERA
    with pytest.raises(Refusal, match=r'seen at 0\.050 m instead of 0\.000 m') as refused:
        table_of(LOOK, T_base_camera=lifted)
    assert refused.value.outcome is Outcome.NO_TRANSFORM
    assert table_of(LOOK, T_base_camera=lifted, height_m=None).offset == pytest.approx(
        0.05, abs=0.002
    )


def test_a_table_that_is_not_seen_is_where_it_should_be_or_nowhere() -> None:
    away = from_quaternion((3, 0, 0), quat_xyzw_from_yaw(0.0)) @ T_BASE_CAMERA
    assert table_of(LOOK, T_base_camera=away, height_m=0.01) == Table(0.0, 0.0, 0.01)
    with pytest.raises(Refusal, match='no table plane') as refused:
        table_of(LOOK, T_base_camera=away, height_m=None)
    assert refused.value.outcome is Outcome.NO_DEPTH


def test_a_wall_is_no_table() -> None:
    depth_m = np.full((480, 640), 0.7, dtype=np.float32)
    level = from_quaternion((0, 0, 0.2), (-0.5, 0.5, -0.5, 0.5))  # looks along x
    view = view_of(replace(LOOK.frame, depth_m=depth_m), level, max_range_m=3.0)
    with pytest.raises(Refusal, match='no table plane'):
        find_table(view, WORKSPACE, height_m=None, tolerance_m=0.02)
