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

"""Room on a surface for what the hand puts down there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.heightmap import CELL_M, HeightMap
from vlm_robot.core.values import Grounding

_SPARE_M = 0.010  # around what comes down: what grounding and the grasp may be off together
_LEVEL_M = 0.0045  # ground that is higher is another thing: the floor of a plate is at 5 mm
_EDGE_M = 0.01  # a spot keeps off the workspace's border


@dataclass(frozen=True)
class Footprint:
    """The held thing from above, in a square, and the fingers that open around it."""

    side_m: float  # of the held thing
    reach_m: float  # from its middle to the outside of an open finger
    finger_m: float  # width of a finger, across the closing axis

    @property
    def room_m(self) -> float:
        """Side of the square that has to be free."""
        return self.side_m + 2 * _SPARE_M


def footprint_of(held: Grounding | None, settings: GroundingSettings) -> Footprint:
    """Return what comes down with the held thing; None is one that the plan did not pick."""
    side_m = settings.held_size_m if held is None else max(held.size[:2])
    opening_m = min(side_m + 2 * settings.finger_margin_m, settings.max_opening_m)
    reach_m = opening_m / 2 + settings.finger_thickness_m
    return Footprint(side_m, reach_m, settings.finger_width_m)


class FreeSpace:
    """
    Where a footprint finds level ground that was seen, and nothing that it would touch.

    :param heights: without the held thing at the place that it was picked from.
    """

    def __init__(
        self, heights: HeightMap, footprint: Footprint, settings: GroundingSettings
    ) -> None:
        self.footprint = footprint
        self.settings = settings
        self._map = heights
        self._unseen = np.zeros(heights.heights.shape, dtype=np.bool_)
        self._unseen[self._cells(heights.unseen())] = True
        self._around_m = max(footprint.room_m / math.sqrt(2), footprint.reach_m)

    def ground(self, x: float, y: float, *, yaw: float, support_m: float) -> float | None:
        """
        Return the height above the table of the ground at a free spot, None where it is not free.

        :param yaw: of the gripper, whose fingers open across it.
        :param support_m: height above the table of what the thing beside it stands on: on higher
            things nothing is put, beside them on the table it may be.
        """
        if not self._is_inside(x, y):
            return None
        rows, columns = self._span(self._map.x, x), self._span(self._map.y, y)
        dx, dy = self._map.x[rows, None] - x, self._map.y[None, columns] - y
        along = np.abs(dx * math.cos(yaw) + dy * math.sin(yaw))
        across = np.abs(dy * math.cos(yaw) - dx * math.sin(yaw))
        half = self.footprint.room_m / 2
        under = (along <= half) & (across <= half)
        fingers = (along <= self.footprint.finger_m / 2) & (across <= self.footprint.reach_m)
        hand = under | fingers
        if (self._unseen[rows, columns] & hand).any():
            return None
        ground = self._level(self._map.heights[rows, columns], under, hand)
        return None if ground is None or ground > support_m + _LEVEL_M else ground

    def height_at(self, x: float, y: float) -> float:
        """Return the height that was seen at a point above the table, NaN where nothing was."""
        i, j = self._cells(np.array([[x, y]]))
        rows, columns = self._map.heights.shape
        if not (0 <= i[0] < rows and 0 <= j[0] < columns):
            return math.nan
        return float(self._map.heights[i[0], j[0]])

    def _level(
        self,
        heights: NDArray[np.float32],
        under: NDArray[np.bool_],
        hand: NDArray[np.bool_],
    ) -> float | None:
        """Return the height of what lies under the held thing, if it is level and clear."""
        step = self.settings.object_height_m
        ground = float(np.nanmedian(heights[under]))
        sinks = (heights[under] < ground - step).any()
        touches = (heights[hand] > ground + step).any()
        return None if sinks or touches else ground

    def _is_inside(self, x: float, y: float) -> bool:
        box = self.settings.workspace
        return all(
            low + _EDGE_M <= value <= high - _EDGE_M
            for value, low, high in zip((x, y), box.lower, box.upper, strict=False)
        )

    def _cells(self, points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        i = np.rint((points[:, 0] - self._map.x[0]) / CELL_M).astype(np.int64)
        j = np.rint((points[:, 1] - self._map.y[0]) / CELL_M).astype(np.int64)
        return i, j

    def _span(self, centres: NDArray[np.float64], middle: float) -> slice:
        ends = (middle - self._around_m, middle + self._around_m)
        first, last = np.searchsorted(centres, ends)
        return slice(int(first), int(last))
