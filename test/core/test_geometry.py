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
"""Laws of projection, transforms and quaternions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.geometry import (
    back_project,
    from_look_at,
    from_quaternion,
    inverse,
    is_inside,
    is_rigid,
    least_squares,
    project,
    quat_wxyz_from_xyzw,
    quat_xyzw_from_wxyz,
    quat_xyzw_from_yaw,
    quat_xyzw_of,
    transform_points,
    yaw_from_quat_xyzw,
)
from vlm_robot.core.values import Intrinsics

K = Intrinsics(640, 480, 575.0, 560.0, 318.2, 241.7)

coordinates = st.floats(-2, 2)
points = st.tuples(coordinates, coordinates, coordinates)
depths = st.floats(0.1, 5)
quaternions = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: math.hypot(*q) > 0.1)


@given(st.floats(-0.5, 639.5), st.floats(-0.5, 479.5), depths)
def test_projecting_a_back_projected_pixel_gives_the_pixel(u: float, v: float, z: float) -> None:
    point = back_project((u, v), z, K)
    assert point[2] == z
    np.testing.assert_allclose(project(point, K), (u, v), atol=1e-9)


def test_the_optical_axis_meets_the_image_at_the_principal_point() -> None:
    np.testing.assert_allclose(project((0, 0, 1.7), K), (K.cx, K.cy))
    assert project((0.1, 0, 1), K)[0] > K.cx  # x right
    assert project((0, 0.1, 1), K)[1] > K.cy  # y down


def test_a_point_behind_the_camera_has_no_pixel() -> None:
    assert np.isnan(project([(0, 0, -1), (0, 0, 0)], K)).all()


def test_a_missing_depth_gives_a_missing_point() -> None:
    assert np.isnan(back_project((3, 4), math.nan, K)).all()


@given(points, quaternions, points)
def test_a_transform_and_its_inverse_cancel(
    position: tuple[float, ...], quat: tuple[float, ...], point: tuple[float, ...]
) -> None:
    T_a_b = from_quaternion(position, quat)
    assert is_rigid(T_a_b)
    there = transform_points(T_a_b, point)
    np.testing.assert_allclose(transform_points(inverse(T_a_b), there), point, atol=1e-9)


@given(quaternions)
def test_a_rotation_survives_its_quaternion(quat: tuple[float, ...]) -> None:
    T_a_b = from_quaternion((0, 0, 0), quat)
    quat_xyzw = quat_xyzw_of(T_a_b)
    assert math.hypot(*quat_xyzw) == pytest.approx(1)
    assert quat_xyzw[3] >= 0
    np.testing.assert_allclose(from_quaternion((0, 0, 0), quat_xyzw), T_a_b, atol=1e-9)


@given(quaternions)
def test_reordering_a_quaternion_twice_gives_it_back(quat: tuple[float, ...]) -> None:
    x, y, z, w = quat
    assert quat_wxyz_from_xyzw((x, y, z, w)) == (w, x, y, z)
    assert quat_xyzw_from_wxyz(quat_wxyz_from_xyzw((x, y, z, w))) == quat


@given(st.floats(-3.1, 3.1))
def test_a_yaw_survives_its_quaternion_and_turns_x_towards_y(yaw: float) -> None:
    quat_xyzw = quat_xyzw_from_yaw(yaw)
    assert yaw_from_quat_xyzw(quat_xyzw) == pytest.approx(yaw, abs=1e-9)
    turned = transform_points(from_quaternion((0, 0, 0), quat_xyzw), (1, 0, 0))
    np.testing.assert_allclose(turned, (math.cos(yaw), math.sin(yaw), 0), atol=1e-9)


@pytest.mark.parametrize('quat', [(0, 0, 0, 0), (math.nan, 0, 0, 1), (math.inf, 0, 0, 1)])
def test_a_quaternion_without_a_length_is_an_error(quat: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match='is not a rotation'):
        from_quaternion((0, 0, 0), quat)


@given(points, points)
def test_a_camera_sees_its_target_in_the_middle_and_up_as_up(
    eye: tuple[float, ...], target: tuple[float, ...]
) -> None:
    if math.dist(eye[:2], target[:2]) < 0.05:
        return
    T_base_camera = from_look_at(eye, target)
    assert is_rigid(T_base_camera)
    T_camera_base = inverse(T_base_camera)
    seen = project(transform_points(T_camera_base, target), K)
    np.testing.assert_allclose(seen, (K.cx, K.cy), atol=1e-6)
    above = transform_points(T_camera_base, np.add(target, (0, 0, 0.01)))
    assert project(above, K)[1] < K.cy


def test_a_camera_that_looks_along_up_is_an_error() -> None:
    with pytest.raises(ValueError, match='no upright view'):
        from_look_at((0, 0, 1), (0, 0, 0))


@pytest.mark.parametrize(
    'matrix',
    [np.eye(3), np.diag([1.0, 1, -1, 1]), np.diag([2.0, 1, 1, 1]), np.full((4, 4), np.nan)],
)
def test_what_is_no_rotation_is_not_rigid(matrix: np.ndarray) -> None:
    assert not is_rigid(matrix)


def test_pixels_reach_half_a_pixel_beyond_the_outer_centres() -> None:
    assert is_inside((-0.5, 479.4), K)
    assert not is_inside((639.5, 0.0), K)
    assert not is_inside((math.nan, 0.0), K)


def test_least_squares_finds_the_unknowns_of_exact_rows() -> None:
    design = np.column_stack([np.linspace(-1, 1, 9), np.ones(9)])
    np.testing.assert_allclose(least_squares(design, design @ [3.0, -2.0]), [3, -2])
