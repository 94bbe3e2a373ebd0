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

"""Where things are put on a side of a thing, and between two."""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabletop_scenes import T_BASE_CAMERA

from vlm_robot.core.errors import Refusal
from vlm_robot.core.free_space import Footprint, FreeSpace, footprint_of
from vlm_robot.core.geometry import inverse, transform_points
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.heightmap import HeightMap
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.placement import heading_of
from vlm_robot.core.skills import SIDES, Relation, Skill
from vlm_robot.core.spots import goal_beside, goal_between
from vlm_robot.core.table import Table
from vlm_robot.core.values import Grounding, Point3, Step, Target

SETTINGS = GroundingSettings()
TABLE = Table(0.0, 0.0, 0.0)
HELD = Grounding('base', (0.3, 0.3, 0.02), 0.0, (0.04, 0.04, 0.04))
SIDE_M = HELD.size[0]
RELATIONS = list(SIDES)
DISCS = st.lists(
    st.tuples(st.floats(0.3, 0.7), st.floats(-0.3, 0.3), st.floats(0.01, 0.05), st.just(0.05)),
    max_size=6,
)
Disc = tuple[float, float, float, float]


def cube_at(x: float, y: float, *, side: float = 0.04, bottom: float = 0.0) -> Grounding:
    return Grounding('base', (x, y, bottom + side / 2), 0.0, (side, side, side))


def table_with(*discs: Disc) -> HeightMap:
    x, y = np.arange(0.18, 0.82, 0.005), np.arange(-0.42, 0.42, 0.005)
    heights = HeightMap(x, y, np.zeros((len(x), len(y)), dtype=np.float32))
    for disc in discs:
        heights = heights.with_disc(*disc[:3], height_m=disc[3])
    return heights


def put(relation: Relation, one: Grounding, two: Grounding | None = None) -> Step:
    other = None if two is None else Target('blue cup', grounding=two)
    return Step(Skill.PLACE, Target('red cube', grounding=one), relation, other=other)


def space(heights: HeightMap) -> FreeSpace:
    return FreeSpace(heights, footprint_of(HELD, SETTINGS), SETTINGS)


def beside(thing: Grounding, relation: Relation, heights: HeightMap) -> Point3:
    heading = heading_of(SIDES[relation], T_BASE_CAMERA)
    step = put(relation, thing)
    return goal_beside(thing, step, heading=heading, space=space(heights), table=TABLE)


def between(one: Grounding, two: Grounding, heights: HeightMap) -> Point3:
    step = put(Relation.BETWEEN, one, two)
    return goal_between(one, step, space=space(heights), table=TABLE)


def in_view(point: Point3, origin: Point3) -> tuple[float, float]:
    """Return how far to the right of a point, and how much farther away, the camera sees one."""
    seen = transform_points(inverse(T_BASE_CAMERA), [point, origin])
    right, _, away = seen[0] - seen[1]
    return float(right), float(away)


THING = cube_at(0.5, 0.0)
FREE = table_with((0.5, 0.0, 0.028, 0.04))


@pytest.mark.parametrize('relation', RELATIONS)
def test_on_an_empty_table_a_side_is_straight_beside_the_thing_at_the_gap(
    relation: Relation,
) -> None:
    x, y, z = beside(THING, relation, FREE)
    assert math.dist((x, y), (0.5, 0.0)) == pytest.approx(0.02 + SETTINGS.gap_m + SIDE_M / 2)
    assert z == 0.0
    right, away = in_view((x, y, 0.02), THING.position)
    expected = {
        Relation.LEFT_OF: right < -0.06 and abs(away) < 0.001,
        Relation.RIGHT_OF: right > 0.06 and abs(away) < 0.001,
        Relation.IN_FRONT_OF: away < -0.04 and abs(right) < 0.001,
        Relation.BEHIND: away > 0.04 and abs(right) < 0.001,
    }
    assert expected[relation]


