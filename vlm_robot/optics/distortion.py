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

"""
How lenses bend light: the distortion models of `sensor_msgs/distortion_models.hpp`.

Points are those of the plane one unit in front of the camera: x / z and y / z.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]

_ITERATIONS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-7)
_NO_ROTATION = np.zeros(3)
_WIDEST = math.radians(88.0)  # from the optical axis; tan() grows without bound beyond


class Distortion(Protocol):
    """What a lens does to points of the plane."""

    radius: float
    """Farthest point from the axis that has an image; farther ones fold back into it."""

    def distort(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return where points of the plane are seen, in the units of the plane."""
        ...

    def undistort(self, seen: Array) -> Array:
        """
        Return the points of the plane that are seen at places, the inverse of `distort`.

        :param seen: (n, 1, 2).
        :return: (n, 1, 2); anything where there is no such point.
        """
        ...


class BrownConrady:
    """
    Radial, tangential and thin-prism distortion and a tilted sensor: plumb_bob and rational.

    :param d: 4, 5, 8, 12 or 14 coefficients in the order of OpenCV.
    """

    def __init__(self, d: Array) -> None:
        self._d = np.zeros(14)
        self._d[: len(d)] = d
        self.radius = _first_turn(self._radial)

    def distort(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return where points of the plane are seen."""
        if self._d[12:].any():
            return self._tilted(x, y)
        _, _, p1, p2, _, _, _, _, s1, s2, s3, s4, _, _ = self._d.tolist()
        r2 = x * x + y * y
        scale, xy2 = self._scale(r2), 2 * x * y
        seen_x = x * scale + p1 * xy2 + p2 * (r2 + 2 * x * x) + r2 * (s1 + s2 * r2)
        seen_y = y * scale + p2 * xy2 + p1 * (r2 + 2 * y * y) + r2 * (s3 + s4 * r2)
        return seen_x, seen_y

    def undistort(self, seen: Array) -> Array:
        """Return the points of the plane that are seen at places."""
        if hasattr(cv2, 'undistortPointsIter'):  # OpenCV 4
            found = cv2.undistortPointsIter(seen, np.eye(3), self._d, None, None, _ITERATIONS)
        else:
            found = cv2.undistortPoints(seen, np.eye(3), self._d, criteria=_ITERATIONS)
        return np.asarray(found, dtype=np.float64)

    def _tilted(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        points = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 1, 3).astype(np.float64)
        found, _ = cv2.projectPoints(points, _NO_ROTATION, _NO_ROTATION, np.eye(3), self._d)
        seen = np.asarray(found, dtype=x.dtype).reshape(*x.shape, 2)
        return seen[..., 0], seen[..., 1]

    def _scale(self, r2: Floats) -> Floats:
        k1, k2, _, _, k3, k4, k5, k6 = self._d[:8].tolist()
        scale: Floats = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        if k4 or k5 or k6:
            scale = scale / (1 + r2 * (k4 + r2 * (k5 + r2 * k6)))
        return scale

    def _radial(self, r: Floats) -> Floats:
        return r * self._scale(r * r)


class Equidistant:
    """
    A fisheye lens, whose image is as far from its centre as the angle says (Kannala and Brandt).

    :param d: 4 coefficients in the order of OpenCV's fisheye module.
    """

    def __init__(self, d: Array) -> None:
        self._d = d
        self.radius = _first_turn(lambda r: self._bent(np.arctan(r)))

    def distort(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return where points of the plane are seen."""
        r = np.hypot(x, y)
        scale = np.where(r < 1e-9, 1.0, self._bent(np.arctan(r)) / np.maximum(r, 1e-12))
        return x * scale, y * scale

    def undistort(self, seen: Array) -> Array:
        """Return the points of the plane that are seen at places."""
        found = cv2.fisheye.undistortPoints(seen, np.eye(3), self._d)
        return np.asarray(found, dtype=np.float64)

    def _bent(self, angle: Floats) -> Floats:
        k1, k2, k3, k4 = self._d.tolist()
        a2 = angle * angle
        bent: Floats = angle * (1 + a2 * (k1 + a2 * (k2 + a2 * (k3 + a2 * k4))))
        return bent


def _first_turn(radial: Callable[[Floats], Floats]) -> float:
    """Return the radius up to which the distorted radius grows."""
    r = np.tan(np.linspace(0.0, _WIDEST, 2000))
    with np.errstate(divide='ignore', invalid='ignore'):
        growing = np.diff(radial(r)) > 0
    return float(r[-1] if growing.all() else r[int(np.argmin(growing))])
