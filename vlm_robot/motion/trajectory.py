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

"""A timed joint trajectory, and its interpolation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Trajectory:
    """
    Knots of a joint trajectory.

    Between knots it is the cubic that meets both positions and both velocities, which is what
    ros2_control's joint_trajectory_controller makes of points without accelerations.
    """

    times_s: NDArray[np.float64]  # (n,) increasing, from 0
    positions: NDArray[np.float64]  # (n, joints) rad
    velocities: NDArray[np.float64]  # (n, joints) rad/s

    def __post_init__(self) -> None:
        if len(self.times_s) < 2 or not (np.diff(self.times_s) > 0).all():
            raise ValueError('a trajectory needs two or more knots at increasing times')
        if not self.positions.shape == self.velocities.shape == (len(self.times_s), self.joints):
            raise ValueError(
                f'positions {self.positions.shape} and velocities {self.velocities.shape} '
                f'do not fit {len(self.times_s)} times'
            )

    @property
    def joints(self) -> int:
        """Number of joints."""
        return int(self.positions.shape[-1])

    @property
    def duration_s(self) -> float:
        """Time of the last knot."""
        return float(self.times_s[-1])

    @property
    def end(self) -> NDArray[np.float64]:
        """Joint positions of the last knot."""
        return self.positions[-1]

    def sample(self, time_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Interpolate.

        :param time_s: clipped to the trajectory.
        :return: positions and velocities, (joints,) each.
        """
        time_s = min(max(time_s, 0.0), self.duration_s)
        after = min(max(int(self.times_s.searchsorted(time_s)), 1), len(self.times_s) - 1)
        step = self.times_s[after] - self.times_s[after - 1]
        u = (time_s - self.times_s[after - 1]) / step
        p0, p1 = self.positions[after - 1], self.positions[after]
        m0, m1 = self.velocities[after - 1] * step, self.velocities[after] * step
        a, b = 2 * (p0 - p1) + m0 + m1, 3 * (p1 - p0) - 2 * m0 - m1
        return p0 + u * (m0 + u * (b + u * a)), (m0 + u * (2 * b + u * 3 * a)) / step

    def starting_at(self, joints: NDArray[np.float64], *, within_s: float = 1.0) -> Trajectory:
        """
        Return the trajectory from a place beside its start, which it joins smoothly.

        :param joints: (joints,) near the first knot.
        :param within_s: by when it has joined; sooner where the trajectory is shorter.
        """
        end_s = min(within_s, self.duration_s)
        u = np.minimum(self.times_s / end_s, 1)[:, None]
        beside = joints - self.positions[0]
        return Trajectory(
            self.times_s,
            self.positions + beside * (1 - u**2 * (3 - 2 * u)),
            self.velocities - beside * 6 * u * (1 - u) / end_s,
        )

    def stretched(self, factor: float) -> Trajectory:
        """Return the same path, `factor` times as slow."""
        return Trajectory(self.times_s * factor, self.positions, self.velocities / factor)
