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
"""The gripper's yaw."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vlm_robot.core.footprint import Footprint
from vlm_robot.core.grasp import best_yaw
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.heightmap import HeightMap
from vlm_robot.core.solid import Solid

SETTINGS = GroundingSettings()
BRICK = Footprint(0.5, 0.0, 0.0, 0.06, 0.04, is_round=False)
CAN = Footprint(0.5, 0.0, 0.0, 0.05, 0.05, is_round=True)


def empty_table() -> HeightMap:
    x, y = np.arange(0.3, 0.7, 0.005), np.arange(-0.2, 0.2, 0.005)
    return HeightMap(x, y, np.zeros((len(x), len(y)), dtype=np.float32))


def yaw_of(footprint: Footprint, heights: HeightMap) -> Footprint:
    return best_yaw(Solid(footprint, bottom=0.0, top=0.05), heights, settings=SETTINGS)


def test_the_gripper_closes_over_the_narrow_side_of_a_thing_that_stands_free() -> None:
    assert yaw_of(BRICK, empty_table()) == BRICK


@pytest.mark.parametrize('side', [-1, 1])
def test_a_neighbour_at_the_narrow_side_turns_the_gripper(side: int) -> None:
    heights = empty_table().with_disc(0.5, side * 0.045, 0.012, height_m=0.05)
    turned = yaw_of(BRICK, heights)
    assert turned.yaw == pytest.approx(math.pi / 2)
    assert (turned.length, turned.width) == (0.04, 0.06)


def test_what_is_lower_than_the_fingers_reach_does_not_matter() -> None:
    heights = empty_table().with_disc(0.5, 0.045, 0.012, height_m=0.006)
    assert yaw_of(BRICK, heights) == BRICK


def test_a_long_thing_is_never_grasped_over_its_length() -> None:
    plank = Footprint(0.5, 0.0, 0.0, 0.15, 0.04, is_round=False)
    heights = empty_table().with_disc(0.5, 0.045, 0.012, height_m=0.05)
    assert yaw_of(plank, heights) == plank


@pytest.mark.parametrize('angle', np.arange(8) * math.pi / 8)
def test_the_gripper_turns_away_from_a_neighbour_of_a_round_thing(angle: float) -> None:
    x, y = 0.5 + 0.045 * math.cos(angle), 0.045 * math.sin(angle)
    found = yaw_of(CAN, empty_table().with_disc(x, y, 0.012, height_m=0.05))
    closing = found.yaw + math.pi / 2
    assert abs(math.remainder(closing - angle, math.pi)) > math.radians(40)