@given(st.sampled_from(RELATIONS), DISCS)
def test_a_spot_on_a_side_is_free_inside_and_on_that_side(
    relation: Relation, discs: list[Disc]
) -> None:
    heights = table_with((0.5, 0.0, 0.028, 0.04), *discs)
    with suppress(Refusal):
        x, y, _ = beside(THING, relation, heights)
        assert SETTINGS.workspace.contains((x, y, 0.0))
        assert heights.within(x, y, SIDE_M / 2).max() == 0.0
        heading = heading_of(SIDES[relation], T_BASE_CAMERA)
        turned = math.remainder(math.atan2(y, x - 0.5) - heading, math.tau)
        assert abs(turned) < math.radians(31)


def test_a_spot_moves_aside_or_away_where_the_nearest_is_taken() -> None:
    straight = beside(THING, Relation.LEFT_OF, FREE)
    taken = table_with((0.5, 0.0, 0.028, 0.04), (*straight[:2], 0.02, 0.04))
    moved = beside(THING, Relation.LEFT_OF, taken)
    assert 0.04 < math.dist(moved, straight) < 0.10


def test_a_side_without_room_is_refused_with_how_much_was_needed() -> None:
    full = table_with((0.5, 0.22, 0.2, 0.05), (0.5, 0.0, 0.028, 0.04))
    with pytest.raises(Refusal, match=r'no free spot of 6\.0 cm left of the red cube') as refused:
        beside(THING, Relation.LEFT_OF, full)
    assert refused.value.outcome is Outcome.UNREACHABLE
    assert beside(THING, Relation.RIGHT_OF, full)[1] < -0.05


def test_ground_that_was_not_seen_is_not_free() -> None:
    heights = table_with((0.5, 0.0, 0.028, 0.04))
    heights.heights[:, heights.y > 0.03] = math.nan
    with pytest.raises(Refusal, match='in the workspace and in view'):
        beside(THING, Relation.LEFT_OF, heights)


def test_beside_a_thing_on_a_tray_the_goal_is_the_tray_s_floor() -> None:
    floor_m = 0.03
    heights = table_with((0.5, 0.0, 0.15, floor_m), (0.5, 0.0, 0.028, floor_m + 0.04))
    on_tray = cube_at(0.5, 0.0, bottom=floor_m)
    for relation in RELATIONS:
        assert beside(on_tray, relation, heights)[2] == pytest.approx(floor_m)


def test_a_thing_is_not_put_over_an_edge() -> None:
    heights = table_with((0.5, 0.0, 0.06, 0.03), (0.5, 0.0, 0.028, 0.07))
    x, y, z = beside(cube_at(0.5, 0.0, bottom=0.03), Relation.LEFT_OF, heights)
    assert z == 0.0
    assert math.dist((x, y), (0.5, 0.0)) > 0.06 + SIDE_M / 2


def test_fingers_that_open_across_the_side_have_room_too() -> None:
    straight = beside(THING, Relation.LEFT_OF, FREE)
    half = SIDE_M / 2 + 0.02  # clear of the held thing, not of a finger
    walls = [(straight[0] + sign * half, straight[1], 0.004, 0.06) for sign in (-1, 1)]
    heights = table_with((0.5, 0.0, 0.028, 0.04), *walls)
    assert math.dist(beside(THING, Relation.LEFT_OF, heights), straight) > 0.01


@given(st.floats(0, math.pi), st.floats(0.13, 0.24))
def test_between_two_things_is_in_the_middle_of_their_gap(turn: float, apart: float) -> None:
    dx, dy = apart / 2 * math.cos(turn), apart / 2 * math.sin(turn)
    one, two = cube_at(0.5 - dx, -dy), cube_at(0.5 + dx, dy)
    heights = table_with(*((*thing.position[:2], 0.02, 0.04) for thing in (one, two)))
    x, y, z = between(one, two, heights)
    assert math.dist((x, y), (0.5, 0.0)) < 0.006
    assert z == 0.0
    assert between(two, one, heights) == pytest.approx((x, y, z), abs=0.006)


