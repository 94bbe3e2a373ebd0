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
"""Which way the gripper takes hold of a thing, and how much room it has."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.footprint import Footprint
from vlm_robot.core.grasp import grasp_candidates, yaws
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.heightmap import CELL_M, HeightMap
from vlm_robot.core.solid import Solid
from vlm_robot.core.table import Table
from vlm_robot.core.values import GraspCandidate

SETTINGS = GroundingSettings()
TABLE = Table(0.0, 0.0, 0.0)
BRICK = Footprint(0.5, 0.0, 0.0, 0.06, 0.04, is_round=False)
CAN = Footprint(0.5, 0.0, 0.0, 0.05, 0.05, is_round=True)


def empty_table() -> HeightMap:
    x, y = np.arange(0.3, 0.7, 0.005), np.arange(-0.2, 0.2, 0.005)
    return HeightMap(x, y, np.zeros((len(x), len(y)), dtype=np.float32))


def yaw_of(footprint: Footprint, heights: HeightMap) -> Footprint:
    return yaws(Solid(footprint, bottom=0.0, top=0.05), heights, settings=SETTINGS)[0]


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


def candidates(
    footprint: Footprint,
    heights: HeightMap | None = None,
    *,
    bottom: float = 0.0,
    top: float = 0.05,
    table: Table = TABLE,
) -> tuple[GraspCandidate, ...]:
    solid, heights = Solid(footprint, bottom, top), heights or empty_table()
    turns = yaws(solid, heights, settings=SETTINGS)
    return grasp_candidates(solid, turns, heights, table=table, settings=SETTINGS)


def test_a_brick_is_grasped_over_its_width_or_else_its_length() -> None:
    first, second = candidates(BRICK)
    assert (first.width_m, first.yaw) == (0.04, 0.0)
    assert (second.width_m, second.yaw) == (0.06, pytest.approx(math.pi / 2))
    assert first.approach == second.approach == (0.0, 0.0, -1.0)


@pytest.mark.parametrize(
    ('bottom', 'top', 'height'),
    [(0.0, 0.05, 0.022), (0.04, 0.08, 0.057), (0.0, 0.12, 0.09), (0.0, 0.014, 0.013)],
)
def test_the_pads_close_at_the_middle_but_near_the_top_of_tall_things_and_off_the_table(
    bottom: float, top: float, height: float
) -> None:
    raised = Table(0.0, 0.0, 0.1)
    for grasp in candidates(BRICK, bottom=bottom, top=top, table=raised):
        assert grasp.position == pytest.approx((0.5, 0.0, 0.1 + height))


@pytest.mark.parametrize('top', [0.05, 0.003])
def test_what_is_too_wide_or_too_flat_has_no_grasp(top: float) -> None:
    slab = Footprint(0.5, 0.0, 0.0, 0.15, 0.09 if top == 0.05 else 0.04, is_round=False)
    assert candidates(slab, top=top) == ()


def test_a_long_thing_has_one_grasp() -> None:
    (grasp,) = candidates(Footprint(0.5, 0.0, 0.3, 0.15, 0.04, is_round=False))
    assert (grasp.yaw, grasp.width_m) == (0.3, 0.04)


@given(st.floats(0.001, 0.06))
def test_the_clearance_is_the_room_beside_the_open_fingers(room: float) -> None:
    fingers = BRICK.width / 2 + SETTINGS.finger_margin_m + SETTINGS.finger_thickness_m
    wall = empty_table()
    wall.heights[:, wall.y > fingers + room + CELL_M / 2] = 0.05
    (first, *_) = candidates(BRICK, wall)
    assert first.clearance_m == pytest.approx(room, abs=1.01 * CELL_M)


def test_fingers_that_touch_something_have_a_negative_clearance_and_come_last() -> None:
    heights = empty_table().with_disc(0.5, 0.045, 0.012, height_m=0.05)
    first, second = candidates(BRICK, heights)
    assert first.clearance_m > 0 > second.clearance_m
    assert first.width_m == 0.06


def test_alone_on_the_table_a_thing_has_all_the_room_that_is_looked_for() -> None:
    assert {grasp.clearance_m for grasp in candidates(CAN)} == {0.10}
    assert len({grasp.yaw for grasp in candidates(CAN)}) > 1
