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

"""In what two plans differ."""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.cli.plan_differences import differences
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Grounding, Plan, Step, Target

FOUND = Grounding('base_link', (0.1, 0.2, 0.3), 0.4, (0.05, 0.05, 0.05), spread_m=0.002)
STEP = Step(Skill.PICK, Target('red cube', (1.0, 2.0), 0.9, FOUND))
PLAN = Plan('pick the red cube', steps=(STEP,), plan_id='a', stamp_ns=5, timings_s={'model': 1.0})


@given(st.text(), st.integers(), st.dictionaries(st.text(), st.floats()))
def test_ids_stamps_and_timings_make_no_difference(
    plan_id: str, stamp_ns: int, timings_s: dict[str, float]
) -> None:
    again = replace(PLAN, plan_id=plan_id, stamp_ns=stamp_ns, timings_s=timings_s)

    assert differences(PLAN, again) == ()


@given(st.floats(0.001, 1))
def test_a_target_that_moved_is_told_with_both_places(distance: float) -> None:
    moved = replace(FOUND, position=(0.1, 0.2 + distance, 0.3))
    step = replace(STEP, target=replace(STEP.target, grounding=moved))

    assert differences(PLAN, replace(PLAN, steps=(step,))) == (
        f'steps[0].target.grounding.position[1] was 0.2, and is {0.2 + distance!r} in the replay',
    )


def test_another_outcome_and_another_number_of_steps_are_told() -> None:
    refused = replace(PLAN, verdict=Verdict(Outcome.NO_GRASP, 'too wide'), steps=())

    assert differences(PLAN, refused) == (
        "verdict.outcome was 'OK', and is 'NO_GRASP' in the replay",
        "verdict.message was '', and is 'too wide' in the replay",
        'steps was 1 of them, and is 0 of them in the replay',
    )


def test_what_is_unknown_in_both_is_the_same() -> None:
    unsure = replace(STEP, target=replace(STEP.target, confidence=math.nan))
    plan = replace(PLAN, steps=(unsure,))

    assert differences(plan, plan) == ()
    assert differences(plan, PLAN) == (
        'steps[0].target.confidence was None, and is 0.9 in the replay',
    )
