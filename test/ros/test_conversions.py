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

from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import from_approach
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import GraspCandidate, Grounding, Plan, Step, Target
from vlm_robot.ros.conversions import plan_message, plan_value, verdict_value

pytestmark = pytest.mark.ros

finite = st.floats(-1e6, 1e6)
text = st.text(st.characters(exclude_categories=('Cs', 'Cc')), max_size=20)
point = st.tuples(finite, finite, finite)
groundings = st.builds(
    Grounding,
    frame_id=text,
    position=point,
    yaw=st.floats(-3.1, 3.1),
    size=point,
    spread_m=finite,
    valid_share=st.floats(0, 1),
    depth_images=st.integers(0, 100),
    deviation_m=finite,
)
targets = st.builds(
    Target,
    label=text,
    pixel=st.none() | st.tuples(finite, finite),
    confidence=st.floats(0, 1),
    grounding=st.none() | groundings,
    camera=text,
)
steps = st.builds(
    Step,
    skill=st.sampled_from(Skill),
    target=targets,
    relation=st.sampled_from([r for r in Relation if r is not Relation.BETWEEN]),
    direction=st.sampled_from(Direction),
    goal=st.none() | point,
) | st.builds(
    Step,
    skill=st.just(Skill.PLACE),
    target=targets,
    relation=st.just(Relation.BETWEEN),
    other=targets,
)
plans = st.builds(
    Plan,
    instruction=text,
    verdict=st.builds(Verdict, outcome=st.sampled_from(Outcome), message=text),
    steps=st.lists(steps, max_size=3).map(tuple),
    plan_id=text,
    stamp_ns=st.integers(0, 2**31 * 10**9 - 1),
    camera_frame=text,
    question=text,
    candidates=st.lists(targets, max_size=2).map(tuple),
    timings_s=st.dictionaries(text, finite, max_size=3),
    model=text,
    raw_answer=text,
)


def _blank(written: str, yaws: list[float]) -> str:
    """Leave the yaws out, which pass through a quaternion."""
    for yaw in yaws:
        written = written.replace(f'yaw={yaw!r}', 'yaw')
    return written


def all_yaws(plan: Plan) -> list[float]:
    named = [target for s in plan.steps for target in (s.target, s.other) if target]
    every = [*named, *plan.candidates]
    return [t.grounding.yaw for t in every if t.grounding]


@given(plans)
def test_a_plan_that_became_a_message_is_read_back_unchanged(plan: Plan) -> None:
    again = plan_value(plan_message(plan))

    assert all_yaws(again) == pytest.approx(all_yaws(plan))
    assert _blank(repr(again), all_yaws(again)) == _blank(repr(plan), all_yaws(plan))


@given(st.floats(-3.1, 3.1), st.floats(-1, 1), st.floats(-1, 1))
def test_a_grasp_comes_back_with_its_approach_and_yaw(yaw: float, x: float, y: float) -> None:
    length = math.sqrt(x * x + y * y + 1)
    approach = (x / length, y / length, -1 / length)
    grasp = GraspCandidate((0.5, 0.1, 0.03), yaw, approach, width_m=0.04, clearance_m=-0.01)
    target = Target('cube', grounding=Grounding('base', (0, 0, 0), 0, (1, 1, 1), grasps=(grasp,)))

    (step,) = plan_value(plan_message(Plan('pick', steps=(Step(Skill.PICK, target),)))).steps

    assert step.target.grounding is not None
    (again,) = step.target.grounding.grasps
    assert again.approach == pytest.approx(approach)
    assert again.position == grasp.position
    assert (again.width_m, again.clearance_m) == (0.04, -0.01)
    heading = from_approach(approach, yaw=yaw)[:3, 0]
    assert from_approach(again.approach, yaw=again.yaw)[:3, 0] == pytest.approx(heading)


def test_an_unknown_confidence_and_a_missing_pixel_and_goal_survive() -> None:
    step = Step(Skill.PICK, Target('cube', pixel=None, confidence=math.nan), goal=None)

    (again,) = plan_value(plan_message(Plan('pick', steps=(step,)))).steps

    assert again.target.pixel is None
    assert again.goal is None
    assert math.isnan(again.target.confidence)


@pytest.mark.parametrize('name', ['skill', 'relation', 'direction'])
def test_a_step_with_a_number_that_means_nothing_is_refused_by_name(name: str) -> None:
    message = plan_message(Plan('pick', steps=(Step(Skill.PICK, Target('cube')),)))
    setattr(message.steps[0], name, 99)

    with pytest.raises(Refusal, match=f'{name} is 99: known are') as caught:
        plan_value(message)

    assert caught.value.outcome is Outcome.INVALID_ANSWER


def test_an_error_code_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refusal, match='error_code is 999'):
        verdict_value(999, '')


def test_a_plan_with_more_stages_than_times_is_refused() -> None:
    message = plan_message(Plan('pick', timings_s={'model': 0.1}))
    message.stage_names = ['model', 'ground']

    with pytest.raises(Refusal, match='names 2 stages but times 1'):
        plan_value(message)
