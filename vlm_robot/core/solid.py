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
"""From the pixels of one thing to its footprint, bottom and top."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.footprint import Footprint, Sphere, fit_circle, fit_footprint, fit_sphere
from vlm_robot.core.regions import Region, part_above
from vlm_robot.core.table import Table
from vlm_robot.core.values import Point3

_MAX_POINTS = 600  # a fit to more is not more exact
_MIN_HEIGHT_M = 0.002
_TOP_SHARE = (
    0.15  # of the height: the slice that shows the footprint of a prism or the rim of a bowl
)
_NOISE_AT_TOP = 1.5  # standard deviations that the highest two per cent lie above the surface
_UPPER_AREA = 0.55  # a smaller upper slice is no prism's: the whole outline is taken
_ROUND_RADIUS_M = (0.010, 0.080)
_SURFACE_RMS_M = 0.0006  # residual of points on a ball or cylinder; on a cube it is 3 mm
_SURFACE_RMS = 0.9  # and of the noise
_MIN_SIDE_POINTS = 60
_MIN_ARC = 1.7  # rad of a cylinder's side
_MIN_RISE_M = 0.03  # more than the rim of a tray or plate
_COMPACT = 0.5  # width by length; an arc of a bowl's rim is longer
_CUTS = (0.3, 0.45, 0.6, 0.75)  # of the height; low ones keep more of the thing
_CONTACT_PX = 3
_CONTACT_M = 0.015
_CONTACT_RISE_M = 0.004
_CONTACT_SHARE = 0.3


@dataclass(frozen=True)
class Solid:
    """A thing between two heights above the table, in metres."""

    footprint: Footprint
    bottom: float
    top: float

    def centre(self, table: Table) -> Point3:
        """Return the middle of the thing in the base frame."""
        x, y = self.footprint.x, self.footprint.y
        return x, y, table.height_at(x, y) + (self.bottom + self.top) / 2


def measure(region: Region, table: Table) -> Solid:
    """
    Complete the visible surface of a thing by symmetry.

    A ball's far side follows from the sphere fitted to it. For everything else the whole outline
    is in view from above: that of the upper slice, which leaves out a mug's handle, or that of
    all points for things that are not widest at the top.
    """
    heights = region.heights[region.mask]
    highest = float(np.percentile(heights, 98)) - _NOISE_AT_TOP * table.noise_m
    sphere = _ball(region, heights, highest, table)
    if sphere is not None:
        x, y, _ = (float(value) for value in sphere.centre)
        z = float(sphere.centre[2]) - table.height_at(x, y)
        footprint = Footprint(x, y, 0.0, 2 * sphere.radius, 2 * sphere.radius, True)
        return Solid(footprint, z - sphere.radius, z + sphere.radius)
    bottom = _support_height(region, table)
    top = max(highest, bottom + _MIN_HEIGHT_M)
    return Solid(_outline(region, bottom, top, table), bottom, top)


def measure_part(region: Region, table: Table, *, fits_m: float) -> Solid | None:
    """
    Measure a thing that stands in or on a larger one of its colour, by what rises above that.

    :param fits_m: only a part that is at most this long counts.
    """
    floor, peak = (float(h) for h in np.percentile(region.heights[region.mask], (5, 98)))
    if peak - floor < _MIN_RISE_M:
        return None
    for share in _CUTS:
        part = part_above(region, floor + share * (peak - floor))
        if part is None:
            return None
        solid = measure(part, table)
        footprint = solid.footprint
        if footprint.length <= fits_m and footprint.width > _COMPACT * footprint.length:
            return replace(solid, bottom=max(0.0, floor))
    return None


def _ball(
    region: Region, heights: NDArray[np.float32], highest: float, table: Table
) -> Sphere | None:
    """Return the sphere, where the points lie on one that is as high as they are."""
    points = region.points[:, region.mask].T.astype(np.float64)
    sphere = fit_sphere(points[:: max(1, len(points) // _MAX_POINTS)])
    smallest, largest = _ROUND_RADIUS_M
    if not smallest < sphere.radius < largest:
        return None
    if sphere.rms_m > _SURFACE_RMS_M + _SURFACE_RMS * table.noise_m:
        return None
    x, y, z = (float(value) for value in sphere.centre)
    top = z + sphere.radius - table.height_at(x, y)
    flat = np.mean(heights > highest - sphere.radius / 6)  # 0.5 and more for a cube
    return sphere if abs(top - highest) < 0.006 and flat < 0.45 else None


def _outline(region: Region, bottom: float, top: float, table: Table) -> Footprint:
    slice_m = max(_TOP_SHARE * (top - bottom), 4 * table.noise_m + 0.002)
    whole = fit_footprint(_edge_points(region, region.mask))
    upper_mask = region.mask & (region.heights > top - slice_m)
    if not upper_mask.any():
        return whole
    upper = fit_footprint(_edge_points(region, upper_mask))
    outline = upper if upper.area > _UPPER_AREA * whole.area else whole
    return outline if outline.is_round else _cylinder(region, bottom, top, table) or outline


def _cylinder(region: Region, bottom: float, top: float, table: Table) -> Footprint | None:
    """Return the footprint of an upright cylinder whose top is hidden, from its visible side."""
    margin_m = max(_TOP_SHARE * (top - bottom), 4 * table.noise_m)
    side = region.mask & (region.heights > bottom + margin_m) & (region.heights < top - margin_m)
    points = region.points[:2, side].T.astype(np.float64)
    if len(points) < _MIN_SIDE_POINTS:
        return None
    circle = fit_circle(points)
    smallest, largest = _ROUND_RADIUS_M
    if not smallest < circle.radius < largest or circle.arc < _MIN_ARC:
        return None
    if circle.rms_m > _SURFACE_RMS_M + _SURFACE_RMS * table.noise_m:
        return None
    return Footprint(circle.x, circle.y, 0.0, 2 * circle.radius, 2 * circle.radius, True)


def _edge_points(region: Region, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return x, y of the mask's outermost pixels in each row and column: (n, 2)."""
    edge = np.zeros_like(mask)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    edge[rows, mask[rows].argmax(axis=1)] = True
    edge[rows, mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)] = True
    edge[mask[:, columns].argmax(axis=0), columns] = True
    edge[mask.shape[0] - 1 - mask[::-1, columns].argmax(axis=0), columns] = True
    return region.points[:2, edge].T.astype(np.float64)


