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


"""How sure a measurement is: how flat, how full, and how steady from image to image."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from vlm_robot.core.depth import without_flying_pixels
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.regions import Region, foreground
from vlm_robot.core.table import Table
from vlm_robot.core.values import Point3

_SAME_SHARE = 0.5  # of a thing's pixels: an image that shows fewer shows something else


def spread(region: Region) -> float:
    """Return the median absolute deviation of a region's depth in metres."""
    depth = region.depth_m[region.mask]
    return float(np.median(np.abs(depth - np.median(depth))))


def valid_share(region: Region) -> float:
    """Return the share of the region's outline, filled along the rows, that was measured."""
    mask = region.mask
    outline = np.maximum.accumulate(mask, axis=1)
    outline &= np.maximum.accumulate(mask[:, ::-1], axis=1)[:, ::-1]
    missing = int((outline & ~region.measured).sum())
    seen = int((mask & region.measured).sum())
    return seen / (seen + missing) if seen else math.nan


def in_each_image(
    region: Region, table: Table, *, settings: GroundingSettings
) -> Iterator[Region]:
    """
    Yield the region as each of its view's depth images shows it by itself.

    Images that show something else there are left out, so that only the newest may remain.
    """
    for image in region.view.images:
        depth_m = without_flying_pixels(image[region.window])
        points = region.view.points(region.window, depth_m)
        heights = table.heights(points)
        mask = region.mask & foreground(heights, settings=settings)
        if mask.sum() >= _SAME_SHARE * region.mask.sum():
            yield replace(
                region,
                mask=mask,
                points=points,
                heights=heights,
                depth_m=depth_m,
                measured=np.isfinite(depth_m),
            )


def deviation(centres: Sequence[Point3]) -> float:
    """Return the standard deviation of a centre in 3D; NaN for fewer than two measurements."""
    if len(centres) < 2:
        return math.nan
    away = np.array(centres) - np.mean(centres, axis=0)
    return math.sqrt(float((away**2).sum()) / (len(centres) - 1))
