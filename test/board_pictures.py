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

"""Pictures of a board, drawn ray by ray through a known camera."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.calibration.board import Board
from vlm_robot.calibration.mounting import Setup
from vlm_robot.calibration.optics import Optics
from vlm_robot.calibration.samples import Sample
from vlm_robot.core.geometry import from_look_at, inverse

Transform = NDArray[np.float64]

BOARD = Board()
MATRIX = np.array([[615.0, 0, 322.0], [0, 617.0, 238.0], [0, 0, 1]])
PINHOLE = Optics(640, 480, MATRIX)
PLUMB_BOB = Optics(640, 480, MATRIX, 'plumb_bob', np.array([-0.28, 0.09, 0.001, -0.0008, -0.01]))
RATIONAL = Optics(
    *(640, 480, MATRIX, 'rational_polynomial'),
    np.array([0.3, -0.2, 0.0005, -0.0003, 0.02, 0.62, -0.25, 0.03]),
)
FISHEYE = Optics(
    *(640, 480, np.array([[420.0, 0, 321.0], [0, 421.0, 239.0], [0, 0, 1]]), 'equidistant'),
    np.array([-0.02, 0.008, -0.004, 0.001]),
)
_PIXELS_PER_SQUARE = 48


def photograph(
    T_camera_board: Transform, optics: Optics, *, board: Board = BOARD, seed: int = 0
) -> NDArray[np.uint8]:
    """Return a grey picture, (h, w), slightly blurred and noisy."""
    T_board_camera = inverse(T_camera_board)
    lines = sight(optics) @ T_board_camera[:3, :3].T
    with np.errstate(divide='ignore', invalid='ignore'):
        reach = -T_board_camera[2, 3] / lines[:, 2]
    place = T_board_camera[:2, 3] + reach[:, None] * lines[:, :2]
    place[~(reach > 0)] = -1.0
    texture = board.picture(_PIXELS_PER_SQUARE)
    texture = cv2.GaussianBlur(texture, (0, 0), 0.35 * _blur(T_camera_board, optics, board))
    margin = (texture.shape[0] - board.rows * _PIXELS_PER_SQUARE) / 2
    at = place / board.square_m * _PIXELS_PER_SQUARE + margin - 0.5
    at = at.reshape(optics.height, optics.width, 2).astype(np.float32)
    seen = cv2.remap(
        *(texture, at[..., 0], at[..., 1], cv2.INTER_LINEAR),
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=110,
    )
    blurred = cv2.GaussianBlur(seen.astype(np.float32) * 0.7 + 30, (0, 0), 0.7)
    noise = np.random.default_rng(seed).normal(0, 2.0, blurred.shape)
    return np.clip(blurred + noise, 0, 255).astype(np.uint8)


@functools.cache
def sight(optics: Optics) -> NDArray[np.float64]:
    """Return the line of sight of each pixel, (h * w, 3)."""
    grid = np.stack(np.meshgrid(*map(np.arange, (optics.width, optics.height))), axis=-1)
    rays = optics.undistort(grid.reshape(-1, 2).astype(np.float64))
    return np.column_stack([rays, np.ones(len(rays))])


def _blur(T_camera_board: Transform, optics: Optics, board: Board) -> float:
    """Texture pixels per image pixel: what a pixel averages over."""
    per_m = optics.matrix[0, 0] / T_camera_board[2, 3]
    return max(1.0, _PIXELS_PER_SQUARE / board.square_m / per_m)


@dataclass(frozen=True, eq=False)
class Stage:
    """A camera, a board and an arm whose true places are known."""

    setup: Setup
    T_mount_camera: Transform
    T_holder_board: Transform

    def T_base_tool(self, T_camera_board: Transform) -> Transform:
        """Return where the arm has to be for the camera to see the board so."""
        M = self.T_mount_camera @ T_camera_board @ inverse(self.T_holder_board)
        return M if self.setup is Setup.EYE_TO_HAND else inverse(M)


TO_HAND = Stage(
    Setup.EYE_TO_HAND,
    from_look_at((0.9, 0.1, 0.7), (0.4, 0.0, 0.2)),
    from_look_at((0.02, -0.09, 0.06), (0.0, 0.0, 1.0), (0.0, 1.0, 0.2)),
)
IN_HAND = Stage(
    Setup.EYE_IN_HAND,
    from_look_at((0.05, 0.01, 0.03), (0.06, 0.0, 1.0), (1.0, 0.1, 0.0)),
    from_look_at((0.5, 0.1, 0.02), (0.5, 0.11, -1.0), (0.2, 1.0, 0.0)),
)


def views(count: int, *, seed: int, axis: Sequence[float] | None = None) -> list[Transform]:
    """
    Return T_camera_board of seeded views in which all of the board is seen.

    :param axis: what every view is turned about; None turns freely.
    """
    random = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        turn = np.array(axis or random.normal(size=3)) * 1.0
        turn *= random.uniform(0.15, 0.6) * random.choice((-1, 1)) / np.linalg.norm(turn)
        T = np.eye(4)
        T[:3, :3], _ = cv2.Rodrigues(turn)
        middle = np.append(random.uniform(-0.08, 0.08, 2), random.uniform(0.38, 0.55))
        T[:3, 3] = middle - T[:3, :3] @ np.append(np.array(BOARD.size_m) / 2, 0)
        found.append(T)
    return found


def samples(stage: Stage, poses: Sequence[Transform], optics: Optics = PLUMB_BOB) -> list[Sample]:
    """Photograph the board at each of the poses."""
    pictures = [(T, photograph(T, optics, seed=number)) for number, T in enumerate(poses)]
    return _samples(stage, pictures)


def usual_samples(stage: Stage, optics: Optics = PLUMB_BOB, *, count: int = 10) -> list[Sample]:
    """Return samples at varied poses; their pictures are drawn once."""
    return _samples(stage, _gallery(optics)[:count])


@functools.cache
def _gallery(optics: Optics) -> list[tuple[Transform, NDArray[np.uint8]]]:
    return [(T, photograph(T, optics, seed=n)) for n, T in enumerate(views(10, seed=3))]


def _samples(
    stage: Stage, pictures: Sequence[tuple[Transform, NDArray[np.uint8]]]
) -> list[Sample]:
    return [
        Sample(f'{number:03d}.png', image, stage.T_base_tool(T_camera_board))
        for number, (T_camera_board, image) in enumerate(pictures)
    ]
