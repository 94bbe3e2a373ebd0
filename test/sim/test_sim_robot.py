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

import threading

import numpy as np
import pytest

from vlm_robot.core.outcome import OK, Outcome
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.timing import straight, timed
from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.sim.robot import SimRobot
from vlm_robot.sim.scene import SceneSpec
from vlm_robot.sim.tabletop import Tabletop

pytestmark = pytest.mark.sim

_OVER_TABLE = np.array([0.3, 0.2, 0.0, -2.2, 0.0, 2.4, 1.0])
_IN_TABLE = np.array([0.3, 0.9, 0.0, -2.0, 0.0, 2.9, 1.0])


class _CancelAt:
    """Asks for a stop from a simulated time on."""

    def __init__(self, tabletop: Tabletop, time_s: float) -> None:
        self._tabletop = tabletop
        self._time_s = time_s

    def is_set(self) -> bool:
        return self._tabletop.time_s >= self._time_s


@pytest.fixture
def tabletop() -> Tabletop:
    return Tabletop(SceneSpec(0, ()))


@pytest.fixture
def robot(tabletop: Tabletop) -> SimRobot:
    return SimRobot(tabletop, ArmSettings.load())


def _move(robot: SimRobot, end: np.ndarray) -> Trajectory:
    return timed(straight(robot.joints().arm, end), ArmSettings.load().limits)


def test_the_arm_arrives_at_the_end_of_a_trajectory_on_time(
    tabletop: Tabletop, robot: SimRobot
) -> None:
    trajectory = _move(robot, _OVER_TABLE)
    assert robot.follow(trajectory, cancel=threading.Event()) == OK
    np.testing.assert_allclose(robot.joints().arm, _OVER_TABLE, atol=5e-3)
    assert tabletop.time_s < trajectory.duration_s + 0.2  # simulated seconds


def test_a_cancelled_arm_stops_where_it_is_without_a_jerk(
    tabletop: Tabletop, robot: SimRobot
) -> None:
    trajectory = _move(robot, _OVER_TABLE)
    middle = trajectory.duration_s / 2
    verdict = robot.follow(trajectory, cancel=_CancelAt(tabletop, middle))
    assert verdict.outcome is Outcome.CANCELED
    state = tabletop.joints()
    assert np.abs(state.velocity[:-1]).max() < 0.03
    assert np.abs(state.position[:-1] - _OVER_TABLE).max() > 0.1
    assert np.abs(state.position[:-1] - trajectory.sample(middle)[0]).max() < 0.7
    assert tabletop.time_s < middle + 1.0  # simulated seconds


def test_an_arm_that_meets_the_table_does_not_report_success(robot: SimRobot) -> None:
    verdict = robot.follow(_move(robot, _IN_TABLE), cancel=threading.Event())
    assert verdict.outcome is Outcome.CONTROLLER_FAILED


def test_a_blocked_arm_is_not_pushed_on(tabletop: Tabletop, robot: SimRobot) -> None:
    robot.follow(_move(robot, _IN_TABLE), cancel=threading.Event())
    tabletop.step(200)
    assert np.abs(tabletop.joints().velocity[:-1]).max() < 0.05
    wanted = tabletop.data.ctrl[:7]
    assert np.abs(robot.joints().arm - wanted).max() < 0.05


@pytest.mark.parametrize('opening_m', [0.0, 0.03, 0.08])
def test_the_fingers_come_to_rest_at_an_opening(robot: SimRobot, opening_m: float) -> None:
    assert robot.grip(opening_m, cancel=threading.Event()) == OK
    assert robot.joints().opening_m == pytest.approx(opening_m, abs=2e-3)


def test_cancelled_fingers_stop(tabletop: Tabletop, robot: SimRobot) -> None:
    verdict = robot.grip(0.0, cancel=_CancelAt(tabletop, tabletop.time_s + 0.1))
    assert verdict.outcome is Outcome.CANCELED
    assert robot.joints().opening_m > 0.02
