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

"""Plans as JSON."""

from __future__ import annotations

import json

import pytest
from answers import PLAN
from hypothesis import example, given
from hypothesis import strategies as st

from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.models.answer import ImageSize, Parsed, ParseStatus, Task
from vlm_robot.models.conventions.plan_json import PlanJsonConvention
from vlm_robot.models.profile import Profile
from vlm_robot.models.prompts import make_prompt
from vlm_robot.models.units import Units

SIZE = ImageSize(1000, 1000)


def read(text: str, units: Units | None = None) -> Parsed:
    return PlanJsonConvention(units or Units()).parse(text, SIZE)


def test_the_example_of_the_prompt_is_a_plan_once_its_points_are_numbers() -> None:
    profile = Profile(source='x', plan='plan_json', point='json_points')
    system = make_prompt(profile, Task.PLAN, 'x').system
    example = next(line for line in system.splitlines() if line.startswith('{"outcome":"ok"'))
    parsed = read(example.replace('X', '10').replace('Y', '20'))
    assert [step.skill for step in parsed.steps] == [Skill.PICK, Skill.PLACE]
    assert parsed.steps[1].relation is Relation.IN
    assert read(example).status is not ParseStatus.OK


@pytest.mark.parametrize(
    'text',
    [
        PLAN,
        f'```json\n{PLAN}\n```',
        f'Sure! Here is the plan:\n{PLAN}\nIt picks the cube (1) first.',
        f'<think>{PLAN.replace("412", "1")}</think>{PLAN}',
        f'{PLAN}\n{PLAN}',
        PLAN.replace('"outcome":"ok",', ''),
        PLAN.replace('"', "'"),
        PLAN.replace('[412,530]', '(412, 530)').replace('"point"', '"point_2d"'),
        PLAN.replace('"pick"', '"PICK"').replace('"in"', '"inside"'),
        PLAN.replace('"point":[412,530]', '"bbox_2d":[402,520,422,540]'),
        PLAN.partition('"steps":')[2].removesuffix('}'),
        PLAN.partition('"steps":[')[2].removesuffix(']}').replace('},{', '}\n{'),
        PLAN.replace('"point":[412,530],"label":"red cube"',
                     '"target":{"point":[412,530],"label":"red cube"}'),
    ],
)  # fmt: skip
def test_a_plan_is_read_however_it_is_wrapped(text: str) -> None:
    parsed = read(text)
    assert parsed.status is ParseStatus.OK, parsed.reason
    assert [(s.skill, s.relation, s.target.label, s.target.pixel) for s in parsed.steps] == [
        (Skill.PICK, Relation.NONE, 'red cube', (411.5, 529.5)),
        (Skill.PLACE, Relation.IN, 'blue bowl', (699.5, 414.5)),
    ]
    assert [p.target for p in parsed.pointed] == [s.target for s in parsed.steps]
    assert [text[p.start : p.end].replace(' ', '') for p in parsed.pointed][1] == '700,415'


def test_the_axis_that_comes_first_is_the_units_matter() -> None:
    parsed = read('{"steps":[{"skill":"pick","point":[100,200],"label":"a"}]}', Units(first='y'))
    assert parsed.steps[0].target.pixel == (199.5, 99.5)


def test_outcomes_are_verdicts() -> None:
    missing = read('{"outcome":"not_found","label":"red cube"}')
    assert missing.verdict.outcome is Outcome.NOT_FOUND
    assert missing.reason == "I see nothing that fits 'red cube'"
    assert read('{"outcome":"unsupported"}').verdict.outcome is Outcome.UNSUPPORTED
    assert read('{"outcome":"not found"}').verdict.outcome is Outcome.NOT_FOUND
    either = '{"outcome":"ambiguous","candidates":[{"point":[1,2],"label":"mug"},{"label":"cup"}]}'
    parsed = read(either)
    assert parsed.verdict.outcome is Outcome.AMBIGUOUS
    assert [p.target.label for p in parsed.pointed] == ['mug', 'cup']


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('', 'the answer is empty'),
        ('I would pick it up.', 'holds no plan'),
        ('{"outcome":"ok","steps":[]}', 'the plan has no steps'),
        ('{"outcome":"maybe"}', "'maybe' is no outcome"),
        ('{"outcome":"ambiguous"}', 'nothing is named'),
        ('{"steps":["pick the cube"]}', "'pick the cube' is no step"),
        ('{"steps":[{"skill":"fly","point":[1,2],"label":"x"}]}', "'fly' is no skill: expected"),
        ('{"steps":[{"skill":"place","point":[1,2],"label":"x"}]}', 'is not one of in, on'),
        ('{"steps":[{"skill":"push","direction":"up","point":[1,2]}]}', "direction 'up' is not"),
        ('{"steps":[{"skill":"pick"}]}', 'a step names nothing'),
        ('{"steps":[{"skill":"pick","point":[1,2000],"label":"x"}]}', 'outside the image'),
        ('{"steps":[{"skill":"pick","point":[1,2,3],"label":"x"}]}', 'is not two numbers'),
        ('{"steps":[{"skill":"pick","point":[[1,2],[3,4]],"label":"x"}]}', 'has 2 points'),
    ],
)
def test_what_is_no_plan_is_malformed_with_the_reason(text: str, reason: str) -> None:
    parsed = read(text)
    assert (parsed.status, parsed.steps) == (ParseStatus.MALFORMED, ())
    assert reason in parsed.reason


