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

"""Pinhole projection, rigid transforms and quaternions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vlm_robot.core.values import Intrinsics, Pixel, Point3

Quaternion = tuple[float, float, float, float]
"""Four numbers; the name of the variable tells their order, `quat_xyzw` or `quat_wxyz`."""

_RIGID_TOLERANCE = 1e-3


def project(points: ArrayLike, intrinsics: Intrinsics) -> NDArray[np.float64]:
    """
    Project points of the optical frame (z forward, x right, y down) onto the rectified image.

    :param points: (..., 3) m.
    :return: (..., 2) pixels (u, v), NaN for points that are not in front of the camera.
    """
    x, y, z = np.moveaxis(np.asarray(points, dtype=np.float64), -1, 0)
    depth = np.where(z > 0, z, np.nan)
    u = intrinsics.fx * x / depth + intrinsics.cx
    v = intrinsics.fy * y / depth + intrinsics.cy
    return np.stack([u, v], axis=-1)


def back_project(
    pixels: ArrayLike, depth_m: ArrayLike, intrinsics: Intrinsics
) -> NDArray[np.float64]:
    """
    Return the points of the optical frame that pixels with a depth show.

    :param pixels: (..., 2) pixels (u, v).
    :param depth_m: (...) depth along the optical axis; NaN gives a NaN point.
    :return: (..., 3) m.
    """
    u, v = np.moveaxis(np.asarray(pixels, dtype=np.float64), -1, 0)
    depth = np.asarray(depth_m, dtype=np.float64)
    x = (u - intrinsics.cx) / intrinsics.fx * depth
    y = (v - intrinsics.cy) / intrinsics.fy * depth
    return np.stack([x, y, depth], axis=-1)


def inverse(T_a_b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return T_b_a of a rigid 4 x 4 transform."""
    R_b_a = T_a_b[:3, :3].T
    T_b_a = np.eye(4)
    T_b_a[:3, :3] = R_b_a
    T_b_a[:3, 3] = -R_b_a @ T_a_b[:3, 3]
    return T_b_a


def transform_points(T_a_b: NDArray[np.float64], points_b: ArrayLike) -> NDArray[np.float64]:
    """Express points of frame b, (..., 3), in frame a."""
    moved = np.asarray(points_b, dtype=np.float64) @ T_a_b[:3, :3].T + T_a_b[:3, 3]
    return np.asarray(moved, dtype=np.float64)


def is_rigid(T_a_b: NDArray[np.float64]) -> bool:
    """Whether a matrix is a finite 4 x 4 rotation and translation, to a thousandth."""
    if T_a_b.shape != (4, 4) or not np.isfinite(T_a_b).all():
        return False
    R_a_b = T_a_b[:3, :3]
    orthonormal = np.allclose(R_a_b @ R_a_b.T, np.eye(3), atol=_RIGID_TOLERANCE)
    return bool(
        orthonormal
        and np.linalg.det(R_a_b) > 0
        and np.allclose(T_a_b[3], [0, 0, 0, 1], atol=_RIGID_TOLERANCE)
    )


def from_quaternion(position: ArrayLike, quat_xyzw: ArrayLike) -> NDArray[np.float64]:
    """
    Return the 4 x 4 transform of a position and a rotation.

    :param quat_xyzw: any length but zero; it is normalised.
    :raises ValueError: for a quaternion of length zero, or one that is not finite.
    """
    quat = np.asarray(quat_xyzw, dtype=np.float64)
    length = float(np.linalg.norm(quat))
    if not length > 1e-9 or not math.isfinite(length):
        raise ValueError(f'quaternion {quat.tolist()!r} is not a rotation: its length is {length}')
    x, y, z, w = quat / length
    T_a_b = np.eye(4)
    T_a_b[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    T_a_b[:3, 3] = position
    return T_a_b


def quat_xyzw_of(T_a_b: NDArray[np.float64]) -> Quaternion:
    """
    Return the rotation of a transform as a unit quaternion with w >= 0.

    Shepperd's method: the largest component is found first, so that no small number is divided by.
    """
    R = T_a_b[:3, :3]
    trace = np.trace(R)
    x, y, z = (1 + 2 * R[i, i] - trace for i in range(3))
    w = 1 + trace
    rows = [
        [x, R[0, 1] + R[1, 0], R[0, 2] + R[2, 0], R[2, 1] - R[1, 2]],
        [R[0, 1] + R[1, 0], y, R[1, 2] + R[2, 1], R[0, 2] - R[2, 0]],
        [R[0, 2] + R[2, 0], R[1, 2] + R[2, 1], z, R[1, 0] - R[0, 1]],
        [R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1], w],
    ]
    quat = np.array(rows[int(np.argmax([x, y, z, w]))])
    quat /= np.linalg.norm(quat) * (1 if quat[3] >= 0 else -1)
    return float(quat[0]), float(quat[1]), float(quat[2]), float(quat[3])


