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
"""How high things stand on each patch of the table."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.box import Box
from vlm_robot.core.table import Table
from vlm_robot.core.view import View

CELL_M = 0.005
_MARGIN_M = 0.12  # beyond the workspace: fingers and neighbours of things at its border
_STRIDE = 2


@dataclass(frozen=True)
class HeightMap:
    """
    The highest point seen above each cell of the table.

    Cell (i, j) is centred on (`x[i]`, `y[j]`), metres in the base frame.
    """

    x: NDArray[np.float64]  # (nx,)
    y: NDArray[np.float64]  # (ny,)
    heights: NDArray[np.float32]  # (nx, ny) m above the table, NaN where nothing was seen

    def occupied(self, above_m: float) -> NDArray[np.float64]:
        """Return the centres of the cells that are higher than `above_m`: (n, 2)."""
        i, j = np.nonzero(self.heights > above_m)
        return np.stack([self.x[i], self.y[j]], axis=1)

    def unseen(self) -> NDArray[np.float64]:
        """Return the centres of the cells without a seen cell next to them: (n, 2)."""
        seen = np.pad(np.isfinite(self.heights), 1)
        rows, columns = self.heights.shape
        near = np.zeros((rows, columns), dtype=np.bool_)
        for di in range(3):
            for dj in range(3):
                near |= seen[di : di + rows, dj : dj + columns]
        i, j = np.nonzero(~near)
        return np.stack([self.x[i], self.y[j]], axis=1)

    def within(self, x: float, y: float, radius_m: float) -> NDArray[np.float32]:
        """Return the heights seen in a disc, without NaN."""
        rows, columns = self._span(self.x, x, radius_m), self._span(self.y, y, radius_m)
        apart = np.hypot(self.x[rows][:, None] - x, self.y[columns] - y)
        near = self.heights[rows, columns]
        return near[(apart <= radius_m) & np.isfinite(near)]

    def with_disc(self, x: float, y: float, radius_m: float, *, height_m: float) -> HeightMap:
        """Return a map in which a disc has one height: 0 where something was taken away."""
        heights = self.heights.copy()
        apart = np.hypot(self.x[:, None] - x, self.y[None, :] - y)
        heights[apart <= radius_m] = height_m
        return replace(self, heights=heights)

    @staticmethod
    def _span(centres: NDArray[np.float64], middle: float, radius_m: float) -> slice:
        first, last = np.searchsorted(centres, (middle - radius_m, middle + radius_m))
        return slice(int(first), int(last))


def height_map(view: View, table: Table, workspace: Box) -> HeightMap:
    """Sort the points of a view into the cells of the workspace and a margin around it."""
    x = np.arange(workspace.lower[0] - _MARGIN_M, workspace.upper[0] + _MARGIN_M, CELL_M)
    y = np.arange(workspace.lower[1] - _MARGIN_M, workspace.upper[1] + _MARGIN_M, CELL_M)
    grid = slice(None, None, _STRIDE)
    points = view.points((grid, grid))
    above = table.heights(points).ravel()
    points_x, points_y = points[0].ravel(), points[1].ravel()
    known = np.flatnonzero(np.isfinite(above))
    i = np.rint((points_x[known] - np.float32(x[0])) / np.float32(CELL_M)).astype(np.int32)
    j = np.rint((points_y[known] - np.float32(y[0])) / np.float32(CELL_M)).astype(np.int32)
    inside = (i >= 0) & (i < len(x)) & (j >= 0) & (j < len(y))
    cells = np.full(len(x) * len(y), -np.inf, dtype=np.float32)
    np.maximum.at(cells, i[inside] * len(y) + j[inside], above[known[inside]])
    cells[np.isneginf(cells)] = np.nan
    return HeightMap(x, y, cells.reshape(len(x), len(y)))
