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

"""How far an arm has come along its trajectory, and whether it is still on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vlm_robot.motion.trajectory import Trajectory

_ARRIVED_RAD = 0.006
_NEARER_RAD = 1e-3  # what counts as progress at the end
_OFF_RAD = 0.25  # from the nearest knot


class Progress:
    """
    Compares measured joints with a trajectory, whatever the time.

    :param names: of the joints.
    """

    def __init__(self, trajectory: Trajectory, names: Sequence[str]) -> None:
        self._positions = trajectory.positions
        self._names = names
        self._joints = trajectory.positions[0]
        self._nearest = -1
        self._best = np.inf
        self._off: NDArray[np.float64] = np.zeros(trajectory.joints)

    @property
    def error_rad(self) -> float:
        """Largest distance of a joint from the end."""
        return float(np.abs(self._joints - self._positions[-1]).max())

    @property
    def has_arrived(self) -> bool:
        """Whether the joints are at the end."""
        return self.error_rad < _ARRIVED_RAD

    def takes_in(self, joints: NDArray[np.float64]) -> bool:
        """Look at measured joints; return whether they are further than ever before."""
        self._joints = joints
        errors = np.abs(self._positions - joints)
        nearest = int(np.argmin(errors.max(axis=1)))
        self._off = errors[nearest]
        moved = nearest > self._nearest or self.error_rad < self._best - _NEARER_RAD
        self._nearest = max(self._nearest, nearest)
        self._best = min(self._best, self.error_rad)
        return moved

    def where(self) -> str:
        """Return the joint that is furthest from its end, and how far."""
        errors = np.abs(self._joints - self._positions[-1])
        joint = int(np.argmax(errors))
        return f'{self._names[joint]} by {errors[joint]:.3f} rad'

    def off_its_way(self) -> str | None:
        """Return which joint is not on the way, or None while all are."""
        joint = int(np.argmax(self._off))
        if self._off[joint] <= _OFF_RAD:
            return None
        return f'the arm left its way: {self._names[joint]} is {self._off[joint]:.2f} rad off'
