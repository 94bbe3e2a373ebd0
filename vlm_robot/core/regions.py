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
from vlm_robot.core.depth import without_holes
from vlm_robot.core.errors import Refusal
from vlm_robot.core.flood import Mask, grow
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.neighbours import box_mean
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.table import Table
from vlm_robot.core.values import Pixel
from vlm_robot.core.view import View, Window

_FIRST_LOOK_M = 0.09  # most things fit in a window of this radius; the full one costs more
_MIN_PIXELS = 40
_TRIES = 4
_INSIDE = 2  # px; the colour of a thing is read from its pixels this close to the seed
_DENSE = 22  # of 25 pixels around a seed; a few may lack depth
_NEARNESS = 2.0  # pixels of the 25 that one pixel of distance is worth


@dataclass(frozen=True)
class Region:
    """The pixels of one thing, grown from the pixel `seed` (row, column) of the window."""

    view: View  # of the window: that of the frame, or at half its resolution
    window: Window
    seed: tuple[int, int]
    colour: NDArray[np.uint8]  # (3,) at the seed
    mask: Mask  # (rows, columns) of the window
    points: NDArray[np.float32]  # (3, rows, columns) of the window, base frame
    heights: NDArray[np.float32]  # (rows, columns) above the table
    depth_m: NDArray[np.float32]  # (rows, columns), small holes closed
    measured: Mask  # (rows, columns) without those


def find_region(
    view: View, table: Table, pixel: Pixel, *, label: str, settings: GroundingSettings
) -> Region:
    """
    Grow a region of alike colour and continuous depth from a pixel's neighbourhood.

    The pixel may be a few pixels off. Things that touch are separated by a step in depth or by
    colour; things of one colour without a step between them are one region.

    :raises Refusal: NO_DEPTH when nothing with depth stands above the table near the pixel.
    """
    height, width = view.depth_m.shape
    u, v = min(round(pixel[0]), width - 1), min(round(pixel[1]), height - 1)
    near = _Look(view, table, (u, v), _FIRST_LOOK_M, settings)
    region = near.find()
    if region is None:
        raise Refusal(
            Outcome.NO_DEPTH,
            f'nothing with depth stands on the table within {settings.search_px} px of {label!r} '
            f'at {pixel!r}: {_what_is_there(view, table, (u, v), settings)}',
        )
    return _look_wider(view, table, region, settings) if near.cuts(region) else region


def _what_is_there(
    view: View, table: Table, pixel: tuple[int, int], settings: GroundingSettings
) -> str:
    """Say what depth there is around a pixel where nothing stands."""
    window = view.around(*pixel, settings.search_px)
    raw_m = view.depth_m if view.raw_m is None else view.raw_m
    seen_m = raw_m[window][np.isfinite(raw_m[window]) & (raw_m[window] > 0)]
    if not seen_m.size:
        return 'no pixel there has depth'
    said = f'the depth there is {np.median(seen_m):.3f} m'
    heights = table.heights(view.points(window))
    known = heights[np.isfinite(heights)]
    if not known.size:
        return f'{said}, and at most {settings.max_range_m:g} m counts (max_range_m)'
    return f'{said}, {np.median(known) * 1000:.0f} mm above the table'


