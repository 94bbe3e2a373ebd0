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

"""Whatever a camera sends, vlm_node plans on it or says by name why not; no arm moves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from box_scene import BOX
from input_cells import AXES, Cell, all_pairs, expected, pairs, singles
from input_rig import ENCODINGS, Rig
from ros_fixture import on_one_core, open_ros

from vlm_robot.core.outcome import Outcome
from vlm_robot_interfaces.msg import Plan

pytestmark = pytest.mark.ros

CELLS = sorted({*singles(), *pairs()}, key=str)
NEAR_M = 0.01


@pytest.fixture(scope='module')
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with on_one_core(), open_ros() as ros:
        yield Rig(ros, request.param, tmp_path_factory.mktemp('script'))


def assert_planned(plan: Plan) -> None:
    position = plan.steps[0].target.pose.position
    assert math.dist((position.x, position.y, position.z), BOX) < NEAR_M
    assert plan.steps[0].target.header.frame_id == 'base_link'


def assert_as_expected(rig: Rig, cell: Cell) -> None:
    rig.show(cell)
    if expected(cell) is Outcome.OK:
        found = rig.plan()
        assert Outcome(found.error_code) is Outcome.OK, found.error_msg
        assert_planned(found.plan)
    else:
        found = rig.carry_out()
        assert Outcome(found.error_code) is expected(cell), found.error_msg
        assert found.error_msg
        assert not found.plan.steps

    encodings = rig.show_good()
    again = rig.plan()
    assert Outcome(again.error_code) is Outcome.OK, f'{encodings}: {again.error_msg}'
    assert_planned(again.plan)
    assert rig.arm.commands == []
    assert rig.goals == []


def cells_of(transport: str) -> Any:
    cells = [cell for cell in CELLS if cell.transport == transport]
    names = [f'{cell}: {expected(cell).name}' for cell in cells]
    return pytest.mark.parametrize('cell', cells, ids=names)


@pytest.mark.parametrize('rig', ['raw'], indirect=True)
@cells_of('raw')
def test_each_cell_of_raw_images_is_planned_on_or_refused_with_its_own_code(
    rig: Rig, cell: Cell
) -> None:
    assert_as_expected(rig, cell)


@pytest.mark.parametrize('rig', ['compressed'], indirect=True)
@cells_of('compressed')
def test_each_cell_of_compressed_images_is_planned_on_or_refused_with_its_own_code(
    rig: Rig, cell: Cell
) -> None:
    assert_as_expected(rig, cell)


@pytest.mark.parametrize('rig', ENCODINGS, indirect=True)
def test_what_is_good_moves_the_arm_that_nothing_else_has_moved(rig: Rig) -> None:
    rig.show_good()

    assert Outcome(rig.begin().error_code) is Outcome.CANCELED
    assert rig.arm.commands
    assert rig.goals


def test_any_two_values_meet_in_a_cell() -> None:
    rows = [{axis: getattr(cell, axis) for axis in AXES} for cell in CELLS]

    assert all(any(pair.items() <= row.items() for row in rows) for pair in all_pairs(AXES))
