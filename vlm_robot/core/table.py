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
"""The table's plane, found robustly in the workspace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.box import Box
from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import least_squares
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.view import View

_STRIDE = 8
_THIN = 3  # of the points, one in three votes for a plane; all of them refine it
_MARGIN_M = 0.10  # the table is looked for this far around the workspace
_HYPOTHESES = 48
_BAND_M = 0.006
_MAX_SLOPE = 0.10  # the base stands upright on the table, up to calibration errors
_MIN_SHARE = 0.15
_NORMAL = 1.4826  # median absolute deviation -> standard deviation of a Gaussian


@dataclass(frozen=True)
class Table:
    """The plane z = `slope_x` x + `slope_y` y + `offset` of the base frame."""

    slope_x: float
    slope_y: float
    offset: float
    noise_m: float = 0.0  # standard deviation of the seen heights

    def height_at(self, x: float, y: float) -> float:
        """Height of the table's surface at a point, in metres of the base frame."""
        return self.slope_x * x + self.slope_y * y + self.offset

    def heights(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Heights above the table of (3, ...) points."""
        x, y, z = points
        plane = np.float32(self.slope_x) * x + np.float32(self.slope_y) * y
        above: NDArray[np.float32] = z - plane - np.float32(self.offset)
        return above


def find_table(view: View, workspace: Box, *, height_m: float | None, tolerance_m: float) -> Table:
    """
    Fit the table's plane to the workspace's points by RANSAC and least squares.

    :param height_m: where the table should be; None accepts any height. When too little of the
        table is seen, a level plane at this height stands in for it.
    :raises Refusal: NO_TRANSFORM when the table is not where it should be (the extrinsics are
        wrong), NO_DEPTH when it is not seen and its height is not known.
    """
    points = _workspace_points(view, workspace)
    plane = _ransac(points[::_THIN]) if len(points) >= _THIN * 3 else None
    if plane is None:
        if height_m is None:
            raise Refusal(Outcome.NO_DEPTH, 'no table plane is seen in the workspace')
        return Table(0.0, 0.0, height_m)
    table = _refine(points, plane)
    middle = np.mean([workspace.lower, workspace.upper], axis=0)
    seen_m = table.height_at(float(middle[0]), float(middle[1]))
    if height_m is not None and abs(seen_m - height_m) > tolerance_m:
        raise Refusal(
            Outcome.NO_TRANSFORM,
            f'the table is seen at {seen_m:.3f} m instead of {height_m:.3f} m: the pose of the '
            'camera or the height of the table is wrong',
        )
    return table


def _workspace_points(view: View, workspace: Box) -> NDArray[np.float64]:
    grid = slice(None, None, _STRIDE)
    points = view.points((grid, grid)).reshape(3, -1).T.astype(np.float64)
    low = np.array(workspace.lower[:2]) - _MARGIN_M
    high = np.array(workspace.upper[:2]) + _MARGIN_M
    inside = ((points[:, :2] > low) & (points[:, :2] < high)).all(axis=1)
    return points[inside]


def _ransac(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the plane (slope_x, slope_y, offset) with the most points in its band."""
    rng = np.random.default_rng(0)
    triples = points[rng.integers(len(points), size=(_HYPOTHESES, 3))]
    normals = np.cross(triples[:, 1] - triples[:, 0], triples[:, 2] - triples[:, 0])
    upright = np.hypot(normals[:, 0], normals[:, 1]) < _MAX_SLOPE * np.abs(normals[:, 2])
    if not upright.any():
        return None
    normals, origins = normals[upright], triples[upright, 0]
    slopes = -normals[:, :2] / normals[:, 2:]
    offsets = origins[:, 2] - (slopes * origins[:, :2]).sum(axis=1)
    heights = points[:, 2] - slopes @ points[:, :2].T - offsets[:, None]
    counts = (np.abs(heights) < _BAND_M).sum(axis=1)
    best = int(np.argmax(counts))
    if counts[best] < _MIN_SHARE * len(points):
        return None
    return np.array([*slopes[best], offsets[best]])


def _refine(points: NDArray[np.float64], plane: NDArray[np.float64]) -> Table:
    design = np.column_stack([points[:, :2], np.ones(len(points))])
    for band_m in (_BAND_M, _BAND_M / 1.5):
        near = np.abs(points[:, 2] - design @ plane) < band_m
        plane = least_squares(design[near], points[near, 2])
    residual = points[near, 2] - design[near] @ plane
    noise_m = _NORMAL * float(np.median(np.abs(residual)))
    return Table(float(plane[0]), float(plane[1]), float(plane[2]), noise_m)
