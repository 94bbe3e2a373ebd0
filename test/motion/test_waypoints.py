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
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motion_things import cube, place, target

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Relation, Skill
from vlm_robot.core.values import Point3, Step, Target
from vlm_robot.motion.grasp import Held, grasps
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.waypoints import (
    Grip,
    Line,
    Phase,
    Travel,
    pick_phases,
    place_phases,
    place_yaws,
)

_SETTINGS = ArmSettings.load()
_BOWL = target((0.5, 0.1, 0.0275), (0.16, 0.16, 0.055), label='blue bowl')
_HELD = Held(cube(0.4, 0.0), below_m=0.017, width_m=0.04)


def _points(phases: tuple[Phase, ...]) -> list[Point3]:
    return [
        phase.pose.position if isinstance(phase, Travel) else phase.point
        for phase in phases
        if not isinstance(phase, Grip)
    ]


def _names(phases: tuple[Phase, ...]) -> list[str]:
    return list(dict.fromkeys(phase.name for phase in phases))


def _released_at(phases: tuple[Phase, ...]) -> float:
    """Return the height of the held thing's bottom when it is let go."""
    index = next(i for i, phase in enumerate(phases) if isinstance(phase, Grip))
    line = phases[index - 1]
    assert isinstance(line, Line)
    return line.point[2] - _HELD.below_m


def test_a_pick_comes_from_above_and_lifts_straight_up() -> None:
    grasp = grasps(cube(0.5, 0.1), _SETTINGS)[0]
    phases = pick_phases(grasp, _SETTINGS)
    assert _names(phases) == ['above', 'open', 'approach', 'grasp', 'lift']
    points = _points(phases)
    assert {point[:2] for point in points} == {(0.5, 0.1)}
    assert points[0][2] == points[-1][2] == _SETTINGS.heights.transit
    assert min(point[2] for point in points) == grasp.pose.position[2]


def test_the_last_part_of_an_approach_is_slow() -> None:
    phases = pick_phases(grasps(cube(0.5, 0.1), _SETTINGS)[0], _SETTINGS)
    down = [phase for phase in phases if isinstance(phase, Line) and phase.name == 'approach']
    assert down[-1].speed_mps < down[0].speed_mps


@pytest.mark.parametrize('relation', [Relation.ON, Relation.NEXT_TO])
def test_a_thing_is_let_go_a_few_millimetres_over_its_goal(relation: Relation) -> None:
    step = place(cube(0.5, 0.1), relation, (0.5, 0.1, 0.04))
    phases = place_phases(step, _HELD, 0.0, _SETTINGS)
    assert _names(phases) == ['above', 'lower', 'release', 'retreat']
    assert 0.04 < _released_at(phases) < 0.05


@given(st.floats(0.0, 0.05))
def test_a_thing_drops_into_a_container_by_two_centimetres_at_most(floor: float) -> None:
    step = place(_BOWL, Relation.IN, (0.5, 0.1, floor))
    released = _released_at(place_phases(step, _HELD, 0.0, _SETTINGS))
    assert floor < released <= floor + 0.02 + 1e-9


@pytest.mark.parametrize('height', [0.05, 0.25])
def test_a_thing_comes_in_over_the_rim(height: float) -> None:
    vase = target((0.5, 0.1, height / 2), (0.16, 0.16, height))
    step = place(vase, Relation.IN, (0.5, 0.1, 0.005))
    points = _points(place_phases(step, _HELD, 0.0, _SETTINGS))
    assert points[0][2] - _HELD.below_m > height
    assert points[-1][2] == points[0][2]


def test_the_finger_tips_stay_off_the_table_when_a_thing_is_lower_than_they_reach() -> None:
    thin = Held(cube(0.4, 0.0), below_m=0.001, width_m=0.04)
    step = place(_BOWL, Relation.NEXT_TO, (0.5, -0.1, 0.0))
    points = _points(place_phases(step, thin, 0.0, _SETTINGS))
    assert min(point[2] for point in points) >= _SETTINGS.lowest_tcp


def test_beside_a_thing_the_fingers_open_along_the_gap() -> None:
    step = place(_BOWL, Relation.NEXT_TO, (0.6, 0.2, 0.0))
    assert place_yaws(step)[0] == pytest.approx(math.pi / 4)


@pytest.mark.parametrize('side', [r for r in Relation if r.is_beside])
def test_beside_a_tall_thing_the_hand_comes_down_as_beside_a_low_one(side: Relation) -> None:
    vase = target((0.5, 0.1, 0.2), (0.16, 0.16, 0.4))
    tall, low = (place(thing, side, (0.5, -0.1, 0.0)) for thing in (vase, _BOWL))
    assert place_phases(tall, _HELD, 0.0, _SETTINGS) == place_phases(low, _HELD, 0.0, _SETTINGS)
    assert 0 < _released_at(place_phases(tall, _HELD, 0.0, _SETTINGS)) < 0.01


@given(st.floats(-math.pi, math.pi))
def test_between_two_things_the_fingers_open_across_the_line_from_one_to_the_other(
    turn: float,
) -> None:
    far = cube(0.5 + 0.2 * math.cos(turn), 0.1 + 0.2 * math.sin(turn))
    step = replace(place(_BOWL, Relation.BETWEEN, (0.5, 0.0, 0.0)), other=far)
    yaws = place_yaws(step)
    assert math.remainder(yaws[0] - turn, math.tau) == pytest.approx(0.0, abs=1e-6)
    assert all(abs(math.remainder(yaw - turn, math.pi)) < math.radians(16) for yaw in yaws)


def test_between_needs_to_know_where_both_things_are() -> None:
    step = replace(place(_BOWL, Relation.BETWEEN, (0.5, 0.0, 0.0)), other=Target('mug'))
    with pytest.raises(Refusal, match="position of 'mug' is not known") as caught:
        place_yaws(step)
    assert caught.value.outcome is Outcome.NO_DEPTH


@pytest.mark.parametrize('goal', [None, (math.nan, 0.0, 0.0), (0.5, math.inf, 0.0)])
def test_a_place_without_a_usable_goal_is_refused(goal: Point3 | None) -> None:
    step = Step(Skill.PLACE, _BOWL, relation=Relation.IN, goal=goal)
    with pytest.raises(Refusal, match='the goal of PLACE is') as caught:
        place_phases(step, _HELD, 0.0, _SETTINGS)
    assert caught.value.outcome is Outcome.MOTION_FAILED
