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

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from vlm_robot.motion.kinematics import GripperPose, Kinematics
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.timing import stop, straight, timed
from vlm_robot.motion.trajectory import Trajectory


def _ends(seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).uniform(-1.2, 1.2, (2, 7))


def _assert_within_limits(trajectory: Trajectory, settings: ArmSettings) -> None:
    times_s = np.arange(0, trajectory.duration_s, 0.002)
    velocities = np.array([trajectory.sample(t)[1] for t in times_s])
    accelerations = np.gradient(velocities, times_s, axis=0)
    assert (np.abs(velocities) <= 1.01 * np.array(settings.limits.velocity)).all()
    assert (np.abs(accelerations) <= 1.15 * np.array(settings.limits.acceleration)).all()


@pytest.mark.parametrize('seed', range(10))
def test_a_joint_move_keeps_the_limits_from_rest_to_rest(settings: ArmSettings, seed: int) -> None:
    start, end = _ends(seed)
    trajectory = timed(straight(start, end), settings.limits)
    _assert_within_limits(trajectory, settings)
    np.testing.assert_allclose(trajectory.positions[[0, -1]], [start, end], atol=1e-9)
    np.testing.assert_allclose(trajectory.velocities[[0, -1]], 0, atol=1e-9)


@pytest.mark.parametrize('seed', range(5))
def test_a_joint_move_uses_what_the_limits_allow(settings: ArmSettings, seed: int) -> None:
    trajectory = timed(straight(*_ends(seed)), settings.limits)
    speeds = np.abs(trajectory.velocities).max(axis=0) / settings.limits.velocity
    times_s = trajectory.times_s
    accelerations = np.gradient(trajectory.velocities, times_s, axis=0)
    efforts = np.abs(accelerations).max(axis=0) / settings.limits.acceleration
    assert max(speeds.max(), efforts.max()) > 0.75


def test_a_joint_move_is_straight_in_joint_space(settings: ArmSettings) -> None:
    start, end = _ends(1)
    trajectory = timed(straight(start, end), settings.limits)
    for time_s in np.linspace(0, trajectory.duration_s, 50):
        shares = (trajectory.sample(time_s)[0] - start) / (end - start)
        np.testing.assert_allclose(shares, shares[0], atol=1e-9)


@pytest.mark.parametrize('speed', [0.05, 0.2, 5.0])
def test_a_line_keeps_its_speed_and_the_joint_limits(
    kinematics: Kinematics, settings: ArmSettings, speed: float
) -> None:
    start = kinematics.solve(GripperPose((0.6, 0.2, 0.22), 0.3))
    assert start is not None
    path = kinematics.line(start, (0.6, 0.2, 0.02))
    assert path is not None
    trajectory = timed(path, settings.limits, max_speed=speed)
    _assert_within_limits(trajectory, settings)
    heights = [kinematics.height(trajectory.sample(t)[0]) for t in trajectory.times_s]
    assert (np.abs(np.diff(heights) / np.diff(trajectory.times_s)) < 1.05 * speed).all()


def test_a_path_that_goes_nowhere_takes_almost_no_time(settings: ArmSettings) -> None:
    joints = np.array(settings.home)
    assert timed(straight(joints, joints), settings.limits).duration_s < 0.1


@pytest.mark.parametrize('seed', range(5))
def test_a_moving_arm_stops_within_its_limits(settings: ArmSettings, seed: int) -> None:
    positions, velocities = _ends(seed)
    brake = stop(positions, velocities, settings.limits)
    np.testing.assert_allclose(brake.sample(0)[0], positions)
    np.testing.assert_allclose(brake.sample(0)[1], velocities)
    np.testing.assert_allclose(brake.velocities[-1], 0, atol=1e-9)
    ahead = (brake.end - positions) * np.sign(velocities)
    assert (ahead >= 0).all()
    _assert_within_limits(brake, settings)
