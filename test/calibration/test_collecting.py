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

from vlm_robot.calibration.collecting import Collector, Moment
from vlm_robot.core.geometry import from_quaternion


def pose(x: float, turn: float = 0.0) -> np.ndarray:
    return from_quaternion((x, 0.0, 0.3), (np.sin(turn / 2), 0.0, 0.0, np.cos(turn / 2)))


def rested(collector: Collector, start_s: float, T_base_tool: np.ndarray) -> Moment:
    return [collector.offer(start_s + 0.1 * i, T_base_tool) for i in range(6)][-1]


def test_an_arm_is_at_rest_when_it_has_not_moved_for_a_while() -> None:
    collector = Collector(0.45)
    moments = [collector.offer(0.1 * i, pose(0.0)) for i in range(6)]
    assert moments == [Moment.MOVING] * 5 + [Moment.GOOD]


def test_a_slow_creep_is_no_rest() -> None:
    collector = Collector(0.45)
    moments = {collector.offer(0.1 * i, pose(0.0002 * i)) for i in range(40)}
    assert moments == {Moment.MOVING}


def test_how_far_the_arm_moved_is_said_with_the_limit() -> None:
    collector = Collector(0.45)
    collector.offer(0.0, pose(0.0))
    collector.offer(0.1, pose(0.0021, np.deg2rad(1.5)))
    collector.offer(0.2, pose(0.0021, np.deg2rad(1.5)))

    assert collector.unrest == (
        'last by 2.1 mm and 1.50 degrees; it rests below 0.5 mm and 0.1 degrees for 0.45 s'
    )


def test_a_pose_is_taken_once_and_again_after_the_arm_has_turned() -> None:
    collector = Collector(0.45)
    assert rested(collector, 0.0, pose(0.0)) is Moment.GOOD
    collector.took(pose(0.0))
    assert rested(collector, 1.0, pose(0.0)) is Moment.KNOWN
    assert rested(collector, 2.0, pose(0.0, 0.2)) is Moment.GOOD
    assert rested(collector, 3.0, pose(0.05)) is Moment.GOOD


def test_a_clock_that_jumps_back_begins_a_new_rest() -> None:
    collector = Collector(0.45)
    assert rested(collector, 100.0, pose(0.0)) is Moment.GOOD
    assert collector.offer(5.0, pose(0.0)) is Moment.MOVING
    assert rested(collector, 5.1, pose(0.0)) is Moment.GOOD
