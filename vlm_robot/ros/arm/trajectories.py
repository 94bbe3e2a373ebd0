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

"""Joint trajectories as messages, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.ros.conversions import time_message

if TYPE_CHECKING:
    from builtin_interfaces.msg import Duration


def trajectory_message(trajectory: Trajectory, names: Sequence[str]) -> JointTrajectory:
    """
    Return the message that ros2_control's joint_trajectory_controller takes.

    Its stamp is zero: start now.
    """
    points = [
        JointTrajectoryPoint(
            positions=position.tolist(), velocities=velocity.tolist(), time_from_start=_duration(t)
        )
        for t, position, velocity in zip(
            trajectory.times_s, trajectory.positions, trajectory.velocities, strict=True
        )
    ]
    return JointTrajectory(joint_names=list(names), points=points)


def trajectory_value(
    message: JointTrajectory, names: Sequence[str], current: NDArray[np.float64]
) -> Trajectory:
    """
    Return the trajectory of a message, its joints in the order of `names`.

    Begins at `current` unless the first point is at time 0. No points at all means: stay.

    :param current: (joints,) where the joints are commanded to be now.
    :raises Refusal: MOTION_FAILED when names, times or numbers are wrong.
    """
    if not message.points:
        return _line(current, current, duration_s=0.01)
    if sorted(message.joint_names) != sorted(names):
        raise _refused(f'it names {list(message.joint_names)!r}: expected {list(names)!r}')
    order = [list(message.joint_names).index(name) for name in names]
    times, positions, velocities = _columns(message.points, order)
    if times[0] > 0:
        times = np.concatenate([[0.0], times])
        positions = np.vstack([current, positions])
        velocities = np.vstack([np.zeros_like(current), velocities])
    if len(times) < 2:
        return _line(positions[0], positions[0], duration_s=0.01)
    try:
        return Trajectory(times, positions, velocities)
    except ValueError as err:
        raise _refused(str(err)) from err


def _columns(
    points: Sequence[JointTrajectoryPoint], order: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    count = len(order)
    times = np.array([p.time_from_start.sec + p.time_from_start.nanosec * 1e-9 for p in points])
    for point in points:
        if len(point.positions) != count or len(point.velocities) not in (0, count):
            raise _refused(f'a point has {len(point.positions)} positions: expected {count}')
    positions = np.array([list(p.positions) for p in points])[:, order]
    rest = [0.0] * count
    velocities = np.array([list(p.velocities) or rest for p in points])[:, order]
    if not (np.isfinite(positions).all() and np.isfinite(velocities).all()):
        raise _refused('a position or velocity is not a finite number')
    return times, positions, velocities


def _line(
    start: NDArray[np.float64], end: NDArray[np.float64], *, duration_s: float
) -> Trajectory:
    rest = np.zeros((2, len(start)))
    return Trajectory(np.array([0.0, duration_s]), np.array([start, end]), rest)


def _duration(seconds: float) -> Duration:
    from builtin_interfaces.msg import Duration

    time = time_message(round(seconds * 1e9))
    return Duration(sec=time.sec, nanosec=time.nanosec)


def _refused(reason: str) -> Refusal:
    return Refusal(Outcome.MOTION_FAILED, f'a joint trajectory was refused: {reason}')
