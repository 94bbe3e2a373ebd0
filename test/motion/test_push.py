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
from motion_things import push, target

from vlm_robot.core.values import Point3, Target
from vlm_robot.motion.push import push_contact, push_phases, push_yaw
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.waypoints import Line

_SETTINGS = ArmSettings.load()
_ANGLES = st.floats(-math.pi, math.pi)
_SIDES = st.floats(0.03, 0.2)


def _goal(heading: float, thing: Target) -> Point3:
    grounding = thing.grounding
    assert grounding is not None
    x, y, z = grounding.position
    return x + 0.1 * math.cos(heading), y + 0.1 * math.sin(heading), z


def _sweep(thing: Target, heading: float, attempt: int = 0) -> tuple[Point3, Point3]:
    """Return the tcp's start and end of the sweep."""
    step, contact = push(thing, _goal(heading, thing)), push_contact(attempt, _SETTINGS)
    phases = push_phases(step, push_yaw(step, contact), contact, _SETTINGS)
    lines = {phase.name: phase.point for phase in phases if isinstance(phase, Line)}
    return lines['lower'], lines['push']


def _ahead(point: Point3, thing: Target, heading: float) -> float:
    """Return how far ahead of the thing's centre a point is, along a heading."""
    assert thing.grounding is not None
    x, y, _ = thing.grounding.position
    return (point[0] - x) * math.cos(heading) + (point[1] - y) * math.sin(heading)


@given(_ANGLES, _ANGLES, st.floats(0.03, 0.2))
def test_the_fingers_come_down_behind_a_round_thing_and_push_it_to_the_goal(
    heading: float, yaw: float, width: float
) -> None:
    plate = target((0.5, 0.0, 0.02), (width, width, 0.04), yaw=yaw)
    start, end = _sweep(plate, heading)
    front = _SETTINGS.gripper.finger_depth
    assert _ahead(start, plate, heading) + front < -width / 2
    assert _ahead(end, plate, heading) + front + width / 2 == pytest.approx(0.1)


@given(_SIDES, st.sampled_from([0, 1, 2, 3]))
def test_a_box_is_pushed_by_its_side(length: float, quarter: int) -> None:
    box = target((0.5, 0.0, 0.02), (length, 0.4 * length, 0.04), yaw=0.3)
    side = length if quarter % 2 == 0 else 0.4 * length
    heading = 0.3 + quarter * math.pi / 2
    start, end = _sweep(box, heading)
    front = _SETTINGS.gripper.finger_depth
    assert _ahead(start, box, heading) + front == pytest.approx(-side / 2 - _SETTINGS.push.run_up)
    assert _ahead(end, box, heading) + front + side / 2 == pytest.approx(0.1)


@given(_ANGLES, st.floats(0.01, 0.15))
def test_the_palm_passes_over_a_thing_and_the_tips_over_the_table(
    heading: float, height: float
) -> None:
    thing = target((0.5, 0.0, height / 2), (0.05, 0.05, height))
    for point in _sweep(thing, heading):
        assert point[2] + _SETTINGS.gripper.palm > height
        assert point[2] - _SETTINGS.gripper.tip >= _SETTINGS.heights.tip_clearance - 1e-9


def test_the_second_try_comes_down_further_away() -> None:
    thing = target((0.5, 0.0, 0.02), (0.05, 0.05, 0.04))
    first, second = (_sweep(thing, 0.0, attempt)[0] for attempt in (0, 1))
    assert second[0] < first[0] - 0.01


def test_the_third_try_turns_the_palm_along_the_push() -> None:
    step = push(thing := target((0.5, 0.0, 0.02), (0.05, 0.05, 0.04)), (0.6, 0.0, 0.02))
    assert thing.grounding is not None
    yaws = [push_yaw(step, push_contact(attempt, _SETTINGS)) for attempt in range(3)]
    assert yaws == pytest.approx([0.0, 0.0, math.pi / 2])
