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

"""What is fixed to what: camera, board, arm."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.calibration.faults import CalibrationRefused, Fault
from vlm_robot.core.geometry import inverse

LEAST_TURN_RAD = np.deg2rad(10.0)
_LEAST_SECOND_TURN_RAD = np.deg2rad(4.0)


class Setup(Enum):
    """
    Where the camera is.

    Either way camera and board are each fixed in a frame that the arm moves against the other:
    T_camera_board = T_camera_mount @ T_mount_holder @ T_holder_board.
    """

    EYE_TO_HAND = 'eye-to-hand'  # mount: the base; holder: the tool
    EYE_IN_HAND = 'eye-in-hand'  # mount: the tool; holder: the base

    @property
    def other(self) -> Setup:
        """The other setup."""
        return Setup.EYE_IN_HAND if self is Setup.EYE_TO_HAND else Setup.EYE_TO_HAND

    def T_mount_holder(self, T_base_tool: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the arm moves."""
        return T_base_tool if self is Setup.EYE_TO_HAND else inverse(T_base_tool)


def rotation_vector(T_a_b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation of a transform as axis times angle, (3,) rad."""
    vector, _ = cv2.Rodrigues(T_a_b[:3, :3])
    return np.asarray(vector, dtype=np.float64).ravel()


def check_motion(poses: Iterable[NDArray[np.float64]]) -> None:
    """
    Check that the arm turned enough, about more than one axis.

    Otherwise the camera's place along an axis is unknown (Tsai and Lenz, 1989).

    :param poses: T_base_tool of the samples.
    :raises CalibrationRefused: DEGENERATE_MOTION.
    """
    kept = list(poses)
    turns = np.array([rotation_vector(inverse(a) @ b) for a, b in itertools.combinations(kept, 2)])
    largest = float(np.linalg.norm(turns, axis=1).max()) if len(turns) else 0.0
    if largest < LEAST_TURN_RAD:
        raise CalibrationRefused(
            Fault.DEGENERATE_MOTION,
            f'the arm turned by at most {np.rad2deg(largest):.1f} degrees between samples: '
            'turn the tool by 20 to 40 degrees, about two axes at least',
        )
    spread = np.linalg.svd(turns, compute_uv=False) / np.sqrt(len(turns))
    if spread[1] < _LEAST_SECOND_TURN_RAD:
        raise CalibrationRefused(
            Fault.DEGENERATE_MOTION,
            f'the arm turned about one axis only, by {np.rad2deg(spread[1]):.1f} degrees about '
            'any other: turn the tool about two axes at least',
        )
