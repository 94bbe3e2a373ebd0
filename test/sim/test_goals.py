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

"""What counts as done."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_robot.core.skills import Direction, Relation
from vlm_robot.sim.catalogue import SHAPES, Kind, Size
from vlm_robot.sim.goals import Goal, by_their_labels, check_goal, labels
from vlm_robot.sim.scene import ObjectSpec, SceneSpec
from vlm_robot.sim.tabletop import ObjectState

pytestmark = pytest.mark.sim

Point = tuple[float, float, float]
AWAY = np.array([0.1, -0.4, 0.4])


def spec(kind: Kind, colour: str = 'red', size: Size = Size.SMALL, name: str = 'a') -> ObjectSpec:
    return ObjectSpec(name, kind, size, colour, 0.5, 0.0, 0.02, 0.0)


def state(kind: Kind, position: Point, *, speed: float = 0.0) -> ObjectState:
    return ObjectState(spec(kind), np.array(position), np.array([1.0, 0, 0, 0]), speed)


def on_floor(kind: Kind, x: float, y: float) -> ObjectState:
    return state(kind, (x, y, SHAPES[kind, Size.SMALL].height / 2))


def holds(goal: Goal, now: dict[str, ObjectState], *, tcp: np.ndarray | None = None) -> bool:
    start = {'cube': on_floor(Kind.CUBE, 0.4, 0.2)}
    finding = check_goal(goal, now, {**now, **start}, tcp=tcp)
    assert finding.message
    return finding.holds


IN_BOWL = Goal('cube', Relation.IN, 'bowl')
ON_PLATE = Goal('cube', Relation.ON, 'plate')
BESIDE_BALL = Goal('cube', Relation.NEXT_TO, 'ball')
PLACED = [
    (IN_BOWL, Kind.BOWL, (0.51, 0.0, 0.025)),
    (ON_PLATE, Kind.PLATE, (0.51, 0.0, 0.032)),
    (BESIDE_BALL, Kind.BALL, (0.6, 0.0, 0.02)),
]


@pytest.mark.parametrize(('goal', 'kind', 'position'), PLACED)
def test_a_thing_at_rest_where_it_should_be_is_placed(
    goal: Goal, kind: Kind, position: Point
) -> None:
    now = {'cube': state(Kind.CUBE, position), goal.target: on_floor(kind, 0.5, 0.0)}
    assert holds(goal, now)
    assert holds(goal, now, tcp=AWAY)


@pytest.mark.parametrize(('goal', 'kind', 'position'), PLACED)
def test_a_thing_that_moves_or_is_between_the_fingers_is_not_placed(
    goal: Goal, kind: Kind, position: Point
) -> None:
    target = {goal.target: on_floor(kind, 0.5, 0.0)}
    assert not holds(goal, {'cube': state(Kind.CUBE, position, speed=0.1), **target})
    tcp = np.add(position, (0.0, 0.0, 0.02))
    assert not holds(goal, {'cube': state(Kind.CUBE, position), **target}, tcp=tcp)


@pytest.mark.parametrize(
    ('goal', 'kind', 'position'),
    [
        (IN_BOWL, Kind.BOWL, (0.6, 0.0, 0.025)),  # beside it
        (IN_BOWL, Kind.BOWL, (0.5, 0.0, 0.15)),  # above it
        (ON_PLATE, Kind.PLATE, (0.5, 0.0, 0.08)),  # above it
        (ON_PLATE, Kind.PLATE, (0.62, 0.0, 0.02)),  # beside it
        (BESIDE_BALL, Kind.BALL, (0.5, 0.0, 0.064)),  # on top of it
        (BESIDE_BALL, Kind.BALL, (0.6, 0.0, 0.09)),  # in the air
        (BESIDE_BALL, Kind.BALL, (0.68, 0.0, 0.02)),  # far away
    ],
)
def test_a_thing_somewhere_else_is_not_placed(goal: Goal, kind: Kind, position: Point) -> None:
    now = {'cube': state(Kind.CUBE, position), goal.target: on_floor(kind, 0.5, 0.0)}
    assert not holds(goal, now)


@pytest.mark.parametrize(
    ('direction', 'end'),
    [
        (Direction.LEFT, (0.4, 0.29, 0.02)),
        (Direction.RIGHT, (0.4, 0.11, 0.02)),
        (Direction.FORWARD, (0.49, 0.2, 0.02)),
        (Direction.BACK, (0.31, 0.2, 0.02)),
    ],
)
def test_a_push_counts_only_in_its_direction_as_the_camera_sees_it(
    direction: Direction, end: Point
) -> None:
    now = {'cube': state(Kind.CUBE, end)}
    done = [
        d for d in Direction if d is not Direction.NONE and holds(Goal('cube', direction=d), now)
    ]
    assert done == [direction]


SIDE_PLACES = {
    Relation.LEFT_OF: (0.5, 0.09, 0.02),
    Relation.RIGHT_OF: (0.5, -0.09, 0.02),
    Relation.IN_FRONT_OF: (0.41, 0.0, 0.02),
    Relation.BEHIND: (0.59, 0.0, 0.02),
}


@pytest.mark.parametrize(('side', 'position'), SIDE_PLACES.items())
def test_a_thing_is_on_one_side_only_as_the_camera_sees_it(
    side: Relation, position: Point
) -> None:
    now = {'cube': state(Kind.CUBE, position), 'ball': on_floor(Kind.BALL, 0.5, 0.0)}
    assert [r for r in SIDE_PLACES if holds(Goal('cube', r, 'ball'), now)] == [side]
    far = (0.5 + 3.5 * (position[0] - 0.5), 3.5 * position[1], 0.02)
    gone = now | {'cube': state(Kind.CUBE, far)}
    assert not any(holds(Goal('cube', r, 'ball'), gone) for r in SIDE_PLACES)


@pytest.mark.parametrize(
    ('position', 'is_between'),
    [
        ((0.5, 0.0, 0.02), True),
        ((0.53, 0.03, 0.02), True),
        ((0.5, 0.13, 0.02), False),  # over one of them
        ((0.5, 0.2, 0.02), False),  # beyond it
        ((0.59, 0.0, 0.02), False),  # beside their line
        ((0.5, 0.0, 0.1), False),  # in the air
    ],
)
def test_a_thing_is_between_two_in_the_gap_that_they_leave(
    position: Point, is_between: bool
) -> None:
    now = {
        'cube': state(Kind.CUBE, position),
        'ball': on_floor(Kind.BALL, 0.5, 0.12),
        'mug': on_floor(Kind.MUG, 0.5, -0.12),
    }
    goal = Goal('cube', Relation.BETWEEN, 'ball', other='mug')
    assert holds(goal, now) is is_between
    swapped = Goal('cube', Relation.BETWEEN, 'mug', other='ball')
    assert holds(swapped, now) is is_between
    assert not holds(Goal('cube', Relation.BETWEEN, 'ball'), now)
    missing = check_goal(Goal('cube', Relation.BETWEEN, 'ball', other='cup'), now, now)
    assert missing.message.startswith("'cup' is not in the scene")


def test_a_push_that_fell_short_does_not_count() -> None:
    now = {'cube': state(Kind.CUBE, (0.4, 0.25, 0.02))}
    assert not holds(Goal('cube', direction=Direction.LEFT), now)


def test_a_thing_is_picked_when_it_is_above_where_it_stood() -> None:
    lifted = {'cube': state(Kind.CUBE, (0.4, 0.2, 0.15))}
    assert holds(Goal('cube'), lifted, tcp=np.array([0.4, 0.2, 0.15]))
    assert not holds(Goal('cube'), {'cube': on_floor(Kind.CUBE, 0.6, 0.2)})


@pytest.mark.parametrize('goal', [Goal('dragon'), Goal('cube', Relation.IN, 'dragon')])
def test_a_goal_about_something_that_is_not_there_names_what_is(goal: Goal) -> None:
    now = {'cube': on_floor(Kind.CUBE, 0.5, 0.0)}
    finding = check_goal(goal, now, now)
    assert not finding.holds
    assert finding.message == "'dragon' is not in the scene: there are cube"


def test_labels_name_things_as_shortly_as_they_can_be_told_apart() -> None:
    things = (
        spec(Kind.MUG, 'blue', name='m'),
        spec(Kind.CUBE, 'red', Size.SMALL, 'a'),
        spec(Kind.CUBE, 'red', Size.LARGE, 'b'),
        spec(Kind.CUBE, 'red', Size.LARGE, 'c'),
    )
    named = labels(SceneSpec(0, things))
    assert {label: item.name for label, item in named.items()} == {
        'blue mug': 'm',
        'small red cube': 'a',
        'large red cube': 'b',
        'large red cube c': 'c',
    }


def test_a_thing_may_be_named_by_its_size_where_that_is_not_needed() -> None:
    cube = spec(Kind.CUBE)
    bowl = spec(Kind.BOWL, 'pink', Size.LARGE, 'b')
    named = labels(SceneSpec(0, (cube, bowl)))
    goal = Goal('small red cube', Relation.IN, 'large pink bowl')
    assert by_their_labels(goal, named) == Goal('red cube', Relation.IN, 'pink bowl')


@pytest.mark.parametrize('name', ['large red cube', 'red cube', 'small blue cube', ''])
def test_a_thing_named_wrongly_or_plainly_is_left_as_it_is(name: str) -> None:
    named = labels(SceneSpec(0, (spec(Kind.CUBE),)))
    assert by_their_labels(Goal(name), named) == Goal(name)
