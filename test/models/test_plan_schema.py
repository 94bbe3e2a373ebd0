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

"""The schema of plans that servers are given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vlm_robot.core.skills import CATALOGUE, Relation
from vlm_robot.models.answer import Task
from vlm_robot.models.plan_schema import plan_schema
from vlm_robot.models.profile import Profile
from vlm_robot.models.prompts import make_prompt
from vlm_robot.models.units import Units

PROFILES = {
    'thousandths': Profile(source='x', plan='plan_json', point='json_points'),
    'y first': Profile(source='x', plan='plan_json', point='p', units=Units(first='y')),
    'shares': Profile(source='x', plan='plan_json', point='p', units=Units(divisor=1)),
    'pixels': Profile(source='x', plan='plan_json', point='p', units=Units(scale='seen')),
    'no points': Profile(source='x', plan='plan_json'),
}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value follows a schema, as far as plans use the language."""
    if 'anyOf' in schema:
        return any(fits(value, choice) for choice in schema['anyOf'])
    if schema['type'] == 'object':
        parts = schema['properties']
        return (
            isinstance(value, dict)
            and list(value) == list(parts) == schema['required']
            and all(fits(value[name], part) for name, part in parts.items())
        )
    if schema['type'] == 'array':
        return (
            isinstance(value, list)
            and schema['minItems'] <= len(value) <= schema['maxItems']
            and all(fits(item, schema['items']) for item in value)
        )
    if schema['type'] == 'string':
        return value in schema['enum'] if 'enum' in schema else 1 <= len(value) <= 40
    whole = schema['type'] == 'integer'
    most = schema.get('maximum', float('inf'))
    return isinstance(value, int if whole else (int, float)) and 0 <= value <= most


@pytest.mark.parametrize('name', PROFILES)
def test_every_example_of_the_prompt_follows_the_schema(name: str) -> None:
    profile = PROFILES[name]
    lines = make_prompt(profile, Task.PLAN, 'go').system.replace('X', '1').replace('Y', '0')
    objects = [line[line.index('{"') :] for line in lines.splitlines() if '{"outcome"' in line]
    assert len(objects) == 4
    for text in objects:
        assert fits(json.loads(text), plan_schema(profile)), text


@pytest.mark.parametrize('name', PROFILES)
def test_every_skill_is_in_the_schema_with_what_it_takes(name: str) -> None:
    steps = plan_schema(PROFILES[name])['anyOf'][0]['properties']['steps']['items']['anyOf']
    names = [step['properties']['skill']['enum'][0] for step in steps]
    assert list(dict.fromkeys(names)) == list(CATALOGUE)
    for step, name in zip(steps, names, strict=True):
        assert ('relation' in step['properties']) == (len(CATALOGUE[name].relations) > 1)
        assert ('direction' in step['properties']) == (len(CATALOGUE[name].directions) > 1)


THING = {'point': [1, 2], 'label': 'a'}


def place(relation: str, **rest: Any) -> dict[str, Any]:
    return {'outcome': 'ok', 'steps': [{'skill': 'place', 'relation': relation, **THING, **rest}]}


def test_a_second_thing_belongs_to_between_and_to_nothing_else() -> None:
    schema = plan_schema(PROFILES['thousandths'])
    for relation in CATALOGUE['place'].relations:
        name = relation.name.lower()
        assert fits(place(name), schema) is not relation.of_two
        assert fits(place(name, other=THING), schema) is relation.of_two
    assert not fits(place('between', other={'label': 'a'}), schema)


def test_a_model_is_told_only_of_relations_that_it_knows() -> None:
    profile = PROFILES['thousandths'].model_copy(update={'relations': (Relation.IN, Relation.ON)})
    assert fits(place('on'), plan_schema(profile))
    assert not fits(place('left_of'), plan_schema(profile))
    assert not fits(place('between', other=THING), plan_schema(profile))
    system = make_prompt(profile, Task.PLAN, 'go').system
    assert '"relation" is one of "in", "on"; only' in system
    assert 'between' not in system


@pytest.mark.parametrize(
    'answer',
    [
        {'outcome': 'ok', 'steps': []},
        {'outcome': 'ok', 'steps': [{'skill': 'fly', 'point': [1, 2], 'label': 'x'}]},
        {'outcome': 'ok', 'steps': [{'skill': 'pick', 'point': [1, 1001], 'label': 'x'}]},
        {'outcome': 'ok', 'steps': [{'skill': 'pick', 'point': [1, 2, 3], 'label': 'x'}]},
        {'outcome': 'ok', 'steps': [{'skill': 'pick', 'point': [1, 2], 'label': 'x' * 41}]},
        {'outcome': 'ok', 'steps': [{'skill': 'place', 'point': [1, 2], 'label': 'x'}]},
        {'outcome': 'ambiguous', 'candidates': [{'point': [1, 2], 'label': 'x'}]},
        {'outcome': 'unsupported', 'steps': []},
        {'steps': [], 'outcome': 'ok'},
    ],
)
def test_what_is_no_plan_does_not_follow_the_schema(answer: dict[str, Any]) -> None:
    assert not fits(answer, plan_schema(PROFILES['thousandths']))


@pytest.mark.parametrize('name', PROFILES)
def test_a_grammar_library_that_servers_use_takes_the_schema(name: str) -> None:
    llguidance = pytest.importorskip('llguidance')
    schema = json.dumps(plan_schema(PROFILES[name]))
    grammar = llguidance.LLMatcher.grammar_from_json_schema(schema)
    assert llguidance.LLMatcher.validate_grammar(grammar) == ''