def _support_height(region: Region, table: Table) -> float:
    """
    Return the height of what the thing stands on: what is seen right beside its outline.

    Only what lies close under the outline in space: something nearer hides the contact, something
    further is behind a thing that hangs over. Which side that is depends on the camera.
    """
    least = float(np.percentile(region.heights[region.mask], 2)) + _NOISE_AT_TOP * table.noise_m
    beside = [_beside(region, least + _CONTACT_RISE_M, turn) for turn in range(4)]
    seen = [heights for heights, share in beside if share >= _CONTACT_SHARE]
    return max(0.0, float(np.median(np.concatenate(seen)))) if seen else 0.0


def _beside(region: Region, highest: float, turn: int) -> tuple[NDArray[np.float32], float]:
    """
    Return the heights that touch the lower outline of a region in an image turned by quarters.

    :return: the heights, and their share of the outline.
    """
    mask, heights = np.rot90(region.mask, turn), np.rot90(region.heights, turn)
    x, y = (np.rot90(axis, turn) for axis in region.points[:2])
    columns = np.flatnonzero(mask.any(axis=0))
    lowest = mask.shape[0] - 1 - mask[::-1, columns].argmax(axis=0)
    inside = lowest + _CONTACT_PX < mask.shape[0]
    edge = (lowest[inside], columns[inside])
    below = (edge[0] + _CONTACT_PX, edge[1])
    away = np.hypot(x[below] - x[edge], y[below] - y[edge])
    under = (away < _CONTACT_M) & (heights[below] < highest)
    return heights[below][under], float(under.mean()) if len(under) else 0.0
