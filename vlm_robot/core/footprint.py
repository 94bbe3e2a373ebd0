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
"""Shapes fitted to measured points: rectangles and circles on the table, spheres."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.geometry import least_squares

_DIRECTIONS = 180  # one a degree, over half a turn
_TRIM = 0.02  # share of points beyond each support line: noise and mixed pixels at edges
_ROUND_SHARE = 0.70  # of the support lines touch the circle; the others are at a hidden part
_ROUND_TOLERANCE_M = 0.0015
_ROUND_TOLERANCE = 0.03  # of the radius
_MAX_POINTS = 200  # that a turn is judged by
_NEARLY = 1.25  # of the least area
_COARSE = 4  # degrees between the first angles that are tried
_SECTOR = math.pi / 18
_ANGLES = np.arange(_DIRECTIONS) * (math.pi / _DIRECTIONS)
_AXES = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])  # (2, directions)


@dataclass(frozen=True)
class Footprint:
    """A rectangle on the table, or the square around a circle; metres, base frame."""

    x: float
    y: float
    yaw: float  # of the length, rad
    length: float
    width: float
    is_round: bool

    @property
    def area(self) -> float:
        """Area in square metres."""
        return self.length * self.width * (math.pi / 4 if self.is_round else 1.0)


@dataclass(frozen=True)
class Circle:
    """A circle; `rms_m` is the residual, `arc` the angle in rad that the fitted points cover."""

    x: float
    y: float
    radius: float
    rms_m: float
    arc: float


@dataclass(frozen=True)
class Sphere:
    """A sphere; `rms_m` is the residual of the points that it was fitted to."""

    centre: NDArray[np.float64]  # (3,) m
    radius: float
    rms_m: float


def fit_footprint(xy: NDArray[np.float64]) -> Footprint:
    """
    Fit a circle, or else the rectangle of the least area, to the outline of points.

    Both are fitted to support lines: a line for each direction that has (nearly) all points on
    one side. Holes in the middle and a missing part of the outline do not matter to them.

    :param xy: (n, 2) m, n >= 1; a circle needs most of them on its line, not inside.
    """
    middle = xy.mean(axis=0)
    local = xy - middle
    low, high = _supports(local)
    fitted = _rectangle(local, low, high)
    circle = _enclosing_circle(low, high)
    if circle is not None and _to_circle(local, circle) < _to_rectangle(local, fitted):
        fitted = circle
    return replace(fitted, x=fitted.x + float(middle[0]), y=fitted.y + float(middle[1]))


def _supports(xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest coordinate along each direction."""
    along = xy @ _AXES
    skip = int(_TRIM * len(xy))
    last = len(xy) - 1 - skip
    ordered = np.partition(along, (skip, last), axis=0)
    return ordered[skip], ordered[last]


def _enclosing_circle(low: NDArray[np.float64], high: NDArray[np.float64]) -> Footprint | None:
    """Solve c . d + r = support for the lines of all directions d that agree with each other."""
    directions = np.concatenate([_AXES.T, -_AXES.T])
    supports = np.concatenate([high, -low])
    design = np.column_stack([directions, np.ones(len(directions))])
    agree = np.ones(len(design), dtype=np.bool_)
    for _ in range(4):
        if agree.sum() < _ROUND_SHARE / 2 * len(design):
            return None
        x, y, radius = (float(value) for value in least_squares(design[agree], supports[agree]))
        residual = np.abs(design @ (x, y, radius) - supports)
        agree = residual < _ROUND_TOLERANCE_M + _ROUND_TOLERANCE * radius
    if agree.mean() < _ROUND_SHARE or radius <= 0:
        return None
    return Footprint(x, y, 0.0, 2 * radius, 2 * radius, True)


