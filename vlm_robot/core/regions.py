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
"""The pixels of one thing, grown from where a model pointed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.colour import same_colour
from vlm_robot.core.errors import Refusal
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.table import Table
from vlm_robot.core.values import Pixel
from vlm_robot.core.view import View, Window

Mask = NDArray[np.bool_]

_FIRST_LOOK_M = 0.09  # most things fit in a window of this radius; the full one costs more
_MIN_PIXELS = 40
_TRIES = 4
_INSIDE = 2  # px; the colour of a thing is read from its pixels this close to the seed
_DENSE = 22  # of 25 pixels around a seed; a few may lack depth
_LEAPS = ((0, 2), (2, 0), (1, 1), (1, -1))  # rows, columns
_NEARNESS = 2.0  # pixels of the 25 that one pixel of distance is worth


@dataclass(frozen=True)
class Region:
    """The pixels of one thing, grown from the pixel `seed` (row, column) of the window."""

    window: Window
    seed: tuple[int, int]
    mask: Mask  # (rows, columns) of the window
    points: NDArray[np.float32]  # (3, rows, columns) of the window, base frame
    heights: NDArray[np.float32]  # (rows, columns) above the table
    depth_m: NDArray[np.float32]  # (rows, columns)


def find_region(
    view: View, table: Table, pixel: Pixel, *, label: str, settings: GroundingSettings
) -> Region:
    """
    Grow a region of alike colour and continuous depth from a pixel's neighbourhood.

    The pixel may be a few pixels off. Things that touch are separated by a step in depth or by
    colour; things of one colour without a step between them are one region.

    :raises Refusal: NO_DEPTH when nothing with depth stands above the table near the pixel.
    """
    near = _Look(view, pixel, _FIRST_LOOK_M, settings)
    region = near.grow(table, label=label)
    if not near.cuts(region):
        return region
    # What is larger is seen well enough at half the resolution, in a quarter of the time.
    half_pixel = (pixel[0] / 2, pixel[1] / 2)
    return _Look(view.half(), half_pixel, settings.max_object_m, settings).grow(table, label=label)


class _Look:
    """A window around a pixel, in metres at the distance of what is seen there."""

    def __init__(
        self, view: View, pixel: Pixel, radius_m: float, settings: GroundingSettings
    ) -> None:
        self._view, self._settings = view, settings
        height, width = view.depth_m.shape
        self._pixel = (min(round(pixel[0]), width - 1), min(round(pixel[1]), height - 1))
        distances = view.depth_m[view.around(*self._pixel, settings.search_px + _INSIDE)]
        seen = distances[np.isfinite(distances)]
        reach_px = radius_m * view.intrinsics.fx / float(np.median(seen)) if len(seen) else 0
        self._window = view.around(
            *self._pixel, max(settings.search_px + _INSIDE, round(reach_px))
        )

    def grow(self, table: Table, *, label: str) -> Region:
        """Grow from the best seed near the pixel whose region is more than a few pixels."""
        window, settings = self._window, self._settings
        points = self._view.points(window)
        heights, depth_m = table.heights(points), self._view.depth_m[window]
        area = foreground(heights, settings=settings)
        candidates = area & self._within(settings.search_px)
        for _ in range(_TRIES):
            seed = self._pick_seed(candidates, area)
            if seed is None:
                break
            mask = _grow_from(seed, area, self._view.rgb[window], depth_m, settings=settings)
            if mask.sum() >= _MIN_PIXELS:
                return Region(window, seed, mask, points, heights, depth_m)
            candidates &= ~mask
        raise Refusal(
            Outcome.NO_DEPTH,
            f'nothing with depth stands on the table within {settings.search_px} px of '
            f'the point of {label!r}',
        )

    def cuts(self, region: Region) -> bool:
        """Whether the region was cut by this window, rather than by the image."""
        rows, columns = self._window
        height, width = self._view.depth_m.shape
        mask = region.mask
        return bool(
            (rows.start > 0 and mask[0].any())
            or (rows.stop < height and mask[-1].any())
            or (columns.start > 0 and mask[:, 0].any())
            or (columns.stop < width and mask[:, -1].any())
        )

    def _within(self, radius_px: int) -> Mask:
        rows, columns = self._offsets()
        within: Mask = rows[:, None] ** 2 + columns**2 <= radius_px**2
        return within

    def _offsets(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        rows, columns = self._window
        u, v = self._pixel
        return np.arange(rows.start, rows.stop) - v, np.arange(columns.start, columns.stop) - u

    def _pick_seed(self, candidates: Mask, area: Mask) -> tuple[int, int] | None:
        """Prefer pixels well inside the foreground, then near ones: edges have mixed colours."""
        rows, columns = np.nonzero(candidates)
        if len(rows) == 0:
            return None
        padded = np.pad(area, _INSIDE)
        density = np.zeros(len(rows))
        for row_shift in range(2 * _INSIDE + 1):
            for column_shift in range(2 * _INSIDE + 1):
                density += padded[rows + row_shift, columns + column_shift]
        row_offsets, column_offsets = self._offsets()
        away = np.hypot(row_offsets[rows], column_offsets[columns])
        best = int(np.argmax(np.minimum(density, _DENSE) - _NEARNESS * away))
        return int(rows[best]), int(columns[best])


def part_above(region: Region, cut_m: float) -> Region | None:
    """Return what is linked with the seed above a height; None where that is hardly anything."""
    high = region.mask & (region.heights > cut_m)
    if not high[region.seed]:
        return None
    mask = grow(region.seed, high, region.depth_m, step_m=math.inf)
    return replace(region, mask=mask) if mask.sum() >= _MIN_PIXELS else None


def foreground(heights: NDArray[np.float32], *, settings: GroundingSettings) -> Mask:
    """
    Return what stands above the table.

    Smoothed heights bring in the floors of trays and plates, which are lower than the noise of
    one pixel.
    """
    smooth = box_mean(heights, radius=2)
    flat = (smooth > settings.flat_height_m) & (heights > smooth - settings.object_height_m / 2)
    high: Mask = heights > settings.object_height_m
    return high | (flat & np.isfinite(heights))


def box_mean(values: NDArray[np.float32], *, radius: int) -> NDArray[np.float32]:
    """Return the mean of the finite values within a square; NaN where there is none."""
    known = np.isfinite(values)
    total = _box_sum(np.where(known, values, 0).astype(np.float32), radius)
    count = _box_sum(known.astype(np.float32), radius)
    count[count == 0] = np.nan
    mean: NDArray[np.float32] = total / count
    return mean


def _box_sum(values: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    padded = np.pad(values, radius)
    height, width = values.shape
    rows = np.zeros((height, padded.shape[1]), dtype=np.float32)
    for shift in range(2 * radius + 1):
        rows += padded[shift : shift + height]
    total = np.zeros_like(values)
    for shift in range(2 * radius + 1):
        total += rows[:, shift : shift + width]
    return total


def _grow_from(
    seed: tuple[int, int],
    area: Mask,
    rgb: NDArray[np.uint8],
    depth_m: NDArray[np.float32],
    *,
    settings: GroundingSettings,
) -> Mask:
    row, column = seed
    patch = (
        slice(max(0, row - _INSIDE), row + _INSIDE + 1),
        slice(max(0, column - _INSIDE), column + _INSIDE + 1),
    )
    surface = area[patch] & (np.abs(depth_m[patch] - depth_m[seed]) < settings.depth_step_m)
    reference = np.median(rgb[patch][surface], axis=0).astype(np.uint8)
    alike = area & same_colour(rgb, reference)
    alike[seed] = True
    return grow(seed, alike, depth_m, step_m=settings.depth_step_m)


def grow(
    seed: tuple[int, int], alike: Mask, depth_m: NDArray[np.float32], *, step_m: float
) -> Mask:
    """
    Return the alike pixels that can be reached from a seed without a step in depth.

    Single bad pixels are leapt over: thin rims are only a pixel or two wide.
    """
    right = alike[:, 1:] & alike[:, :-1] & (np.abs(np.diff(depth_m, axis=1)) < step_m)
    down = alike[1:] & alike[:-1] & (np.abs(np.diff(depth_m, axis=0)) < step_m)
    runs = _runs(right), _runs(down.T).T
    filled = np.zeros(alike.shape, dtype=np.bool_)
    filled[seed] = True
    while True:
        filled = flood(filled, runs)
        landed = _leap(filled, alike, depth_m, step_m)
        if not landed.any():
            return filled
        filled |= landed


def flood(start: Mask, runs: tuple[NDArray[np.int32], NDArray[np.int32]]) -> Mask:
    """
    Return what can be reached from the start by whole runs, along rows and columns in turn.

    :param runs: number of the run that each pixel belongs to, along rows and along columns.
    """
    filled, count = start, -1
    while count != (count := int(filled.sum())):
        for numbers in runs:
            hit = np.zeros(int(numbers[-1, -1]) + 1, dtype=np.bool_)
            hit[numbers[filled]] = True
            filled = hit[numbers]
    return filled


def _leap(filled: Mask, alike: Mask, depth_m: NDArray[np.float32], step_m: float) -> Mask:
    """Return the pixels beyond one bad pixel, or across a corner, that continue the surface."""
    landed = np.zeros_like(filled)
    missing = alike & ~filled
    for rows, columns in _LEAPS:
        near, far = _shifted(filled.shape, rows, columns)
        surface = np.abs(depth_m[near] - depth_m[far]) < step_m
        landed[far] |= filled[near] & missing[far] & surface
        landed[near] |= filled[far] & missing[near] & surface
    return landed


def _shifted(shape: tuple[int, ...], rows: int, columns: int) -> tuple[Window, Window]:
    """Return two windows on an image, the second shifted against the first; rows >= 0."""
    height, width = shape
    left, right = max(0, -columns), width - max(0, columns)
    first = slice(0, height - rows), slice(left, right)
    return first, (slice(rows, height), slice(left + columns, right + columns))


def _runs(linked: Mask) -> NDArray[np.int32]:
    """Number the runs of linked pixels along the rows."""
    starts = np.ones((linked.shape[0], linked.shape[1] + 1), dtype=np.int32)
    starts[:, 1:] = ~linked
    return np.cumsum(starts.ravel(), dtype=np.int32).reshape(starts.shape)
