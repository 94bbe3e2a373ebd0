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
from sensor_msgs.msg import JointState

from vlm_robot.ros.arm.readings import Readings
from vlm_robot.ros.conversions import time_message

pytestmark = pytest.mark.ros


def _message(time_s: float, *, speeds: tuple[float, ...] = (), **joints: float) -> JointState:
    message = JointState(name=list(joints), position=list(joints.values()), velocity=list(speeds))
    message.header.stamp = time_message(round(time_s * 1e9))
    return message


def _readings() -> Readings:
    return Readings(('a', 'b', 'finger'), {'a': 1.0, 'b': 1.0})


def test_joints_of_several_messages_are_put_together() -> None:
    readings = _readings()
    for message in (_message(1.0, a=0.1, wheel=9.0), _message(1.1, finger=0.04, b=0.2)):
        assert readings.take_in(message) is None
    found = {name: readings.get(name) for name in ('a', 'b', 'finger')}
    assert {name: r.position for name, r in found.items() if r} == {
        'a': 0.1, 'b': 0.2, 'finger': 0.04,
    }  # fmt: skip
    assert readings.get('wheel') is None
    assert readings.names == ('a', 'wheel', 'finger', 'b')


@given(st.floats(-0.9, 0.9), st.sampled_from([(), (math.nan,)]))
def test_a_velocity_that_is_not_told_is_derived(speed: float, told: tuple[float, ...]) -> None:
    readings = _readings()
    for tick in range(60):
        time_s = 1 + tick / 500
        readings.take_in(_message(time_s, speeds=told, a=speed * time_s))
    reading = readings.get('a')
    assert reading is not None
    assert reading.velocity == pytest.approx(speed, abs=1e-3)


def test_a_velocity_that_is_told_is_taken() -> None:
    readings = _readings()
    readings.take_in(_message(1.0, speeds=(0.7,), a=0.0))
    reading = readings.get('a')
    assert reading is not None
    assert reading.velocity == 0.7


def test_a_stamp_that_stands_still_is_no_news() -> None:
    readings = _readings()
    for _ in range(3):
        readings.take_in(_message(1.0, a=0.0))
    assert readings.count('a') == 1


@pytest.mark.parametrize('position', [math.nan, math.inf, -math.inf])
def test_a_position_that_is_no_number_is_named(position: float) -> None:
    assert _readings().take_in(_message(1.0, a=0.0, b=position)) == (
        f'the position of b is {position}'
    )


def test_an_arm_joint_may_not_jump_and_a_finger_may() -> None:
    readings = _readings()
    readings.take_in(_message(1.0, a=0.0, finger=0.0))
    assert readings.take_in(_message(1.01, finger=0.8)) is None
    assert readings.take_in(_message(1.01, a=0.5)) == (
        'a jumps from 0.000 to 0.500 rad within 0.010 s'
    )


def test_after_contradictions_are_forgotten_the_next_message_counts() -> None:
    readings = _readings()
    readings.take_in(_message(1.0, a=0.0))
    readings.forget()
    assert readings.take_in(_message(1.01, a=0.5)) is None


def test_a_message_with_fewer_positions_than_names_is_refused() -> None:
    message = _message(1.0, a=0.0, b=0.0)
    message.position = [0.0]
    assert _readings().take_in(message) == 'it names 2 joints but gives 1 positions'