def _look_wider(view: View, table: Table, region: Region, settings: GroundingSettings) -> Region:
    """Grow on what is larger: half the resolution shows it, in a quarter of the time."""
    rows, columns = region.window
    u, v = columns.start + region.seed[1], rows.start + region.seed[0]
    known = np.zeros(view.depth_m.shape, dtype=np.bool_)
    known[region.window] = region.mask
    wide = _Look(view.half(), table, (u // 2, v // 2), settings.max_object_m, settings)
    larger = wide.grow(wide.crop(known[::2, ::2]), wide.at_pixel, region.colour)
    return larger if larger.mask.sum() >= _MIN_PIXELS else region


class _Look:
    """A window around a pixel, with a radius in metres at the distance of what is seen there."""

    def __init__(
        self,
        view: View,
        table: Table,
        pixel: tuple[int, int],
        radius_m: float,
        settings: GroundingSettings,
    ) -> None:
        self._settings, self._pixel, self._view = settings, pixel, view
        px_per_m = self._px_per_m()
        self._window = view.around(*pixel, max(self._least_px, round(radius_m * px_per_m)))
        self._rgb = view.rgb[self._window]
        seen = view.depth_m[self._window]
        self._measured = np.isfinite(seen)
        self._depth_m = without_holes(
            seen,
            self._rgb,
            reach_px=round(settings.max_hole_m * px_per_m),
            step_m=settings.depth_step_m,
        )
        self._points = view.points(self._window, self._depth_m)
        self._heights = table.heights(self._points)
        self._area = foreground(self._heights, settings=settings)

    @property
    def at_pixel(self) -> tuple[int, int]:
        """Row and column of the pixel in the window."""
        rows, columns = self._window
        return self._pixel[1] - rows.start, self._pixel[0] - columns.start

    def find(self) -> Region | None:
        """Grow from the best seed near the pixel whose region is more than a few pixels."""
        candidates = self._area & self._within(self._settings.search_px)
        if np.isnan(self._depth_m[self.at_pixel]):
            # A thing without depth must not be taken for its neighbour.
            candidates &= same_colour(self._rgb, self._rgb[self.at_pixel])
        for _ in range(_TRIES):
            seed = self._pick_seed(candidates)
            if seed is None:
                return None
            start = np.zeros_like(self._area)
            start[seed] = True
            region = self.grow(start, seed, self._colour_at(seed))
            if region.mask.sum() >= _MIN_PIXELS:
                return region
            candidates &= ~region.mask
        return None

    def crop(self, mask: Mask) -> Mask:
        """Return the window's part of an image."""
        return mask[self._window]

    def grow(self, start: Mask, seed: tuple[int, int], colour: NDArray[np.uint8]) -> Region:
        """Return what has a colour and is linked with a start."""
        start = start & np.isfinite(self._depth_m)
        alike = start | (self._area & same_colour(self._rgb, colour))
        mask = grow(start, alike, self._depth_m, step_m=self._settings.depth_step_m)
        return Region(
            self._view,
            self._window,
            seed,
            colour,
            mask,
            self._points,
            self._heights,
            self._depth_m,
            self._measured,
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

    @property
    def _least_px(self) -> int:
        return self._settings.search_px + _INSIDE

    def _px_per_m(self) -> float:
        """Return the resolution at what is seen around the pixel; 0 if nothing is."""
        near = self._view.depth_m[self._view.around(*self._pixel, self._least_px)]
        known = near[np.isfinite(near)]
        return self._view.focal_at(*self._pixel) / float(np.median(known)) if len(known) else 0.0

    def _within(self, radius_px: int) -> Mask:
        rows, columns = self._away()
        within: Mask = rows[:, None] ** 2 + columns**2 <= radius_px**2
        return within

    def _away(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how many rows and columns the window's pixels are away from the pixel."""
        row, column = self.at_pixel
        height, width = self._area.shape
        return np.arange(height) - row, np.arange(width) - column

    def _pick_seed(self, candidates: Mask) -> tuple[int, int] | None:
        """Prefer pixels well inside the foreground, then near ones: edges have mixed colours."""
        rows, columns = np.nonzero(candidates)
        if len(rows) == 0:
            return None
        padded = np.pad(self._area, _INSIDE)
        density = np.zeros(len(rows))
        for row_shift in range(2 * _INSIDE + 1):
            for column_shift in range(2 * _INSIDE + 1):
                density += padded[rows + row_shift, columns + column_shift]
        rows_away, columns_away = self._away()
        away = np.hypot(rows_away[rows], columns_away[columns])
        best = int(np.argmax(np.minimum(density, _DENSE) - _NEARNESS * away))
        return int(rows[best]), int(columns[best])

    def _colour_at(self, seed: tuple[int, int]) -> NDArray[np.uint8]:
        row, column = seed
        patch = (
            slice(max(0, row - _INSIDE), row + _INSIDE + 1),
            slice(max(0, column - _INSIDE), column + _INSIDE + 1),
        )
        step = np.abs(self._depth_m[patch] - self._depth_m[seed])
        surface = self._area[patch] & (step < self._settings.depth_step_m)
        return np.asarray(np.median(self._rgb[patch][surface], axis=0)).astype(np.uint8)


def part_above(region: Region, cut_m: float) -> Region | None:
    """Return what is linked with the seed above a height; None where that is hardly anything."""
    high = region.mask & (region.heights > cut_m)
    row, column = region.seed
    start = np.zeros_like(high)
    start[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2] = True
    mask = grow(start & high, high, region.depth_m, step_m=math.inf)
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
