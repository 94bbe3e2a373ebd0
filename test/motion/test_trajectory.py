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

from vlm_robot.motion.trajectory import Trajectory


def _trajectory(seed: int = 0) -> Trajectory:
    rng = np.random.default_rng(seed)
    times_s = np.concatenate([[0.0], np.cumsum(rng.uniform(0.02, 0.5, 5))])
    return Trajectory(times_s, rng.normal(size=(6, 7)), rng.normal(size=(6, 7)))


def test_a_trajectory_goes_through_its_knots_at_their_velocities() -> None:
    trajectory = _trajectory()
    for time_s, position, velocity in zip(
        trajectory.times_s, trajectory.positions, trajectory.velocities, strict=True
    ):
        sampled = trajectory.sample(time_s)
        np.testing.assert_allclose(sampled[0], position, atol=1e-12)
        np.testing.assert_allclose(sampled[1], velocity, atol=1e-12)


@pytest.mark.parametrize('seed', range(5))
def test_the_velocity_is_the_slope_of_the_position(seed: int) -> None:
    trajectory, step = _trajectory(seed), 1e-6
    for time_s in np.random.default_rng(seed).uniform(0.01, trajectory.duration_s - 0.01, 20):
        before, after = (trajectory.sample(time_s + d)[0] for d in (-step, step))
        slope = (after - before) / (2 * step)
        np.testing.assert_allclose(trajectory.sample(time_s)[1], slope, atol=1e-4)


def test_a_trajectory_stays_at_its_ends_outside_of_its_time() -> None:
    trajectory = _trajectory()
    np.testing.assert_allclose(trajectory.sample(-1)[0], trajectory.positions[0])
    np.testing.assert_allclose(trajectory.sample(99)[0], trajectory.end)


def test_a_stretched_trajectory_takes_the_same_path_in_more_time() -> None:
    trajectory = _trajectory()
    slow = trajectory.stretched(2)
    for time_s in np.linspace(0, trajectory.duration_s, 20):
        position, velocity = trajectory.sample(time_s)
        np.testing.assert_allclose(slow.sample(2 * time_s)[0], position, atol=1e-12)
        np.testing.assert_allclose(slow.sample(2 * time_s)[1], velocity / 2, atol=1e-12)


@pytest.mark.parametrize('times_s', [[0.0], [0.0, 0.0], [0.0, 2.0, 1.0]])
def test_times_that_do_not_increase_are_refused(times_s: list[float]) -> None:
    zeros = np.zeros((len(times_s), 7))
    with pytest.raises(ValueError, match='increasing times'):
        Trajectory(np.array(times_s), zeros, zeros)


def test_knots_that_do_not_fit_the_times_are_refused() -> None:
    with pytest.raises(ValueError, match='do not fit 2 times'):
        Trajectory(np.array([0.0, 1.0]), np.zeros((3, 7)), np.zeros((3, 7)))


@pytest.mark.parametrize('within_s', [0.3, 99.0])
def test_a_trajectory_from_beside_its_start_joins_it_smoothly(within_s: float) -> None:
    trajectory = _trajectory()
    beside = trajectory.positions[0] + 0.04
    joining = trajectory.starting_at(beside, within_s=within_s)
    np.testing.assert_allclose(joining.positions[0], beside)
    np.testing.assert_allclose(joining.velocities[0], trajectory.velocities[0])
    joined = trajectory.times_s >= min(within_s, trajectory.duration_s)
    np.testing.assert_allclose(joining.positions[joined], trajectory.positions[joined])
    np.testing.assert_allclose(joining.velocities[joined], trajectory.velocities[joined])
    assert np.abs(joining.positions - trajectory.positions).max() == pytest.approx(0.04)
