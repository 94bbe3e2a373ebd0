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

"""A picture of some samples: corners seen, corners expected, and the axes of the board."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.calibration.calibrate import Calibration, Seen
from vlm_robot.calibration.equations import Equations, look_of

_SEEN, _EXPECTED, _TEXT = (255, 220, 0), (255, 0, 200), (255, 255, 255)  # RGB
_AXES = ((230, 30, 30), (40, 200, 40), (60, 90, 255))
_COLUMNS = 3
_MOST_PICTURES = 9
_AXIS_SQUARES = 2.0


def mosaic(found: Calibration, *, tile_width: int = 640) -> NDArray[np.uint8]:
    """
    Draw the dropped samples, the worst ones and the best one.

    :return: (h, w, 3) RGB: rings where corners are seen, crosses where they are expected.
    """
    tiles = [_tile(found, seen, tile_width, dropped=dropped) for seen, dropped in _chosen(found)]
    blank = np.full_like(tiles[0], 40)
    tiles += [blank] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[i : i + _COLUMNS]) for i in range(0, len(tiles), _COLUMNS)]
    return np.asarray(np.vstack(rows), dtype=np.uint8)


def _chosen(found: Calibration) -> Iterable[tuple[Seen, bool]]:
    dropped = [(seen, True) for seen, _ in found.dropped][: _MOST_PICTURES // 2]
    order = np.argsort(found.sample_px)[::-1]
    room = _MOST_PICTURES - len(dropped)
    picked = [*order[: room - 1], order[-1]] if len(order) > room else order
    return [*dropped, *((found.used[i], False) for i in picked)]


def _tile(found: Calibration, seen: Seen, width: int, *, dropped: bool) -> NDArray[np.uint8]:
    image = seen.sample.image
    colour = image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    scale = width / image.shape[1]
    shrunk = cv2.resize(colour, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    picture = np.array(shrunk, dtype=np.uint8)
    equations = _of_one(found, seen)
    _draw_axes(picture, found, equations, scale)
    expected = equations.expected(found.poses, 0)
    for at, where in zip(seen.sighting.pixels, expected, strict=True):
        cv2.circle(picture, _dot(at, scale), 5, _SEEN, 1, cv2.LINE_AA)
        cv2.drawMarker(picture, _dot(where, scale), _EXPECTED, cv2.MARKER_CROSS, 7, 1)
    error_px = equations.rms(found.poses)[0]
    text = f'{seen.sample.name}  {error_px:.2f} px{"  dropped" if dropped else ""}'
    cv2.rectangle(picture, (0, 0), (12 * len(text), 26), (0, 0, 0), -1)
    cv2.putText(picture, text, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.55, _TEXT, 1, cv2.LINE_AA)
    return picture


def _of_one(found: Calibration, seen: Seen) -> Equations:
    moved = found.setup.T_mount_holder(seen.sample.T_base_tool)
    look = look_of(moved, seen.sighting, found.board.corners)
    return Equations(found.equations.optics, (look,))


def _draw_axes(
    picture: NDArray[np.uint8], found: Calibration, equations: Equations, scale: float
) -> None:
    """Draw where the calibration says that the board's frame is."""
    length_m = _AXIS_SQUARES * found.board.square_m
    ends = np.vstack([np.zeros(3), length_m * np.eye(3)])
    look = equations.looks[0]
    T_camera_board = (
        np.linalg.inv(found.T_mount_camera) @ look.T_mount_holder @ found.poses.T_holder_board
    )
    points = ends @ T_camera_board[:3, :3].T + T_camera_board[:3, 3]
    origin, *tips = (_dot(at, scale) for at in equations.optics.project(points))
    for tip, colour in zip(tips, _AXES, strict=True):
        cv2.line(picture, origin, tip, colour, 3, cv2.LINE_AA)


def _dot(pixel: NDArray[np.float64], scale: float) -> tuple[int, int]:
    u, v = np.clip((pixel + 0.5) * scale - 0.5, -30_000, 30_000)
    return round(float(u)), round(float(v))