def _rectangle(
    xy: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> Footprint:
    """
    Return the rectangle among those of nearly the least area that has the points on its sides.

    Area alone cannot tell how two visible faces of a cube are turned: the rectangle along the
    diagonal between their ends is as small.
    """
    xy = xy[:: 1 + len(xy) // _MAX_POINTS]
    extent = high - low
    quarter = _DIRECTIONS // 2
    area = extent[:quarter] * extent[quarter:]
    small = np.flatnonzero(area <= _NEARLY * area.min())
    coarse = np.unique(np.append(small[::_COARSE], area.argmin()))
    best = int(coarse[_misfits(xy, coarse, low, high).argmin()])
    fine = np.arange(best - _COARSE + 1, best + _COARSE) % quarter
    return _at_angle(int(fine[_misfits(xy, fine, low, high).argmin()]), low, high)


def _misfits(
    xy: NDArray[np.float64],
    angles: NDArray[np.int64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the mean distance of points to the sides of the rectangle at each angle."""
    beyond = []
    for axes in (angles, angles + _DIRECTIONS // 2):
        middle, half = (low + high)[axes] / 2, (high - low)[axes] / 2
        beyond.append(np.abs(xy @ _AXES[:, axes] - middle) - half)
    return np.asarray(_to_sides(*beyond).mean(axis=0))


def _at_angle(angle: int, low: NDArray[np.float64], high: NDArray[np.float64]) -> Footprint:
    """Return the rectangle around all points whose x axis is at an angle in degrees."""
    across = angle + _DIRECTIONS // 2
    extent, middle = high - low, (high + low) / 2
    x, y = middle[angle] * _AXES[:, angle] + middle[across] * _AXES[:, across]
    yaw, length, width = float(_ANGLES[angle]), float(extent[angle]), float(extent[across])
    if width > length:
        yaw, length, width = yaw + math.pi / 2, width, length
    return Footprint(float(x), float(y), wrap_half_turn(yaw), length, width, False)


def _to_circle(xy: NDArray[np.float64], circle: Footprint) -> float:
    """Return the mean distance of points to the line of a circle."""
    away = np.hypot(xy[:, 0] - circle.x, xy[:, 1] - circle.y)
    return float(np.mean(np.abs(away - circle.width / 2)))


def _to_rectangle(xy: NDArray[np.float64], rectangle: Footprint) -> float:
    """Return the mean distance of points to the sides of a rectangle."""
    cos, sin = math.cos(rectangle.yaw), math.sin(rectangle.yaw)
    local = (xy - (rectangle.x, rectangle.y)) @ np.array([[cos, -sin], [sin, cos]])
    beyond = np.abs(local) - np.array([rectangle.length, rectangle.width]) / 2
    return float(_to_sides(beyond[:, 0], beyond[:, 1]).mean())


def _to_sides(along: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return distances to a rectangle's line, from how far points are beyond its sides."""
    outside = np.hypot(np.maximum(along, 0), np.maximum(across, 0))
    inside = np.maximum(-np.maximum(along, across), 0)
    return np.asarray(outside + inside)


def wrap_half_turn(yaw: float) -> float:
    """Return the same axis with its angle in (-pi/2, pi/2]."""
    turned = math.remainder(yaw, math.pi)
    return turned + math.pi if turned <= -math.pi / 2 else turned


def fit_circle(xy: NDArray[np.float64]) -> Circle:
    """
    Fit a circle to points of its line (Kasa's method: linear least squares).

    :param xy: (n, 2) m, n >= 3.
    """
    middle = xy.mean(axis=0)
    local = xy - middle
    design = np.column_stack([2 * local, np.ones(len(local))])
    solution = least_squares(design, (local**2).sum(axis=1))
    centre = solution[:2]
    radius = math.sqrt(max(float(solution[2] + centre @ centre), 0.0))
    offsets = local - centre
    residual = np.linalg.norm(offsets, axis=1) - radius
    sectors = np.unique(np.floor(np.arctan2(offsets[:, 1], offsets[:, 0]) / _SECTOR))
    x, y = centre + middle
    rms_m = float(np.sqrt(np.mean(residual**2)))
    return Circle(float(x), float(y), radius, rms_m, len(sectors) * _SECTOR)


def fit_sphere(points: NDArray[np.float64]) -> Sphere:
    """
    Fit a sphere to points of its surface by linear and then geometric least squares.

    :param points: (n, 3) m, n >= 4.
    """
    middle = points.mean(axis=0)
    local = points - middle
    design = np.column_stack([2 * local, np.ones(len(local))])
    solution = least_squares(design, (local**2).sum(axis=1))
    centre = solution[:3]
    radius = math.sqrt(max(float(solution[3] + centre @ centre), 0.0))
    for _ in range(3):
        offsets = local - centre
        distances = np.maximum(np.linalg.norm(offsets, axis=1), 1e-9)
        jacobian = np.column_stack([-offsets / distances[:, None], -np.ones(len(local))])
        step = least_squares(jacobian, radius - distances)
        centre, radius = centre + step[:3], radius + float(step[3])
    residual = np.linalg.norm(local - centre, axis=1) - radius
    return Sphere(centre + middle, radius, float(np.sqrt(np.mean(residual**2))))