def quat_wxyz_from_xyzw(quat_xyzw: Quaternion) -> Quaternion:
    """Reorder a ROS quaternion for MuJoCo."""
    x, y, z, w = quat_xyzw
    return w, x, y, z


def quat_xyzw_from_wxyz(quat_wxyz: Quaternion) -> Quaternion:
    """Reorder a MuJoCo quaternion for ROS."""
    w, x, y, z = quat_wxyz
    return x, y, z, w


def quat_xyzw_from_yaw(yaw: float) -> Quaternion:
    """Return the rotation by `yaw` rad about z."""
    return 0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2)


def yaw_from_quat_xyzw(quat_xyzw: Quaternion) -> float:
    """Return the heading of the rotated x axis in rad, -pi to pi."""
    x, y, z, w = quat_xyzw
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def from_approach(approach: ArrayLike, *, yaw: float) -> NDArray[np.float64]:
    """
    Return the rotation, as a 4 x 4 transform, of a hand that comes along a direction.

    :param approach: what becomes the z axis; any length but zero.
    :param yaw: heading of the x axis when seen from above; the fingers close along the y axis.
    :raises ValueError: when the approach has no direction, or is the heading itself.
    """
    z = np.asarray(approach, dtype=np.float64)
    y = np.cross(z, (math.cos(yaw), math.sin(yaw), 0.0))
    if not np.linalg.norm(y) > 1e-9:
        raise ValueError(f'no hand comes along {z.tolist()!r} with its x axis at {yaw!r} rad')
    z, y = z / np.linalg.norm(z), y / np.linalg.norm(y)
    T = np.eye(4)
    T[:3, :3] = np.stack([np.cross(y, z), y, z], axis=1)
    return T


def from_look_at(
    eye: ArrayLike, target: ArrayLike, up: ArrayLike = (0.0, 0.0, 1.0)
) -> NDArray[np.float64]:
    """
    Return T_base_camera of a camera at `eye` whose optical axis goes through `target`.

    :param up: direction of the base frame that points up in the image.
    :raises ValueError: when eye and target coincide, or up is parallel to the view.
    """
    origin = np.asarray(eye, dtype=np.float64)
    forward = np.asarray(target, dtype=np.float64) - origin
    right = np.cross(forward, np.asarray(up, dtype=np.float64))
    if not np.linalg.norm(right) > 1e-9:
        raise ValueError(f'a camera at {origin.tolist()!r} has no upright view along {forward!r}')
    T_base_camera = np.eye(4)
    z = forward / np.linalg.norm(forward)
    x = right / np.linalg.norm(right)
    T_base_camera[:3, :3] = np.stack([x, np.cross(z, x), z], axis=1)
    T_base_camera[:3, 3] = origin
    return T_base_camera


def as_point(values: ArrayLike) -> Point3:
    """Return three numbers as a plain tuple."""
    x, y, z = np.asarray(values, dtype=np.float64)
    return float(x), float(y), float(z)


def is_inside(pixel: Pixel, intrinsics: Intrinsics) -> bool:
    """Whether a pixel lies on the image; False for NaN."""
    u, v = pixel
    return -0.5 <= u < intrinsics.width - 0.5 and -0.5 <= v < intrinsics.height - 0.5


def least_squares(design: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Solve min |design @ x - values| for a few unknowns and many rows by the normal equations.

    Faster than a decomposition of the design by its length; of the least norm where degenerate.

    :param design: (n, k), roughly centred, k small.
    """
    solution = np.linalg.lstsq(design.T @ design, design.T @ values, rcond=None)[0]
    return np.asarray(solution, dtype=np.float64)
