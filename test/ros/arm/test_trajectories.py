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
from hypothesis import given
from hypothesis import strategies as st
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from vlm_robot.core.errors import Refusal
from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.ros.arm.trajectories import trajectory_message, trajectory_value

pytestmark = pytest.mark.ros

NAMES = ('a', 'b')
HERE = np.array([0.1, 0.2])


def point(
    time_s: int, *positions: float, velocities: tuple[float, ...] = ()
) -> JointTrajectoryPoint:
    made = JointTrajectoryPoint(positions=list(positions), velocities=list(velocities))
    made.time_from_start.sec = time_s
    return made


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=5), st.integers(0, 99))
def test_a_trajectory_that_became_a_message_is_read_back_unchanged(
    gaps_ns: list[int], seed: int
) -> None:
    times = np.concatenate([[0], np.cumsum(gaps_ns)]) / 1e9
    numbers = np.random.default_rng(seed).normal(size=(2, len(times), 2))
    trajectory = Trajectory(times, numbers[0], numbers[1])

    again = trajectory_value(trajectory_message(trajectory, NAMES), NAMES, HERE)

    np.testing.assert_allclose(again.times_s, times, atol=1e-9)
    np.testing.assert_array_equal(again.positions, numbers[0])
    np.testing.assert_array_equal(again.velocities, numbers[1])


def test_joints_in_another_order_are_put_in_ours() -> None:
    message = JointTrajectory(joint_names=['b', 'a'], points=[point(1, 2.0, 1.0)])

    assert trajectory_value(message, NAMES, HERE).end.tolist() == [1.0, 2.0]


def test_a_single_point_is_reached_from_where_the_arm_is() -> None:
    message = JointTrajectory(joint_names=['a', 'b'], points=[point(2, 1.0, 1.0)])

    trajectory = trajectory_value(message, NAMES, HERE)

    assert trajectory.positions[0].tolist() == HERE.tolist()
    assert trajectory.duration_s == 2.0


def test_no_points_mean_stay() -> None:
    assert trajectory_value(JointTrajectory(), NAMES, HERE).end.tolist() == HERE.tolist()


@pytest.mark.parametrize(
    ('names', 'points', 'sentence'),
    [
        (['a', 'c'], [point(1, 0.0, 0.0)], r"names \['a', 'c'\]"),
        (['a', 'b'], [point(1, 0.0)], 'a point has 1 positions: expected 2'),
        (['a', 'b'], [point(1, 0.0, float('nan'))], 'not a finite number'),
        (['a', 'b'], [point(2, 0.0, 0.0), point(1, 0.0, 0.0)], 'increasing times'),
        (['a', 'b'], [point(1, 0.0, 0.0, velocities=(1.0,))], 'a point has'),
    ],
)
def test_a_trajectory_that_makes_no_sense_is_refused(
    names: list[str], points: list[JointTrajectoryPoint], sentence: str
) -> None:
    with pytest.raises(Refusal, match=sentence):
        trajectory_value(JointTrajectory(joint_names=names, points=points), NAMES, HERE)
