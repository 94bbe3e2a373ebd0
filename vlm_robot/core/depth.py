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


"""Repairs depth: pixels in the air are dropped, small holes closed, several images fused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.colour import chroma
from vlm_robot.core.flood import Mask
from vlm_robot.core.neighbours import box_sum

Depth = NDArray[np.float32]
"""(h, w) m along the optical axis, NaN where unknown."""

_FLYING_M = 0.008  # at least, from a pixel in the air to the surface on either side
_STEADY = 0.5  # of that jump: what the surfaces themselves change from pixel to pixel
_CHROMA = 0.12
_LOG_LIGHT = 0.5
_NEAR_PX = 2  # an earlier image fills holes where, this close by, it agrees with the newest


def without_flying_pixels(depth_m: Depth) -> Depth:
    """
    Drop pixels that lie between two surfaces along the ray, as a mixture of both.

    Such a pixel is away from its neighbours on both sides, nearer than one and further than the
    other, while the surfaces go on smoothly beyond. A slope does not.
    """
    flat = np.ascontiguousarray(depth_m).ravel()
    flying = np.concatenate([_flying(flat, 1), _flying(flat, depth_m.shape[1])])
    if len(flying) == 0:
        return depth_m
    cleaned = flat.copy()
    cleaned[flying] = np.nan
    return cleaned.reshape(depth_m.shape)


def _flying(flat: NDArray[np.float32], stride: int) -> NDArray[np.int64]:
    """
    Return which pixels of an image, row after row, are in the air between two neighbours.

    :param stride: from one neighbour to the next. Those at the ends of rows have a false one,
        which costs an image no more than its border.
    """
    jumps = flat[stride:] - flat[:-stride]
    large = np.abs(jumps) > _FLYING_M
    left = np.flatnonzero(large[:-stride] & large[stride:])
    before, after = jumps[left], jumps[left + stride]
    beyond = np.maximum(_size(jumps, left - stride), _size(jumps, left + 2 * stride))
    steady = beyond < _STEADY * np.minimum(np.abs(before), np.abs(after))
    flying: NDArray[np.int64] = left[(before * after > 0) & steady] + stride
    return flying


def _size(jumps: NDArray[np.float32], at: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return how large jumps are; 0 where none is known: beyond the image and beside a hole."""
    inside = (at >= 0) & (at < len(jumps))
    return np.where(inside, np.nan_to_num(np.abs(jumps[np.where(inside, at, 0)])), np.float32(0))


def without_holes(
    depth_m: Depth, rgb: NDArray[np.uint8], *, reach_px: int, step_m: float
) -> Depth:
    """
    Close holes inside a surface, along rows and columns.

    A hole gets depth only between two pixels of one surface: no step in depth from one to the
    other, and the colour of both on all pixels between them. What is open to one side, as at a
    silhouette or in the shadow of an occlusion, stays a hole, and so does what lies between two
    things.

    :param reach_px: the longest hole that is closed.
    """
    hole = np.isnan(depth_m)
    if not hole.any():
        return depth_m
    along = _bridged(depth_m, rgb, reach_px, step_m)
    down = _bridged(depth_m.T, rgb.transpose(1, 0, 2), reach_px, step_m).T
    bridged = np.where(np.isnan(along), down, along)
    both = np.isfinite(along) & np.isfinite(down)
    bridged[both] = (along[both] + down[both]) / 2
    return np.where(hole, bridged, depth_m)


def _bridged(depth_m: Depth, rgb: NDArray[np.uint8], reach_px: int, step_m: float) -> Depth:
    """Interpolate the holes of each row whose ends are alike; NaN elsewhere."""
    known = np.isfinite(depth_m)
    left, right = _ends(known)
    inside = ~known & (left >= 0) & (right < depth_m.shape[1]) & (right - left - 1 <= reach_px)
    rows, columns = np.nonzero(inside)
    first, last = left[rows, columns], right[rows, columns]
    near, far = depth_m[rows, first], depth_m[rows, last]
    ends = _alike(rgb[rows, first], rgb[rows, last])
    strange = np.zeros(depth_m.shape, dtype=np.int32)
    strange[rows, columns] = ~(ends & _alike(rgb[rows, columns], rgb[rows, first]))
    counts = strange.cumsum(axis=1)
    whole = counts[rows, last] == counts[rows, first]
    surface = whole & (np.abs(far - near) < step_m)
    values = near + (columns - first) / (last - first) * (far - near)
    found = np.full(depth_m.shape, np.nan, dtype=np.float32)
    found[rows[surface], columns[surface]] = values[surface]
    return found


def _ends(known: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the columns of the last known pixel before each and of the first one after it."""
    width = known.shape[1]
    columns = np.arange(width)
    left = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    reverse = np.where(known, columns, width)[:, ::-1]
    return left, np.minimum.accumulate(reverse, axis=1)[:, ::-1]


def _alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Mask:
    planes, lights = zip(chroma(one), chroma(other), strict=True)
    away = np.abs(planes[0] - planes[1]).max(axis=-1)
    alike: Mask = (away < _CHROMA) & (np.abs(lights[0] - lights[1]) < _LOG_LIGHT)
    return alike


def fused(newest: Depth, earlier: Sequence[Depth], *, step_m: float) -> Depth:
    """
    Average depth images of one camera, pixel by pixel, where they agree.

    A pixel that has changed keeps its newest value. A hole of the newest image is filled from
    earlier ones only where they agree with it all around.

    :param step_m: images whose depth differs by less agree.
    """
    if not earlier:
        return newest
    total = np.nan_to_num(newest)
    count = np.isfinite(newest).astype(np.float32)
    changed = np.zeros(newest.shape, dtype=np.bool_)
    before = np.full_like(newest, np.nan)
    for image in earlier:
        before = np.where(np.isnan(before), image, before)
        apart = np.abs(image - newest)
        agrees = apart < step_m
        changed |= apart >= step_m
        total[agrees] += image[agrees]
        count += agrees
    with_earlier = np.where(count > 0, total / np.maximum(count, 1), before)
    steady = (count > 1).astype(np.float32)
    around = (box_sum(steady, _NEAR_PX) > 0) & (box_sum(changed.astype(np.float32), _NEAR_PX) == 0)
    return np.where((count > 0) | around, with_earlier, np.float32(np.nan)).astype(np.float32)
