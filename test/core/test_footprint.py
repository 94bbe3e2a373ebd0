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
"""Fits of circles, rectangles and spheres."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vlm_robot.core.footprint import fit_circle, fit_footprint, fit_sphere, wrap_half_turn

places = st.floats(-0.5, 0.5)
yaws = st.floats(-math.pi, math.pi)


def rectangle(x: float, y: float, yaw: float, length: float, width: float) -> NDArray[np.float64]:
    t = np.linspace(-0.5, 0.5, 60)
    half = np.full(60, 0.5)
    local = np.concatenate(
        [np.column_stack(pair) for pair in ((t, half), (t, -half), (half, t), (-half, t))]
    ) * (length, width)
    cos, sin = math.cos(yaw), math.sin(yaw)
    turned: NDArray[np.float64] = local @ np.array([[cos, sin], [-sin, cos]]) + (x, y)
    return turned


def arc(x: float, y: float, radius: float, *, missing: float = 0.0) -> NDArray[np.float64]:
    angles = np.linspace(0, 2 * math.pi - missing, 200)
    return np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])


@given(places, places, yaws, st.floats(0.02, 0.2), st.floats(0.4, 1.0))
def test_a_rectangle_is_found_from_its_outline(
    x: float, y: float, yaw: float, length: float, ratio: float
) -> None:
    found = fit_footprint(rectangle(x, y, yaw, length, ratio * length))
    assert not found.is_round
    assert math.dist((found.x, found.y), (x, y)) < 0.002 + 0.01 * length
    assert found.length == pytest.approx(length, abs=0.002 + 0.05 * length)
    assert found.width == pytest.approx(ratio * length, abs=0.002 + 0.05 * length)


@given(yaws)
def test_the_yaw_of_a_rectangle_is_that_of_its_length(yaw: float) -> None:
    found = fit_footprint(rectangle(0.4, 0.1, yaw, 0.08, 0.04))
    assert abs(math.remainder(found.yaw - yaw, math.pi)) < math.radians(1.5)


@given(places, places, st.floats(0.015, 0.1), st.floats(0.0, 1.6))
def test_a_circle_is_found_although_a_part_is_hidden(
    x: float, y: float, radius: float, missing: float
) -> None:
    found = fit_footprint(arc(x, y, radius, missing=missing))
    assert found.is_round
    assert math.dist((found.x, found.y), (x, y)) < 0.03 * radius + 0.0015
    assert found.width == pytest.approx(2 * radius, rel=0.06)


@given(places, places, st.floats(0.015, 0.08), yaws)
def test_a_circle_is_completed_from_the_side_that_faces_the_camera(
    x: float, y: float, radius: float, start: float
) -> None:
    angles = np.linspace(start, start + 2.0, 80)
    side = np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])
    found = fit_circle(side)
    assert math.dist((found.x, found.y), (x, y)) < 1e-4
    assert found.radius == pytest.approx(radius, rel=1e-3)
    assert found.arc == pytest.approx(2.0, abs=0.4)
    assert found.rms_m < 1e-5


def test_a_sphere_is_completed_from_a_noisy_cap() -> None:
    rng = np.random.default_rng(1)
    normals = rng.normal(size=(600, 3))
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    cap = normals[normals @ np.array([-0.6, 0.0, 0.8]) > 0.1]
    cap = (0.5, 0.1, 0.03) + 0.03 * cap * rng.normal(1, 0.03, (len(cap), 1))
    found = fit_sphere(cap)
    assert math.dist(found.centre, (0.5, 0.1, 0.03)) < 0.001
    assert found.radius == pytest.approx(0.03, abs=0.001)
    assert found.rms_m == pytest.approx(0.0009, rel=0.3)


def test_one_point_is_a_footprint_without_extent() -> None:
    found = fit_footprint(np.array([[0.4, 0.2]]))
    assert (found.x, found.y) == pytest.approx((0.4, 0.2))
    assert found.area < 1e-4


@given(st.floats(-20, 20))
def test_wrapping_keeps_the_axis(yaw: float) -> None:
    wrapped = wrap_half_turn(yaw)
    assert -math.pi / 2 < wrapped <= math.pi / 2
    assert abs(math.remainder(wrapped - yaw, math.pi)) < 1e-9
