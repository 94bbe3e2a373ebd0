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
"""Frames that can and cannot be grounded in."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tabletop_scenes import INTRINSICS, T_BASE_CAMERA, look_at

from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import back_project, transform_points
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame
from vlm_robot.core.view import view_of

FRAME = look_at([]).frame
DEPTH = np.asarray(FRAME.depth_m)


@pytest.mark.parametrize(
    ('frame', 'outcome', 'message'),
    [
        (replace(FRAME, depth_m=None), Outcome.NO_DEPTH, 'has no depth image'),
        (replace(FRAME, intrinsics=None), Outcome.NO_CAMERA_INFO, 'no camera_info'),
        (
            replace(FRAME, rays=np.zeros((2, 480, 320), dtype=np.float32)),
            Outcome.BAD_FRAME,
            r'rays \(2, 480, 320\)',
        ),
        (
            replace(FRAME, earlier_depth_m=(DEPTH, DEPTH[::2])),
            Outcome.BAD_FRAME,
            r'an earlier depth image has the size \(240, 640\)',
        ),
        (replace(FRAME, depth_m=DEPTH[::2]), Outcome.BAD_FRAME, r'depth \(240, 640\)'),
        (replace(FRAME, rgb=FRAME.rgb[:, ::2]), Outcome.BAD_FRAME, r'colour \(480, 320, 3\)'),
        (replace(FRAME, rgb=FRAME.rgb[..., 0]), Outcome.BAD_FRAME, r'colour \(480, 640\)'),
        (
            replace(FRAME, depth_m=np.full_like(DEPTH, np.nan)),
            Outcome.NO_DEPTH,
            'no pixel has a depth',
        ),
        (replace(FRAME, depth_m=DEPTH * 0), Outcome.NO_DEPTH, 'no pixel has a depth'),
        (replace(FRAME, depth_m=-DEPTH), Outcome.NO_DEPTH, 'no pixel has a depth'),
        (replace(FRAME, depth_m=DEPTH + np.float32(np.inf)), Outcome.NO_DEPTH, 'no pixel has'),
        (
            replace(FRAME, intrinsics=replace(INTRINSICS, fx=0.0)),
            Outcome.NO_CAMERA_INFO,
            r'\(0\.0, 575\.0\) are not positive',
        ),
        (
            replace(FRAME, intrinsics=replace(INTRINSICS, cy=math.nan)),
            Outcome.NO_CAMERA_INFO,
            'not finite',
        ),
    ],
)
def test_a_frame_without_what_it_takes_is_refused(
    frame: Frame, outcome: Outcome, message: str
) -> None:
    with pytest.raises(Refusal, match=message) as refused:
        view_of(frame, T_BASE_CAMERA, max_range_m=3.0)
    assert refused.value.outcome is outcome


@pytest.mark.parametrize(
    ('pose', 'message'),
    [
        (None, 'is not known'),
        (np.full((4, 4), np.nan), 'is no rigid transform'),
        (2 * np.eye(4), 'is no rigid transform'),
        (np.eye(3), 'is no rigid transform'),
    ],
)
def test_a_camera_without_a_pose_is_refused(pose: np.ndarray | None, message: str) -> None:
    with pytest.raises(Refusal, match=message) as refused:
        view_of(FRAME, pose, max_range_m=3.0)
    assert refused.value.outcome is Outcome.NO_TRANSFORM


def test_the_points_of_a_window_are_its_back_projected_pixels() -> None:
    view = view_of(FRAME, T_BASE_CAMERA, max_range_m=3.0)
    window = (slice(100, 110), slice(600, 640, 3))
    v, u = np.mgrid[window]
    optical = back_project(np.stack([u, v], axis=-1), DEPTH[window], INTRINSICS)
    expected = transform_points(T_BASE_CAMERA, optical)
    np.testing.assert_allclose(view.points(window), np.moveaxis(expected, -1, 0), atol=1e-5)


def test_the_half_view_shows_the_same_points() -> None:
    view = view_of(FRAME, T_BASE_CAMERA, max_range_m=3.0)
    every, second = slice(None), slice(None, None, 2)
    np.testing.assert_allclose(
        view.half().points((every, every)), view.points((second, second)), atol=1e-5
    )


def test_depth_out_of_range_is_unknown() -> None:
    view = view_of(FRAME, T_BASE_CAMERA, max_range_m=1.0)
    assert np.isnan(view.depth_m[DEPTH > 1.0]).all()
    assert np.nanmax(view.depth_m) <= 1.0


def pinhole_rays() -> np.ndarray:
    v, u = np.mgrid[:480, :640]
    k = INTRINSICS
    return np.stack([(u - k.cx) / k.fx, (v - k.cy) / k.fy]).astype(np.float32)


def test_the_rays_of_a_pinhole_give_the_points_of_a_pinhole() -> None:
    given = view_of(replace(FRAME, rays=pinhole_rays()), T_BASE_CAMERA, max_range_m=3.0)
    view = view_of(FRAME, T_BASE_CAMERA, max_range_m=3.0)
    for window in ((slice(100, 110), slice(600, 640, 3)), (slice(None, None, 7), slice(None))):
        np.testing.assert_allclose(given.points(window), view.points(window), atol=1e-5)
    second = (slice(None, None, 3), slice(None, None, 3))
    np.testing.assert_allclose(given.half().points(second), view.half().points(second), atol=1e-5)
    for pixel in ((0, 0), (320, 240), (639, 479)):
        assert given.focal_at(*pixel) == pytest.approx(view.focal_at(*pixel), rel=1e-3)


def test_a_pixel_without_a_line_of_sight_has_no_depth() -> None:
    rays = pinhole_rays()
    rays[:, :20] = np.nan
    view = view_of(replace(FRAME, rays=rays), T_BASE_CAMERA, max_range_m=3.0)
    assert np.isnan(view.depth_m[:20]).all()
    assert np.isfinite(view.depth_m[20:]).any()


def test_earlier_depth_is_averaged_and_kept_image_by_image() -> None:
    frame = replace(FRAME, depth_m=DEPTH + 0.002, earlier_depth_m=(DEPTH, DEPTH - 0.002))
    view = view_of(frame, T_BASE_CAMERA, max_range_m=3.0)
    known = np.isfinite(view.depth_m) & np.isfinite(DEPTH)
    np.testing.assert_allclose(view.depth_m[known], DEPTH[known], atol=1e-5)
    assert len(view.images) == len(view.half().images) == 3