def test_between_things_of_different_size_is_the_middle_of_the_gap_not_of_the_centres() -> None:
    bowl = Grounding('base', (0.5, -0.12, 0.0275), 0.8, (0.16, 0.16, 0.055))
    heights = table_with((0.5, -0.12, 0.08, 0.055), (0.5, 0.12, 0.02, 0.04))
    _, y, _ = between(cube_at(0.5, 0.12), bowl, heights)
    assert y == pytest.approx((-0.04 + 0.10) / 2, abs=0.006)


@given(DISCS)
def test_what_is_put_between_touches_nothing_and_stays_between(discs: list[Disc]) -> None:
    one, two = cube_at(0.5, -0.12), cube_at(0.5, 0.12)
    heights = table_with((0.5, -0.12, 0.028, 0.04), (0.5, 0.12, 0.028, 0.04), *discs)
    with suppress(Refusal):
        x, y, _ = between(one, two, heights)
        assert heights.within(x, y, SIDE_M / 2).max() == 0.0
        assert abs(x - 0.5) <= 0.031
        assert abs(y) <= 0.12 - 0.02 - SIDE_M / 2


def test_a_gap_that_is_too_narrow_is_named_with_what_is_needed() -> None:
    one, two = cube_at(0.5, -0.04), cube_at(0.5, 0.04)
    heights = table_with((0.5, -0.04, 0.02, 0.04), (0.5, 0.04, 0.02, 0.04))
    with pytest.raises(Refusal) as refused:
        between(one, two, heights)
    assert refused.value.outcome is Outcome.UNREACHABLE
    gap, needed = (float(part.split(' cm')[0]) for part in _cut(refused.value.message))
    assert gap == pytest.approx(4.0, abs=0.6)
    assert needed == pytest.approx(100 * footprint_of(HELD, SETTINGS).room_m)


def _cut(message: str) -> tuple[str, str]:
    assert message.startswith('the gap between the red cube and the blue cup is ')
    gap, _, needed = message.removeprefix(
        'the gap between the red cube and the blue cup is '
    ).partition(': the held thing needs ')
    return gap, needed


def test_a_gap_that_something_fills_is_no_free_spot() -> None:
    heights = table_with((0.5, -0.12, 0.02, 0.04), (0.5, 0.12, 0.02, 0.04), (0.5, 0, 0.06, 0.04))
    with pytest.raises(Refusal, match=r'no free spot of 6\.0 cm in the gap of') as refused:
        between(cube_at(0.5, -0.12), cube_at(0.5, 0.12), heights)
    assert refused.value.outcome is Outcome.UNREACHABLE


def test_nothing_is_between_a_thing_and_itself_or_a_thing_and_none() -> None:
    with pytest.raises(Refusal, match='they are at one place') as refused:
        between(THING, THING, FREE)
    assert refused.value.outcome is Outcome.INVALID_ANSWER
    with pytest.raises(Refusal, match="names only 'red cube'") as refused:
        goal_between(THING, put(Relation.BETWEEN, THING), space=space(FREE), table=TABLE)
    assert refused.value.outcome is Outcome.INVALID_ANSWER


def test_what_the_plan_did_not_pick_has_the_size_of_the_settings() -> None:
    unknown = footprint_of(None, SETTINGS)
    assert unknown.side_m == SETTINGS.held_size_m
    assert footprint_of(HELD, SETTINGS).room_m < unknown.room_m
    wide = footprint_of(cube_at(0, 0, side=0.2), SETTINGS)
    assert wide.reach_m <= SETTINGS.max_opening_m / 2 + SETTINGS.finger_thickness_m


def test_the_ground_is_free_or_not_at_every_point_of_the_map_and_beyond() -> None:
    narrow = FreeSpace(FREE, Footprint(0.02, 0.04, 0.02), SETTINGS)
    for x in np.arange(0.0, 1.0, 0.1):
        for y in np.arange(-0.5, 0.5, 0.1):
            ground = narrow.ground(float(x), float(y), yaw=0.3, support_m=0.0)
            assert ground is None or SETTINGS.workspace.contains((float(x), float(y), 0.0))
    assert math.isnan(narrow.height_at(5.0, 5.0))
