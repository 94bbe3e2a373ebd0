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

"""When a look at the board is worth a sample."""

from __future__ import annotations

from collections import deque
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from vlm_robot.calibration.mounting import rotation_vector
from vlm_robot.core.geometry import inverse

_STILL_M, _STILL_RAD = 5e-4, np.deg2rad(0.1)
_NEW_M, _NEW_RAD = 0.02, np.deg2rad(5.0)


class Moment(Enum):
    """What a look is worth."""

    MOVING = 'the arm moves'
    KNOWN = 'the arm is where a sample was taken: move it on'
    GOOD = 'the arm is at rest at a new pose'


class Collector:
    """
    Tells when the arm has come to rest at a new pose.

    :param settle_s: how long it must not have moved.
    """

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._looks: deque[tuple[float, NDArray[np.float64]]] = deque()
        self._taken: list[NDArray[np.float64]] = []
        self._moved_m = self._moved_rad = 0.0

    @property
    def unrest(self) -> str:
        """How far the arm moved when it moved last, and what counts as rest, for a person."""
        return (
            f'last by {self._moved_m * 1e3:.1f} mm and {np.rad2deg(self._moved_rad):.2f} degrees; '
            f'it rests below {_STILL_M * 1e3:g} mm and {np.rad2deg(_STILL_RAD):g} degrees for '
            f'{self._settle_s:g} s'
        )

    def offer(self, time_s: float, T_base_tool: NDArray[np.float64]) -> Moment:
        """Take in where the arm is, and say what a sample of now would be worth."""
        if self._looks:
            distance_m, turn_rad = _difference(self._looks[0][1], T_base_tool)
            if distance_m >= _STILL_M or turn_rad >= _STILL_RAD:
                self._moved_m, self._moved_rad = distance_m, turn_rad
                self._looks.clear()
        if not self._looks or time_s < self._looks[-1][0]:
            self._looks.clear()
            self._looks.append((time_s, T_base_tool))
        if time_s - self._looks[0][0] < self._settle_s:
            return Moment.MOVING
        if any(_is_near(taken, T_base_tool, _NEW_M, _NEW_RAD) for taken in self._taken):
            return Moment.KNOWN
        return Moment.GOOD

    def took(self, T_base_tool: NDArray[np.float64]) -> None:
        """Remember that a sample was taken, or tried in vain, at a pose."""
        self._taken.append(T_base_tool)


def _is_near(
    T_a: NDArray[np.float64], T_b: NDArray[np.float64], distance_m: float, turn_rad: float
) -> bool:
    distance, turn = _difference(T_a, T_b)
    return distance < distance_m and turn < turn_rad


def _difference(T_a: NDArray[np.float64], T_b: NDArray[np.float64]) -> tuple[float, float]:
    """Return how far apart two poses are, in m and rad."""
    moved = inverse(T_a) @ T_b
    return float(np.linalg.norm(moved[:3, 3])), float(np.linalg.norm(rotation_vector(moved)))
