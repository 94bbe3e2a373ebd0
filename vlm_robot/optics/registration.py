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

"""Depth of one camera as another camera sees it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.values import Intrinsics
from vlm_robot.optics.lens import Lens

_EDGE = 0.02  # neighbours whose depth differs by a larger share are two surfaces, unless
_STEEPEST = 5.7  # one surface that is seen at 80 degrees (its tangent) explains it
_THICKNESS = 0.01  # share of the depth by which points of one surface differ within a pixel
_FINEST = 8  # points per pixel and side, at most


def register_depth(
    depth_m: NDArray[np.float32],
    *,
    depth_lens: Lens,
    colour_lens: Lens,
    T_colour_depth: NDArray[np.float64],
) -> NDArray[np.float32]:
    """
    Project a depth image into the colour camera: the nearest surface of each pixel.

    The depth image is a mesh, cut where it jumps, of which so many points are projected that no
    surface has holes. What the colour camera sees and the depth camera does not stays NaN.

    :param depth_m: (h, w) m, NaN where invalid.
    :param T_colour_depth: pose of the depth camera in the colour camera.
    :return: (h, w) m of the colour image, NaN where nothing projects.
    """
    seen = _seen(depth_m, depth_lens, colour_lens, T_colour_depth)
    k = colour_lens.intrinsics
    edge = max(_EDGE, _STEEPEST / min(depth_lens.intrinsics.fx, depth_lens.intrinsics.fy))
    mesh = _mesh(seen, _fineness(depth_lens, colour_lens), edge=edge)
    placed = [_placed(points, k) for points in mesh]
    places, z = (np.concatenate(parts) for parts in zip(*placed, strict=True))
    return _nearest_surface(places, z, k.width * k.height).reshape(k.height, k.width)


def _seen(
    depth_m: NDArray[np.float32],
    depth_lens: Lens,
    colour_lens: Lens,
    T_colour_depth: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return u, v and depth in the colour camera, (3, h, w), of each pixel of the depth image."""
    x, y = depth_lens.lines_of_sight()
    T = T_colour_depth.astype(np.float32)
    points = np.empty((3, *depth_m.shape), dtype=np.float32)
    for axis in range(3):
        np.multiply(T[axis, 0] * x + (T[axis, 1] * y + T[axis, 2]), depth_m, out=points[axis])
        points[axis] += T[axis, 3]
    points[2][~(points[2] > 0)] = np.nan
    points[:2] = colour_lens.bend(points[0] / points[2], points[1] / points[2])
    return points


def _fineness(depth_lens: Lens, colour_lens: Lens) -> int:
    """Return how many points a pixel's side needs, so that each colour pixel is hit."""
    colour, depth = colour_lens.intrinsics, depth_lens.intrinsics
    ratio = max(colour.fx, colour.fy) / min(depth.fx, depth.fy)
    return min(_FINEST, max(1, math.ceil(math.sqrt(2) * ratio)))


def _mesh(
    seen: NDArray[np.float32], fineness: int, *, edge: float
) -> Iterator[NDArray[np.float32]]:
    """Yield the points of the pixels, and of places between those that lie on one surface."""
    z = seen[2]
    is_row = np.abs(z[:, 1:] - z[:, :-1]) < edge * z[:, 1:]
    is_column = np.abs(z[1:] - z[:-1]) < edge * z[1:]
    across, down = seen[:, :, 1:] - seen[:, :, :-1], seen[:, 1:] - seen[:, :-1]
    shares = np.arange(fineness, dtype=np.float32) / np.float32(fineness)
    for share in shares:
        yield _where(is_column, seen[:, :-1] + share * down) if share else seen
    for share in shares[1:]:
        row = _where(is_row, seen[:, :, :-1] + share * across)
        step = _where(is_column[:, 1:] & is_column[:, :-1], row[:, 1:] - row[:, :-1])
        for other in shares:
            yield row[:, :-1] + other * step if other else row


def _where(is_one: NDArray[np.bool_], points: NDArray[np.float32]) -> NDArray[np.float32]:
    points[2][~is_one] = np.nan
    return points


def _placed(
    points: NDArray[np.float32], k: Intrinsics
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the pixels that points fall into, counted row by row, and their depth."""
    u, v, z = points
    is_inside = (u >= -0.5) & (u < k.width - 0.5) & (v >= -0.5) & (v < k.height - 0.5) & (z > 0)
    column, row = np.rint(u[is_inside]), np.rint(v[is_inside])
    return row.astype(np.intp) * k.width + column.astype(np.intp), z[is_inside]


def _nearest_surface(
    places: NDArray[np.intp], z: NDArray[np.float32], pixels: int
) -> NDArray[np.float32]:
    """Return each pixel's mean depth of the points on its nearest surface."""
    nearest = np.full(pixels, np.inf, dtype=np.float32)
    np.minimum.at(nearest, places, z)
    is_seen = z < nearest[places] * (1 + _THICKNESS)
    places, z = places[is_seen], z[is_seen]
    total = np.zeros(pixels, dtype=np.float32)
    np.add.at(total, places, z)
    count = np.bincount(places, minlength=pixels).astype(np.float32)
    count[count == 0] = np.nan
    return total / count
