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

"""The board's corners in an image, and where the board is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.calibration.board import Board, dictionaries
from vlm_robot.calibration.optics import Optics

FEWEST_CORNERS = 6
_COMMON = ('4X4_50', '5X5_100', '6X6_250', '7X7_1000')


@dataclass(frozen=True)
class Sighting:
    """The corners that are seen in an image."""

    ids: NDArray[np.int64]  # (n,) rows of `Board.corners`
    pixels: NDArray[np.float64]  # (n, 2)


def find_corners(board: Board, image: NDArray[np.uint8]) -> Sighting | None:
    """
    Return the corners in an image, or None when too few are seen to tell where the board is.

    :param image: (h, w) or (h, w, 3).
    """
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    detector = cv2.aruco.CharucoDetector(board.pattern)
    pixels, ids, _, _ = detector.detectBoard(grey)
    if ids is None or len(ids) < FEWEST_CORNERS:
        return None
    order = np.asarray(ids, dtype=np.int64).ravel()
    seen = np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
    if np.linalg.matrix_rank(board.corners[order, :2] - board.corners[order[0], :2]) < 2:
        return None
    return Sighting(order, seen)


def board_pose(board: Board, sighting: Sighting, optics: Optics) -> NDArray[np.float64]:
    """Return T_camera_board of one sighting, by the plane's homography and then by refinement."""
    points = board.corners[sighting.ids]
    rays = optics.undistort(sighting.pixels)
    eye, none = np.eye(3), np.zeros(4)
    _, turn, move = cv2.solvePnP(points, rays, eye, none, flags=cv2.SOLVEPNP_IPPE)
    turn, move = cv2.solvePnPRefineLM(points, rays, eye, none, turn, move)
    T_camera_board = np.eye(4)
    T_camera_board[:3, :3], _ = cv2.Rodrigues(turn)
    T_camera_board[:3, 3] = move.ravel()
    return T_camera_board


def other_dictionaries(board: Board, images: Sequence[NDArray[np.uint8]]) -> list[str]:
    """Return the dictionaries whose markers are seen in images in which the board is not."""
    sizes = {name.split('_')[1]: name for name in sorted(dictionaries(), key=_count, reverse=True)}
    return [
        name
        for size, name in sizes.items()
        if size != board.dictionary.split('_')[1]
        and any(_markers(name, image) >= 4 for image in images)
    ]


def _count(name: str) -> int:
    return int(name.rsplit('_', 1)[1])


def _markers(dictionary: str, image: NDArray[np.uint8]) -> int:
    known = cv2.aruco.getPredefinedDictionary(dictionaries()[dictionary])
    _, ids, _ = cv2.aruco.ArucoDetector(known).detectMarkers(image)
    return 0 if ids is None else len(ids)
