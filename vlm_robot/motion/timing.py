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

"""Jerk-limited, time-optimal timing of joint paths, by ruckig."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import MissingPackageError, Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.motion.settings import Limits
from vlm_robot.motion.trajectory import Trajectory

try:
    import ruckig
except ImportError as err:
    raise MissingPackageError('ruckig', 'motion') from err

_PERIOD_S = 0.03  # between knots
_FREE = 1e6  # stands for no limit


@dataclass(frozen=True)
class JointPath:
    """A path without times: joint positions along a parameter, smooth between the knots."""

    parameter: NDArray[np.float64]  # (n,) increasing, from 0: m along a line, or any other
    positions: NDArray[np.float64]  # (n, joints) rad


def straight(start: NDArray[np.float64], end: NDArray[np.float64]) -> JointPath:
    """Return the straight line between two joint positions; its parameter runs from 0 to 1."""
    return JointPath(np.array([0.0, 1.0]), np.stack([start, end]))


def timed(path: JointPath, limits: Limits, *, max_speed: float | None = None) -> Trajectory:
    """
    Time a path from rest to rest.

    Ruckig times the path's parameter, under the bounds that the slopes of the joints leave it;
    what the path's curvature adds to the accelerations is met by slowing the whole motion down.

    :param max_speed: bound on the parameter's speed, m/s for a path whose parameter is in m.
    :raises Refusal: MOTION_FAILED when ruckig finds no timing.
    """
    slopes = np.gradient(path.positions, path.parameter, axis=0)
    steepest = np.abs(slopes).max(axis=0)
    profile = _profile(float(path.parameter[-1]), steepest, limits, max_speed)
    times_s = np.linspace(0, profile.duration, max(3, int(profile.duration / _PERIOD_S) + 2))
    rates = np.array([_state(profile, t) for t in times_s])
    shape = Trajectory(path.parameter, path.positions, slopes)
    points = [shape.sample(s) for s in rates[:, 0]]
    trajectory = Trajectory(
        times_s,
        np.array([position for position, _ in points]),
        np.array([slope for _, slope in points]) * rates[:, 1:],
    )
    return trajectory.stretched(_slowdown(trajectory, limits))


def stop(
    positions: NDArray[np.float64], velocities: NDArray[np.float64], limits: Limits
) -> Trajectory:
    """
    Return how the arm comes to rest from where it is, as fast as the limits allow.

    :raises Refusal: MOTION_FAILED when ruckig finds no timing.
    """
    request = ruckig.InputParameter(len(positions))
    request.control_interface = ruckig.ControlInterface.Velocity
    request.synchronization = ruckig.Synchronization.No
    request.current_position, request.current_velocity = positions.tolist(), velocities.tolist()
    request.target_velocity = [0.0] * len(positions)
    request.max_acceleration, request.max_jerk = list(limits.acceleration), list(limits.jerk)
    profile = _solve(request)
    times_s = np.linspace(
        0, max(profile.duration, 2e-3), max(3, int(profile.duration / _PERIOD_S) + 2)
    )
    states = [profile.at_time(t) for t in times_s]
    return Trajectory(times_s, np.array([s[0] for s in states]), np.array([s[1] for s in states]))


def _profile(
    length: float, steepest: NDArray[np.float64], limits: Limits, max_speed: float | None
) -> ruckig.Trajectory:
    request = ruckig.InputParameter(1)
    request.current_position, request.target_position = [0.0], [length]
    speed = min(_tightest(limits.velocity, steepest), max_speed or _FREE)
    request.max_velocity = [speed]
    request.max_acceleration = [_tightest(limits.acceleration, steepest)]
    request.max_jerk = [_tightest(limits.jerk, steepest)]
    return _solve(request)


def _tightest(bounds: tuple[float, ...], steepest: NDArray[np.float64]) -> float:
    return float(np.min(np.array(bounds) / np.maximum(steepest, 1 / _FREE)))


def _solve(request: ruckig.InputParameter) -> ruckig.Trajectory:
    profile = ruckig.Trajectory(request.degrees_of_freedom)
    result = ruckig.Ruckig(request.degrees_of_freedom).calculate(request, profile)
    if result not in (ruckig.Result.Working, ruckig.Result.Finished):
        raise Refusal(Outcome.MOTION_FAILED, f'no timing within the joint limits: {result.name}')
    return profile


def _state(profile: ruckig.Trajectory, time_s: float) -> tuple[float, float]:
    position, velocity, _ = profile.at_time(time_s)
    return position[0], velocity[0]


def _slowdown(trajectory: Trajectory, limits: Limits) -> float:
    """Return the factor, at least 1, by which times must grow to fit the limits."""
    accelerations = np.gradient(trajectory.velocities, trajectory.times_s, axis=0)
    too_fast = np.abs(trajectory.velocities).max(axis=0) / limits.velocity
    too_hard = np.abs(accelerations).max(axis=0) / limits.acceleration
    return float(max(1.0, too_fast.max(), np.sqrt(too_hard.max())))