@pytest.mark.parametrize(
    'text',
    [
        PLAN[: PLAN.index(',"label":"blue')],
        PLAN[:-2],
        PLAN.replace('"place"', '"fly"'),
        PLAN.replace('"point":[700,415],', ''),
        PLAN.replace('[700,415]', '[700,4150]'),
    ],
)
def test_a_plan_with_a_step_that_cannot_be_read_is_partial(text: str) -> None:
    parsed = read(text)
    assert parsed.status is ParseStatus.PARTIAL
    assert parsed.reason
    assert parsed.steps[0].target.label == 'red cube'


def test_a_direction_is_read_in_other_words() -> None:
    text = '{"skill":"push","direction":"Backwards","point":[1,2],"label":"mug"}'
    assert read(text).steps[0].direction is Direction.BACK


def place(relation: str, rest: str = '') -> str:
    return f'{{"skill":"place","relation":"{relation}","point":[1,2],"label":"mug"{rest}}}'


@pytest.mark.parametrize(
    ('words', 'relation'),
    [
        ('left_of', Relation.LEFT_OF), ('left of', Relation.LEFT_OF), ('left', Relation.LEFT_OF),
        ('to the left of', Relation.LEFT_OF), ('on the left side of', Relation.LEFT_OF),
        ('Right-Of', Relation.RIGHT_OF), ('to the right', Relation.RIGHT_OF),
        ('in front', Relation.IN_FRONT_OF), ('in front of', Relation.IN_FRONT_OF),
        ('inFrontOf', Relation.IN_FRONT_OF), ('behind', Relation.BEHIND),
        ('at the back of', Relation.BEHIND), ('beside', Relation.NEXT_TO),
        ('near', Relation.NEXT_TO), ('next to', Relation.NEXT_TO), ('on top of', Relation.ON),
    ],
)  # fmt: skip
def test_a_relation_is_read_in_other_words(words: str, relation: Relation) -> None:
    assert read(place(words)).steps[0].relation is relation


OTHER = '{"point":[700,800],"label":"blue bowl"}'


@pytest.mark.parametrize('words', ['between', 'in between', 'BETWEEN', 'in the middle of'])
@pytest.mark.parametrize('key', ['other', 'second', 'other_object'])
def test_between_takes_another_thing_which_is_pointed_at_too(words: str, key: str) -> None:
    parsed = read(place(words, f',"{key}":{OTHER}'))
    assert parsed.status is ParseStatus.OK, parsed.reason
    (step,) = parsed.steps
    assert step.relation is Relation.BETWEEN
    assert step.other is not None
    assert (step.other.label, step.other.pixel) == ('blue bowl', (699.5, 799.5))
    assert [p.target for p in parsed.pointed] == [step.target, step.other]


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        (place('between'), "'between' takes two things: expected the other one"),
        (place('between', ',"other":null'), 'takes two things'),
        (place('between', ',"other":{}'), 'takes two things'),
        (place('between', ',"other":[1,2]'), 'takes two things'),
        (place('between', ',"other":{"point":[1,2000],"label":"x"}'), 'outside the image'),
        (place('between', ',"other":{"point":[[1,2],[3,4]],"label":"x"}'), 'has 2 points'),
        (place('between', ',"other":{"label":"blue bowl"}'), "'blue bowl' has no point"),
        (place('between', ',"other":"blue bowl"'), "'blue bowl' has no point"),
        (place('in', f',"other":{OTHER}'), "'in' takes one thing, not two"),
    ],
)
def test_a_place_with_too_few_things_or_too_many_is_not_read(text: str, reason: str) -> None:
    parsed = read(text)
    assert parsed.status in (ParseStatus.MALFORMED, ParseStatus.PARTIAL)
    assert reason in parsed.reason


def test_another_thing_that_is_null_is_none() -> None:
    assert read(place('in', ',"other":null')).steps[0].other is None


@given(label=st.text(min_size=1, max_size=40).filter(str.strip), indent=st.sampled_from([None, 2]))
@example(label='</think>', indent=None)
@example(label='```json', indent=2)
@example(label='<answer> "a", \\', indent=2)
@example(label='<b>', indent=None)
def test_whatever_a_label_is_a_plan_that_is_json_is_read(label: str, indent: int | None) -> None:
    for point in ({'point': [1, 2]}, {}):
        steps = [{'skill': 'pick', **point, 'label': label}] * 2
        for ascii_only in (True, False):
            plan = {'outcome': 'ok', 'steps': steps}
            parsed = read(json.dumps(plan, indent=indent, ensure_ascii=ascii_only))
            assert parsed.status is ParseStatus.OK, parsed.reason
            assert len(parsed.steps) == 2
    missing = read(json.dumps({'outcome': 'not_found', 'label': label}))
    assert missing.verdict.outcome is Outcome.NOT_FOUND
    things = [{'point': [1, 2], 'label': label}, {'point': [1, 2], 'label': label}]
    either = read(json.dumps({'outcome': 'ambiguous', 'candidates': things}))
    assert either.verdict.outcome is Outcome.AMBIGUOUS
    assert len(either.pointed) == 2
