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
"""A ray caster in numpy: colour and depth of boxes, balls and surfaces of revolution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.geometry import inverse, project, transform_points
from vlm_robot.core.values import Intrinsics, Point3

Array = NDArray[np.float64]
Hits = tuple[Array, Array]
"""Distance along each ray (n,), inf for a miss, and the normal there (n, 3)."""

_LIGHT = np.array([0.25, 0.45, 0.86])
_AMBIENT = 0.45
_NEAR = 1e-6


class Surface(Protocol):
    """Something that rays hit. `bounds` is the centre and radius of a sphere around it."""

    @property
    def bounds(self) -> tuple[Array, float]: ...

    def hit(self, origin: Array, rays: Array) -> Hits: ...


@dataclass(frozen=True)
class Ball:
    centre: Point3
    radius: float

    @property
    def bounds(self) -> tuple[Array, float]:
        return np.array(self.centre), self.radius

    def hit(self, origin: Array, rays: Array) -> Hits:
        offset = origin - np.array(self.centre)
        a = (rays**2).sum(axis=1)
        b = rays @ offset
        root = b**2 - a * (offset @ offset - self.radius**2)
        t = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
        return t, (offset + np.where(np.isinf(t), 0, t)[:, None] * rays) / self.radius


@dataclass(frozen=True)
class Block:
    """A box with a yaw; `size` is its full extent."""

    centre: Point3
    size: Point3
    yaw: float = 0.0

    @property
    def bounds(self) -> tuple[Array, float]:
        return np.array(self.centre), float(np.linalg.norm(self.size)) / 2

    def hit(self, origin: Array, rays: Array) -> Hits:
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])  # base -> box
        start = turn @ (origin - np.array(self.centre))
        local = rays @ turn.T
        local = np.where(np.abs(local) < 1e-12, 1e-12, local)
        half = np.array(self.size) / 2
        first = (-np.sign(local) * half - start) / local
        last = (np.sign(local) * half - start) / local
        axis = first.argmax(axis=1)
        t = first.max(axis=1)
        t = np.where((t < last.min(axis=1)) & (t > _NEAR), t, np.inf)
        normal = np.zeros_like(rays)
        index = np.arange(len(rays))
        normal[index, axis] = -np.sign(local[index, axis])
        return t, normal @ turn


@dataclass(frozen=True)
class Wall:
    """The lateral surface of an upright cone frustum, seen from both sides."""

    centre: tuple[float, float]
    low: tuple[float, float]  # height and radius at the bottom
    high: tuple[float, float]  # height and radius at the top

    @property
    def bounds(self) -> tuple[Array, float]:
        middle = (self.low[0] + self.high[0]) / 2
        radius = math.hypot(max(self.low[1], self.high[1]), self.high[0] - middle)
        return np.array([*self.centre, middle]), radius

    def hit(self, origin: Array, rays: Array) -> Hits:
        slope = (self.high[1] - self.low[1]) / (self.high[0] - self.low[0])
        start = origin - np.array([*self.centre, 0.0])
        radius = self.low[1] + slope * (start[2] - self.low[0])
        grow = slope * rays[:, 2]
        a = rays[:, 0] ** 2 + rays[:, 1] ** 2 - grow**2
        a = np.where(np.abs(a) < 1e-12, 1e-12, a)
        b = rays[:, 0] * start[0] + rays[:, 1] * start[1] - radius * grow
        c = start[0] ** 2 + start[1] ** 2 - radius**2
        root = b**2 - a * c
        square = np.sqrt(np.maximum(root, 0))
        t = np.full(len(rays), np.inf)
        for candidate in ((-b - square) / a, (-b + square) / a):
            z = start[2] + candidate * rays[:, 2]
            good = (root > 0) & (candidate > _NEAR) & (z >= self.low[0]) & (z <= self.high[0])
            t = np.where(good & (candidate < t), candidate, t)
        at = start + np.where(np.isinf(t), 0, t)[:, None] * rays
        around = np.hypot(at[:, 0], at[:, 1])
        normal = np.column_stack([at[:, :2], -slope * around])
        return t, normal / np.maximum(np.linalg.norm(normal, axis=1), 1e-12)[:, None]


@dataclass(frozen=True)
class Ring:
    """A level disc with a hole (of radius 0 for none)."""

    centre: Point3
    inner: float
    outer: float

    @property
    def bounds(self) -> tuple[Array, float]:
        return np.array(self.centre), self.outer

    def hit(self, origin: Array, rays: Array) -> Hits:
        down = np.where(np.abs(rays[:, 2]) < 1e-12, 1e-12, rays[:, 2])
        t = (self.centre[2] - origin[2]) / down
        at = origin[:2] + t[:, None] * rays[:, :2] - np.array(self.centre[:2])
        away = np.hypot(at[:, 0], at[:, 1])
        inside = (t > _NEAR) & (away >= self.inner) & (away <= self.outer)
        normal = np.zeros_like(rays)
        normal[:, 2] = 1.0
        return np.where(inside, t, np.inf), normal


@dataclass(frozen=True)
class Picture:
    """What a camera sees."""

    rgb: NDArray[np.uint8]  # (h, w, 3)
    depth_m: NDArray[np.float32]  # (h, w), NaN for the sky
    index: NDArray[np.int64]  # (h, w) index of the surface's owner


def render(
    surfaces: Sequence[tuple[int, Surface, tuple[int, int, int]]],
    T_base_camera: Array,
    intrinsics: Intrinsics,
    *,
    table: tuple[int, int, int],
) -> Picture:
    """
    Cast a ray through each pixel.

    :param surfaces: owner, surface, colour.
    :param table: colour of the plane z = 0, which is without end and has the owner -1.
    """
    size = (intrinsics.height, intrinsics.width)
    down = _rays((slice(0, size[0]), slice(0, size[1])), T_base_camera, intrinsics)[..., 2]
    depth = np.where(down < -_NEAR, -T_base_camera[2, 3] / np.minimum(down, -_NEAR), np.inf)
    light = _AMBIENT + (1 - _AMBIENT) * _LIGHT[2]
    rgb = np.broadcast_to(light * np.array(table, dtype=np.float64), (*size, 3)).copy()
    index = np.full(size, -1)
    for owner, surface, colour in surfaces:
        window = _window(surface.bounds, T_base_camera, intrinsics)
        rays = _rays(window, T_base_camera, intrinsics)
        if rays.size == 0:
            continue
        t, normal = surface.hit(T_base_camera[:3, 3], rays.reshape(-1, 3))
        facing = -np.sign((normal * rays.reshape(-1, 3)).sum(axis=1))
        light = _AMBIENT + (1 - _AMBIENT) * np.maximum(0, facing * (normal @ _LIGHT))
        nearer = t.reshape(rays.shape[:2]) < depth[window]
        depth[window][nearer] = t[nearer.ravel()]
        rgb[window][nearer] = (light[:, None] * np.array(colour))[nearer.ravel()]
        index[window][nearer] = owner
    depth[np.isinf(depth)] = np.nan
    return Picture(rgb.astype(np.uint8), depth.astype(np.float32), index)


def _window(
    bounds: tuple[Array, float], T_base_camera: Array, intrinsics: Intrinsics
) -> tuple[slice, slice]:
    centre, radius = bounds
    at = transform_points(inverse(T_base_camera), centre)
    whole = slice(0, intrinsics.height), slice(0, intrinsics.width)
    if at[2] <= 1.5 * radius:
        return whole
    u, v = project(at, intrinsics)
    reach = 1.2 * intrinsics.fx * radius / (at[2] - radius) + 2
    rows = slice(max(0, int(v - reach)), max(0, min(intrinsics.height, int(v + reach))))
    return rows, slice(max(0, int(u - reach)), max(0, min(intrinsics.width, int(u + reach))))


def _rays(window: tuple[slice, slice], T_base_camera: Array, intrinsics: Intrinsics) -> Array:
    """Return rays of optical depth 1, so that the distance along them is the depth."""
    v, u = np.mgrid[window]
    x, y = (u - intrinsics.cx) / intrinsics.fx, (v - intrinsics.cy) / intrinsics.fy
    local = np.stack([x, y, np.ones_like(x)], axis=-1)
    return np.asarray(local @ T_base_camera[:3, :3].T)
