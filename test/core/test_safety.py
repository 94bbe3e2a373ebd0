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
"""What the gate lets through, and what it says about the rest."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vlm_robot.core.box import Box
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.safety import Gate, GateSettings
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import Grounding, Plan, Point3, Step, Target

NOW_NS = 100_000_000_000
KEEP_OUT = Box(lower=(0.60, 0.10, 0.0), upper=(0.70, 0.30, 0.40))
SETTINGS = GateSettings(keep_out=(KEEP_OUT,), dry_run=False)
CUBE = Grounding('base_link', (0.5, 0.0, 0.02), 0.3, (0.05, 0.04, 0.04))
BOWL = Grounding('base_link', (0.4, 0.2, 0.03), 0.0, (0.16, 0.16, 0.055))

PICK = Step(Skill.PICK, Target('red cube', (320, 240), 0.9, CUBE))
PLACE = Step(
    Skill.PLACE,
    Target('blue bowl', (400, 250), 0.8, BOWL),
    relation=Relation.IN,
    goal=(0.4, 0.2, 0.005),
)
PUSH = Step(Skill.PUSH, PICK.target, direction=Direction.LEFT, goal=(0.5, 0.1, 0.02))
PLAN = Plan(
    'put the red cube into the blue bowl',
    steps=(PICK, PLACE),
    plan_id='first',
    stamp_ns=NOW_NS - 1_000_000_000,
)


def check(plan: Plan, settings: GateSettings = SETTINGS, **arguments: Any) -> Verdict:
    return Gate(settings).check(plan, NOW_NS, **{'approved': True, **arguments})


def moved(step: Step, **fields: Any) -> Step:
    assert step.target.grounding is not None
    grounding = replace(step.target.grounding, **fields)
    return replace(step, target=replace(step.target, grounding=grounding))


def with_steps(*steps: Step) -> Plan:
    return replace(PLAN, steps=steps)


BETWEEN = replace(
    PLACE,
    relation=Relation.BETWEEN,
    goal=(0.45, 0.1, 0.0),
    other=Target('green mug', (500, 300), 0.7, replace(CUBE, position=(0.5, -0.2, 0.03))),
)


def test_a_place_between_two_things_passes_when_both_are_sound() -> None:
    assert check(with_steps(PICK, BETWEEN)) == OK
    assert BETWEEN.other is not None
    for other, outcome in (
        (None, Outcome.INVALID_ANSWER),
        (replace(BETWEEN.other, grounding=None), Outcome.NO_DEPTH),
        (replace(BETWEEN.other, confidence=0.0), Outcome.LOW_CONFIDENCE),
        (replace(BETWEEN.other, grounding=replace(CUBE, frame_id='camera')), Outcome.NO_TRANSFORM),
        (
            replace(BETWEEN.other, grounding=replace(CUBE, position=(5.0, 0.0, 0.0))),
            Outcome.OUTSIDE_WORKSPACE,
        ),
        (replace(BETWEEN.other, grounding=replace(CUBE, yaw=math.nan)), Outcome.NO_DEPTH),
        (replace(BETWEEN.other, grounding=replace(CUBE, size=(0.0, 1, 1))), Outcome.NO_GRASP),
    ):
        assert check(with_steps(PICK, replace(BETWEEN, other=other))).outcome is outcome


@pytest.mark.parametrize(
    'step', [replace(PICK, other=PLACE.target), replace(PLACE, other=PICK.target)]
)
def test_another_thing_belongs_to_between_alone(step: Step) -> None:
    steps = (step,) if step.skill is Skill.PICK else (PICK, step)
    verdict = check(with_steps(*steps))
    assert verdict.outcome is Outcome.INVALID_ANSWER
    assert 'names a second thing: expected one' in verdict.message


def test_a_sound_plan_passes_once_and_only_once() -> None:
    gate = Gate(SETTINGS)
    assert gate.check(PLAN, NOW_NS, approved=True) == OK
    verdict = gate.check(PLAN, NOW_NS, approved=True)
    assert verdict == Verdict(Outcome.USED_PLAN, "plan 'first' was used before")
    assert gate.check(replace(PLAN, plan_id='second'), NOW_NS, approved=True) == OK


def test_a_plan_that_was_not_approved_can_still_be_approved() -> None:
    gate = Gate(SETTINGS)
    assert gate.check(PLAN, NOW_NS, approved=False).outcome is Outcome.NOT_APPROVED
    assert gate.check(PLAN, NOW_NS, approved=True) == OK


def test_the_memory_of_ids_is_bounded_and_forgets_the_oldest() -> None:
    gate = Gate(SETTINGS.model_copy(update={'remembered_ids': 2}))
    for plan_id in ('a', 'b', 'c', 'a'):
        assert gate.check(replace(PLAN, plan_id=plan_id), NOW_NS, approved=True) == OK
    assert gate.check(replace(PLAN, plan_id='c'), NOW_NS, approved=True).outcome is (
        Outcome.USED_PLAN
    )


REFUSALS: list[tuple[Plan, Outcome, str]] = [
    (replace(PLAN, verdict=Verdict(Outcome.NOT_FOUND, 'no cube')), Outcome.NOT_FOUND, 'no cube'),
    (with_steps(), Outcome.INVALID_ANSWER, "'first' has no steps"),
    (replace(PLAN, stamp_ns=NOW_NS - 6_000_000_000), Outcome.STALE_FRAME, '6.000 s old'),
    (replace(PLAN, stamp_ns=NOW_NS + 1_000_000_000), Outcome.STALE_FRAME, '-1.000 s old'),
    (replace(PLAN, plan_id=''), Outcome.USED_PLAN, "''"),
    (with_steps(PLACE), Outcome.INVALID_ANSWER, 'needs something held'),
    (with_steps(PICK, PLACE, PLACE), Outcome.INVALID_ANSWER, 'step 3'),
    (with_steps(PICK, PICK), Outcome.INVALID_ANSWER, 'needs an empty gripper'),
    (with_steps(PICK, PUSH), Outcome.INVALID_ANSWER, 'needs an empty gripper'),
    (
        with_steps(replace(PUSH, direction=Direction.NONE)),
        Outcome.INVALID_ANSWER,
        "direction 'NONE'",
    ),
    (
        with_steps(replace(PICK, relation=Relation.ON)),
        Outcome.INVALID_ANSWER,
        "relation 'ON'",
    ),
    (
        with_steps(replace(PICK, target=replace(PICK.target, confidence=0.2))),
        Outcome.LOW_CONFIDENCE,
        '0.2',
    ),
    (
        with_steps(replace(PICK, target=replace(PICK.target, confidence=math.nan))),
        Outcome.LOW_CONFIDENCE,
        'nan',
    ),
    (
        with_steps(replace(PICK, target=replace(PICK.target, grounding=None))),
        Outcome.NO_DEPTH,
        "'red cube', has no place",
    ),
    (with_steps(replace(PUSH, goal=None)), Outcome.NO_DEPTH, 'PUSH, has no goal'),
    (with_steps(moved(PICK, frame_id='camera')), Outcome.NO_TRANSFORM, "'camera'"),
    (with_steps(moved(PICK, yaw=math.nan)), Outcome.NO_DEPTH, 'nan'),
    (with_steps(moved(PICK, spread_m=math.inf)), Outcome.NO_DEPTH, 'inf'),
    (
        with_steps(moved(PICK, position=(0.8, 0.0, 0.02))),
        Outcome.OUTSIDE_WORKSPACE,
        "target 'red cube' at (0.8, 0.0, 0.02)",
    ),
    (
        with_steps(PICK, replace(PLACE, goal=(0.4, 0.31, 0.0))),
        Outcome.OUTSIDE_WORKSPACE,
        'goal of step 2, PLACE, at (0.4, 0.31, 0.0)',
    ),
    (
        with_steps(replace(PUSH, goal=(0.5, -0.4, 0.02))),
        Outcome.OUTSIDE_WORKSPACE,
        'goal of step 1, PUSH,',
    ),
    (with_steps(moved(PICK, position=(0.65, 0.2, 0.02))), Outcome.KEEP_OUT, '(0.6, 0.1, 0.0)'),
    (with_steps(replace(PUSH, goal=(0.65, 0.2, 0.02))), Outcome.KEEP_OUT, 'PUSH'),
    (with_steps(moved(PICK, size=(0.09, 0.08, 0.04))), Outcome.NO_GRASP, '0.08 m wide'),
    (with_steps(moved(PICK, size=(0.05, math.nan, 0.04))), Outcome.NO_GRASP, 'nan'),
    (with_steps(moved(PICK, size=(0.05, 0.04, 0.0))), Outcome.NO_GRASP, 'not positive'),
]


@pytest.mark.parametrize(('plan', 'outcome', 'message'), REFUSALS)
def test_a_plan_with_a_fault_is_refused_by_name(
    plan: Plan, outcome: Outcome, message: str
) -> None:
    verdict = check(plan)
    assert verdict.outcome is outcome
    assert message in verdict.message


def test_a_goal_beyond_the_arm_is_unreachable() -> None:
    short = SETTINGS.model_copy(update={'reach_max_m': 0.45})
    verdict = check(PLAN, short)
    assert verdict.outcome is Outcome.UNREACHABLE
    assert "'red cube'" in verdict.message
    assert '0.500 m from the base' in verdict.message
    far = SETTINGS.model_copy(update={'reach_min_m': 0.46})
    assert "'blue bowl'" in check(PLAN, far).message


def test_a_forbidden_skill_is_refused_with_what_is_allowed() -> None:
    verdict = check(PLAN, SETTINGS.model_copy(update={'allowed_skills': frozenset({Skill.PICK})}))
    assert verdict.outcome is Outcome.FORBIDDEN_SKILL
    assert 'PLACE' in verdict.message
    assert 'allowed are PICK' in verdict.message


def test_a_bowl_is_placed_in_although_it_does_not_fit_the_gripper() -> None:
    assert BOWL.size[1] > SETTINGS.max_width_m
    assert check(PLAN) == OK
    assert check(with_steps(moved(PICK, size=BOWL.size))).outcome is Outcome.NO_GRASP


def test_what_is_held_can_be_placed_without_a_pick() -> None:
    assert check(with_steps(PLACE), holding=True) == OK
    assert check(with_steps(PICK, PLACE), holding=True).outcome is Outcome.INVALID_ANSWER


def test_unknown_confidence_passes_only_where_it_is_accepted() -> None:
    plan = with_steps(replace(PUSH, target=replace(PUSH.target, confidence=math.nan)))
    accepting = SETTINGS.model_copy(update={'accept_unknown_confidence': True})
    assert check(plan, accepting) == OK
    assert check(plan).outcome is Outcome.LOW_CONFIDENCE


def test_the_defaults_let_nothing_move() -> None:
    verdict = check(PLAN, GateSettings())
    assert verdict.outcome is Outcome.NOT_APPROVED
    assert 'dry_run' in verdict.message


def test_without_approval_required_nobody_is_asked() -> None:
    free = SETTINGS.model_copy(update={'approval_required': False})
    assert check(PLAN, free, approved=False) == OK


FAULTS: list[tuple[Outcome, dict[str, Any], dict[str, Any]]] = [
    (Outcome.NOT_FOUND, {'verdict': Verdict(Outcome.NOT_FOUND, 'no')}, {}),
    (Outcome.STALE_FRAME, {'stamp_ns': 0}, {}),
    (Outcome.USED_PLAN, {'plan_id': ''}, {}),
    (Outcome.FORBIDDEN_SKILL, {}, {'allowed_skills': frozenset()}),
    (Outcome.LOW_CONFIDENCE, {}, {'min_confidence': 1.0}),
    (Outcome.OUTSIDE_WORKSPACE, {}, {'workspace': Box(lower=(5, 5, 5), upper=(6, 6, 6))}),
    (Outcome.KEEP_OUT, {}, {'keep_out': (Box(lower=(-9, -9, -9), upper=(9, 9, 9)),)}),
    (Outcome.UNREACHABLE, {}, {'reach_max_m': 0.3}),
    (Outcome.NO_GRASP, {}, {'max_width_m': 0.01}),
    (Outcome.NOT_APPROVED, {}, {'dry_run': True}),
]


@pytest.mark.parametrize('first', range(len(FAULTS)))
def test_the_first_of_several_faults_is_named_in_the_order_of_the_design(first: int) -> None:
    plan, settings = PLAN, SETTINGS
    for _, plan_fields, setting_fields in FAULTS[first:]:
        plan = replace(plan, **plan_fields)
        settings = settings.model_copy(update=setting_fields)
    assert check(plan, settings).outcome is FAULTS[first][0]


inside = st.tuples(st.floats(0.31, 0.59), st.floats(-0.29, 0.29), st.floats(0.0, 0.1))
outside = st.one_of(
    st.floats(max_value=-0.31), st.floats(min_value=0.71), st.just(math.nan), st.just(math.inf)
)


@given(inside, st.integers(0, 2), outside, st.sampled_from(['target', 'place', 'push']))
def test_one_coordinate_outside_never_passes(
    point: Point3, axis: int, value: float, where: str
) -> None:
    coordinates = list(point)
    coordinates[axis] = value
    bad = (coordinates[0], coordinates[1], coordinates[2])
    plans = {
        'target': with_steps(moved(PICK, position=bad), PLACE),
        'place': with_steps(PICK, replace(PLACE, goal=bad)),
        'push': with_steps(replace(PUSH, goal=bad)),
    }
    verdict = check(plans[where])
    assert verdict.outcome is Outcome.OUTSIDE_WORKSPACE
    assert verdict.message


@given(inside, inside)
def test_every_point_well_inside_passes(target: Point3, goal: Point3) -> None:
    reaching = SETTINGS.model_copy(update={'reach_min_m': 0.3})
    plan = with_steps(moved(PICK, position=target), replace(PLACE, goal=goal))
    assert check(plan, reaching) == OK


@pytest.mark.parametrize(
    'fields',
    [
        {'reach_min_m': 0.9},
        {'max_age_s': math.nan},
        {'min_confidence': 1.5},
        {'max_width_m': -1},
        {'remembered_ids': 0},
        {'typo': 1},
    ],
)
def test_limits_that_make_no_sense_are_an_error_at_construction(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GateSettings(**fields)
