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

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import Grounding, Point3, Step, Target
from vlm_robot.ros.moveit.parameters import MoveItParameters
from vlm_robot.ros.moveit.scene import OTHER, TABLE, TARGET, StepScene, Surroundings, Table

MARGIN = MoveItParameters().scene_margin_m
HIGH, LOW = 0.22, 0.02  # heights of the tcp


def thing(position: Point3 = (0.5, 0.0, 0.02), size: Point3 = (0.04, 0.04, 0.04)) -> Target:
    return Target('thing', grounding=Grounding('base_link', position, 0.3, size))


CUBE, BOWL = thing(), thing((0.4, 0.2, 0.03), (0.12, 0.12, 0.06))
PICK = Step(Skill.PICK, CUBE)
PLACE = Step(Skill.PLACE, BOWL, relation=Relation.IN, goal=(0.4, 0.2, 0.01))


def scene() -> StepScene:
    return StepScene(Table.of(MoveItParameters()))


def names(around: Surroundings) -> set[str]:
    return {box.name for box in around.obstacles}


def grasped(measured_m: float | None = 0.038) -> StepScene:
    """Return the scene after the fingers closed on the cube."""
    things = scene()
    things.begin(PICK)
    things.moves(straight=True)
    things.arrived(LOW)
    things.gripped(0.0, measured_m)
    return things


def test_the_table_is_always_an_obstacle() -> None:
    things = scene()

    assert names(things.moves(straight=False)) == {TABLE}
    assert names(things.moves(straight=True)) == {TABLE}


def test_a_thing_is_in_the_way_until_the_hand_works_at_it() -> None:
    things = scene()
    things.begin(PICK)

    assert names(things.moves(straight=False)) == {TABLE, TARGET}
    things.arrived(HIGH)
    assert names(things.moves(straight=True)) == {TABLE}


def test_a_hand_among_the_things_may_travel_out_of_them() -> None:
    things = scene()
    things.begin(PICK)
    things.moves(straight=True)
    things.arrived(LOW)

    assert names(things.moves(straight=False)) == {TABLE}


def test_a_hand_that_was_raised_goes_around_the_things_again() -> None:
    things = scene()
    things.begin(PICK)
    things.moves(straight=True)
    things.arrived(LOW)
    things.moves(straight=True)
    things.arrived(HIGH)

    assert names(things.moves(straight=False)) == {TABLE, TARGET}


def test_both_things_of_a_place_between_are_in_the_way() -> None:
    things = scene()
    things.begin(replace(PLACE, relation=Relation.BETWEEN, other=CUBE))

    assert names(things.moves(straight=False)) == {TABLE, TARGET, OTHER}


def test_the_things_of_a_step_that_ended_are_gone() -> None:
    things = scene()
    things.begin(PICK)
    things.end()

    assert names(things.moves(straight=False)) == {TABLE}


@pytest.mark.parametrize('measured_m', [0.038, None])
def test_a_grasped_thing_is_held_where_it_was(measured_m: float | None) -> None:
    held = grasped(measured_m).now().held

    assert held is not None
    assert held.position[:2] == CUBE.grounding.position[:2]  # type: ignore[union-attr]
    assert held.yaw == 0.3


def test_fingers_that_closed_on_nothing_hold_nothing() -> None:
    assert grasped(measured_m=0.0005).now().held is None


def test_opening_before_a_grasp_holds_nothing() -> None:
    things = scene()
    things.begin(PICK)

    assert things.gripped(0.064, 0.064).held is None


def test_what_is_held_stays_held_from_step_to_step_and_is_let_go_when_the_fingers_open() -> None:
    things = grasped()
    things.end()
    things.begin(PLACE)

    assert things.moves(straight=False).held is not None
    assert things.gripped(0.064, 0.064).held is None


def test_closing_at_a_push_grasps_nothing() -> None:
    things = scene()
    things.begin(Step(Skill.PUSH, CUBE, direction=Direction.LEFT, goal=(0.6, 0, 0.02)))

    assert things.gripped(0.016, 0.016).held is None


@given(st.floats(0.001, 0.3), st.floats(-0.02, 0.3))
def test_a_box_keeps_its_top_and_stands_clear_of_the_table(height: float, bottom: float) -> None:
    things = scene()
    things.begin(replace(PICK, target=thing((0.5, 0, bottom + height / 2), (0.04, 0.04, height))))

    (box,) = (box for box in things.now().obstacles if box.name == TARGET)

    assert box.size[2] > 0
    assert box.position[2] + box.size[2] / 2 == pytest.approx(bottom + height)
    raised_m = box.position[2] - box.size[2] / 2 - bottom
    assert raised_m == pytest.approx(min(MARGIN, height / 2))


@pytest.mark.parametrize(
    'target',
    [Target('thing'), thing((float('nan'), 0, 0)), thing(size=(0.0, 0.04, 0.04))],
    ids=['not grounded', 'not finite', 'flat'],
)
def test_a_thing_that_nobody_has_measured_is_left_out(target: Target) -> None:
    things = scene()
    things.begin(replace(PICK, target=target))

    assert names(things.moves(straight=False)) == {TABLE}
    assert things.gripped(0.0, None).held is None


@pytest.mark.parametrize(
    'wrong', [{'table_size': (1.0,)}, {'table_centre': ()}, {'table_size': (1.0, 0.0)}]
)
def test_a_table_that_is_none_is_refused(wrong: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(ConfigurationError, match=r'moveit\.table_size'):
        Table.of(replace(MoveItParameters(), **wrong))  # type: ignore[arg-type]
