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

"""Guesses at plans are right for plain English, and harmless for everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip('torch')

from rig import json_profile
from tiny_tokenizer import tiny_tokenizer

from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.decode.json_syntax import JsonSyntax
from vlm_robot.models.decode.sketch import sketch
from vlm_robot.models.decode.tabletop_syntax import TabletopSyntax
from vlm_robot.models.profile import load_profile
from vlm_robot.tuning.build import build_processor

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ('words', 'steps'),
    [
        ('pick up the red cube', [(Skill.PICK, 'red cube')]),
        ('Put the red cube into the blue bowl, please', [(1, 'red cube'), (2, 'blue bowl')]),
        ('push the mug to the left', [(Skill.PUSH, 'mug')]),
        ('can you pick up the pink can', [(Skill.PICK, 'pink can')]),
        ('', []),
    ],
)
def test_things_and_skills_are_guessed_from_words(words: str, steps: list) -> None:
    assert [(step.skill, step.target.label) for step in sketch(words)] == steps


def test_relations_and_directions_are_guessed_from_words() -> None:
    assert sketch('put the cube next to the mug')[1].relation is Relation.NEXT_TO
    for words, relation in (
        ('in front of', Relation.IN_FRONT_OF), ('to the left of', Relation.LEFT_OF),
        ('on the right side of', Relation.RIGHT_OF), ('behind', Relation.BEHIND),
    ):  # fmt: skip
        pick, place = sketch(f'put the red cube {words} the mug')
        assert (pick.target.label, place.target.label) == ('red cube', 'mug')
        assert place.relation is relation
    assert sketch('put the red cube in the bowl left of the mug')[1].relation is Relation.IN
    assert sketch('push the mug away')[0].direction is Direction.FORWARD


def test_between_is_guessed_with_both_things_and_written_as_the_grammar_has_it() -> None:
    steps = sketch('put the red cube between the blue bowl and the green mug')
    assert [step.target.label for step in steps] == ['red cube', 'blue bowl']
    assert steps[1].relation is Relation.BETWEEN
    assert steps[1].other is not None
    assert steps[1].other.label == 'green mug'
    text = tiny_tokenizer().decode(_json().sketch(steps, ImageSize(64, 48)))
    assert text.endswith('"label":"blue bowl","other":{"point":[500,500],"label":"green mug"}}]}')


@given(st.text())
def test_any_words_make_a_sketch_that_can_be_written(words: str) -> None:
    steps = sketch(words)
    assert len(steps) <= 4
    for syntax in (_json(), _tabletop()):
        assert isinstance(syntax.sketch(steps, ImageSize(64, 48)), list)


def _json() -> JsonSyntax:
    if 'json' not in _SYNTAXES:
        tokenizer = tiny_tokenizer()
        _SYNTAXES['json'] = JsonSyntax(json_profile(), tokenizer, len(tokenizer), 2)
    return _SYNTAXES['json']


def _tabletop() -> TabletopSyntax:
    if 'tabletop' not in _SYNTAXES:
        tokenizer = build_processor().tokenizer
        profile = load_profile('tabletop')
        _SYNTAXES['tabletop'] = TabletopSyntax(profile, tokenizer, len(tokenizer), 2)
    return _SYNTAXES['tabletop']


_SYNTAXES: dict = {}
