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
"""A frame together with the camera's pose: colour and points of any part of the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.depth import fused, without_flying_pixels
from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import is_rigid
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame, Intrinsics

Window = tuple[slice, slice]
"""Rows and columns of an image."""

_MIN_RANGE_M = 0.05
_FOCAL_PX = 8
_SAME_M = 0.012  # images whose depth differs by less show the same


@dataclass(frozen=True)
class View:
    """A checked frame. `T_base_camera` is the pose of the optical frame in the base frame."""

    rgb: NDArray[np.uint8]  # (h, w, 3)
    depth_m: NDArray[np.float32]  # (h, w), NaN where invalid or out of range
    intrinsics: Intrinsics
    T_base_camera: NDArray[np.float64]  # (4, 4)
    rays: NDArray[np.float32] | None = None  # (2, h, w) x / z and y / z, None for a pinhole
    images: tuple[NDArray[np.float32], ...] = ()  # that depth was fused from, newest first
    raw_m: NDArray[np.float32] | None = None  # (h, w) depth as it came, out of range or not

    def points(
        self, window: Window, depth_m: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """
        Back-project a window into the base frame.

        :param depth_m: of the window's pixels; that of the view by default.
        :return: x, y, z as (3, rows, columns), NaN where depth is invalid.
        """
        depth = self.depth_m[window] if depth_m is None else depth_m
        x, y = self._rays(window)
        T = self.T_base_camera.astype(np.float32)
        points = np.empty((3, *depth.shape), dtype=np.float32)
        for axis in range(3):
            ray = T[axis, 0] * x + (T[axis, 1] * y + T[axis, 2])
            np.multiply(ray, depth, out=points[axis])
            points[axis] += T[axis, 3]
        return points

    def _rays(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return x / z and y / z of a window's pixels, in shapes that add up to the window's."""
        if self.rays is not None:
            x, y = self.rays[(slice(None), *window)]
            return x, y
        rows, columns = window
        height, width = self.depth_m.shape
        k = self.intrinsics
        x = ((np.arange(width)[columns] - k.cx) / k.fx).astype(np.float32)
        y = ((np.arange(height)[rows] - k.cy) / k.fy).astype(np.float32)
        return x[None, :], y[:, None]

    def half(self) -> View:
        """Return the view at half the resolution; pixel (u, v) becomes (u / 2, v / 2)."""
        k = self.intrinsics
        depth_m = self.depth_m[::2, ::2]
        height, width = depth_m.shape
        halved = Intrinsics(width, height, k.fx / 2, k.fy / 2, k.cx / 2, k.cy / 2)
        rays = None if self.rays is None else self.rays[:, ::2, ::2]
        images = tuple(image[::2, ::2] for image in self.images)
        return View(self.rgb[::2, ::2], depth_m, halved, self.T_base_camera, rays, images)

    def focal_at(self, u: int, v: int) -> float:
        """Return the pixels that a ray moves per unit of x / z, around a pixel."""
        if self.rays is None:
            return self.intrinsics.fx
        _, columns = self.around(u, v, _FOCAL_PX)
        along = self.rays[:, v, columns]
        apart = float(np.linalg.norm(along[:, -1] - along[:, 0]))
        return (along.shape[1] - 1) / apart if apart > 0 else self.intrinsics.fx

    def around(self, u: int, v: int, radius: int) -> Window:
        """Return the window of pixels within `radius` of a pixel, cut at the image's border."""
        height, width = self.depth_m.shape
        rows = slice(max(0, v - radius), min(height, v + radius + 1))
        return rows, slice(max(0, u - radius), min(width, u + radius + 1))


def view_of(
    frame: Frame, T_base_camera: NDArray[np.float64] | None, *, max_range_m: float
) -> View:
    """
    Check that a frame can be grounded in.

    :raises Refusal: NO_DEPTH, NO_CAMERA_INFO, NO_TRANSFORM or BAD_FRAME.
    """
    if frame.depth_m is None:
        raise Refusal(Outcome.NO_DEPTH, 'the frame has no depth image')
    if frame.intrinsics is None:
        raise Refusal(Outcome.NO_CAMERA_INFO, 'no camera_info has arrived for the frame')
    _check_sizes(frame.rgb, frame.depth_m, frame.intrinsics)
    _check_rays(frame)
    pose = _checked_pose(T_base_camera, frame.frame_id)
    images = tuple(
        _in_range(image, frame, max_range_m) for image in (frame.depth_m, *frame.earlier_depth_m)
    )
    if np.isnan(images[0]).all():
        known = frame.depth_m[np.isfinite(frame.depth_m) & (frame.depth_m > 0)]
        median = f': the median is {np.median(known):.2f} m' if len(known) else ''
        raise Refusal(
            Outcome.NO_DEPTH, f'no pixel has a depth of {_MIN_RANGE_M} to {max_range_m} m{median}'
        )
    depth_m = without_flying_pixels(fused(images[0], images[1:], step_m=_SAME_M))
    return View(frame.rgb, depth_m, frame.intrinsics, pose, frame.rays, images, frame.depth_m)


def _in_range(
    depth_m: NDArray[np.float32], frame: Frame, max_range_m: float
) -> NDArray[np.float32]:
    """
    Return a depth image with NaN where it cannot be used.

    :raises Refusal: BAD_FRAME for an image of another size.
    """
    if depth_m.shape != frame.rgb.shape[:2]:
        raise Refusal(
            Outcome.BAD_FRAME,
            f'an earlier depth image has the size {depth_m.shape!r}: '
            f'colour has {frame.rgb.shape[:2]!r}',
        )
    known = (depth_m > _MIN_RANGE_M) & (depth_m < max_range_m)
    if frame.rays is not None:
        known &= np.isfinite(frame.rays[0] + frame.rays[1])
    return np.where(known, depth_m, np.float32(np.nan)).astype(np.float32)


def _check_sizes(
    rgb: NDArray[np.uint8], depth_m: NDArray[np.float32], intrinsics: Intrinsics
) -> None:
    size = (intrinsics.height, intrinsics.width)
    if rgb.shape != (*size, 3) or depth_m.shape != size:
        raise Refusal(
            Outcome.BAD_FRAME,
            f'colour {rgb.shape!r} and depth {depth_m.shape!r} do not both have the size '
            f'{size!r} of camera_info',
        )
    focal = (intrinsics.fx, intrinsics.fy)
    if not all(np.isfinite(f) and f > 0 for f in focal):
        raise Refusal(Outcome.NO_CAMERA_INFO, f'focal lengths {focal!r} are not positive')
    if not np.isfinite((intrinsics.cx, intrinsics.cy)).all():
        raise Refusal(
            Outcome.NO_CAMERA_INFO,
            f'principal point {(intrinsics.cx, intrinsics.cy)!r} is not finite',
        )


def _check_rays(frame: Frame) -> None:
    if frame.rays is not None and frame.rays.shape != (2, *frame.rgb.shape[:2]):
        raise Refusal(
            Outcome.BAD_FRAME,
            f'rays {frame.rays.shape!r} do not fit colour {frame.rgb.shape!r}',
        )


def _checked_pose(T_base_camera: NDArray[np.float64] | None, camera: str) -> NDArray[np.float64]:
    if T_base_camera is None:
        raise Refusal(Outcome.NO_TRANSFORM, f'the pose of {camera!r} in the base is not known')
    pose = np.asarray(T_base_camera, dtype=np.float64)
    if not is_rigid(pose):
        raise Refusal(
            Outcome.NO_TRANSFORM,
            f'the pose of {camera!r} in the base, {pose.tolist()!r}, is no rigid transform',
        )
    return pose
