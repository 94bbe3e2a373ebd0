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

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motion_things import cube, target

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Target
from vlm_robot.motion.grasp import grasps, is_held, lowered, opening_around
from vlm_robot.motion.settings import ArmSettings

_SETTINGS = ArmSettings.load()
_LENGTHS = st.floats(0.005, 0.07)


@given(_LENGTHS, _LENGTHS, st.floats(0.007, 0.2), st.floats(0.0, 0.1))
def test_the_fingers_hold_a_thing_between_its_top_and_the_table(
    length: float, width: float, height: float, bottom: float
) -> None:
    thing = target((0.5, 0.0, bottom + height / 2), (length, width, height))
    for grasp in grasps(thing, _SETTINGS):
        tcp = grasp.pose.position[2]
        assert tcp - _SETTINGS.gripper.tip >= _SETTINGS.heights.tip_clearance - 1e-9
        assert tcp + _SETTINGS.gripper.palm > bottom + height
        assert tcp - _SETTINGS.gripper.tip < bottom + height


def test_a_thing_up_to_6_cm_tall_is_held_at_its_middle() -> None:
    ball = target((0.5, 0.0, 0.03), (0.06, 0.06, 0.06))
    tips = grasps(ball, _SETTINGS)[0].pose.position[2] - _SETTINGS.gripper.tip
    assert tips < 0.025  # well under the equator, or the fingers would squeeze the ball away


def test_a_tall_thing_is_held_near_its_top() -> None:
    bottle = target((0.5, 0.0, 0.1), (0.06, 0.06, 0.2))
    assert grasps(bottle, _SETTINGS)[0].pose.position[2] == pytest.approx(0.17)


def test_a_thing_is_grasped_over_its_width_first_and_over_its_length_if_that_fits() -> None:
    first, second = grasps(target((0.5, 0, 0.02), (0.07, 0.03, 0.04), yaw=0.4), _SETTINGS)
    assert (first.width_m, first.pose.yaw) == pytest.approx((0.03, 0.4))
    assert (second.width_m, second.pose.yaw) == pytest.approx((0.07, 0.4 + math.pi / 2))


@pytest.mark.parametrize(('size', 'width'), [((0.2, 0.03, 0.04), 0.03), ((0.03, 0.2, 0.04), 0.03)])
def test_only_the_side_that_fits_is_grasped(
    size: tuple[float, float, float], width: float
) -> None:
    assert [grasp.width_m for grasp in grasps(target((0.5, 0, 0.02), size), _SETTINGS)] == [width]


def test_a_thing_too_wide_for_the_gripper_is_refused_with_its_width() -> None:
    plate = target((0.5, 0, 0.006), (0.16, 0.14, 0.012), label='white plate')
    with pytest.raises(Refusal, match=r'white plate is 14\.0 cm wide: .* 7\.6 cm') as caught:
        grasps(plate, _SETTINGS)
    assert caught.value.outcome is Outcome.NO_GRASP


def test_a_thing_flatter_than_the_fingers_reach_is_refused() -> None:
    with pytest.raises(Refusal, match='red cube is 3 mm tall') as caught:
        grasps(target((0.5, 0, 0.0015), (0.04, 0.04, 0.003)), _SETTINGS)
    assert caught.value.outcome is Outcome.NO_GRASP


@pytest.mark.parametrize(
    'thing',
    [
        Target('red cube'),
        target((math.nan, 0, 0.02), (0.04, 0.04, 0.04)),
        target((0.5, 0, 0.02), (0.04, math.inf, 0.04)),
        target((0.5, 0, 0.02), (0.04, 0.04, 0.0)),
        target((0.5, 0, 0.02), (0.04, -0.04, 0.04)),
    ],
)
def test_a_thing_without_a_usable_position_is_refused(thing: Target) -> None:
    with pytest.raises(Refusal, match="'red cube'") as caught:
        grasps(thing, _SETTINGS)
    assert caught.value.outcome is Outcome.NO_DEPTH


def test_a_lower_grasp_stays_over_the_table() -> None:
    grasp = grasps(cube(0.5, 0.0), _SETTINGS)[0]
    for by_m in (0.001, 0.01, 1.0):
        deeper = lowered(grasp, _SETTINGS, by_m=by_m)
        assert _SETTINGS.lowest_tcp <= deeper.pose.position[2] < grasp.pose.position[2]


@given(_LENGTHS)
def test_the_open_hand_leaves_room_beside_a_thing_but_for_the_widest(width: float) -> None:
    opening = opening_around(width, _SETTINGS)
    assert width < opening <= _SETTINGS.gripper.max_opening


def test_fingers_that_close_on_nothing_or_an_edge_do_not_hold_a_thing() -> None:
    assert not is_held(0.0, 0.04)
    assert not is_held(0.003, 0.005)
    assert not is_held(0.015, 0.04)
    assert is_held(0.036, 0.04)
    assert is_held(0.05, 0.04)
