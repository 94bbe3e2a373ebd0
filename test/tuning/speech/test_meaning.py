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

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlm_robot.core.skills import Skill
from vlm_robot.speech.grammar.instructions import instruction_rule
from vlm_robot.speech.grammar.sentences import sentences
from vlm_robot.speech.grammar.vocabulary import vocabulary
from vlm_robot.tuning.speech.commands import Commander
from vlm_robot.tuning.speech.lexicon import synonyms
from vlm_robot.tuning.speech.meaning import Clause, Described, Meaning, meaning

WORDS = sorted({word for group in synonyms() for phrase in group for word in phrase.split()})
seeds = st.integers(0, 2**32 - 1)


def command(seed: int) -> str:
    return Commander(np.random.default_rng(seed)).command()


@settings(max_examples=60, deadline=None)
@given(st.text() | st.lists(st.sampled_from([*WORDS, 'dragon', '']), max_size=12).map(' '.join))
def test_any_text_at_all_has_a_meaning_or_none(text: str) -> None:
    assert isinstance(meaning(text), Meaning | None)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_every_command_that_is_drawn_has_a_meaning(seed: int) -> None:
    found = meaning(command(seed))
    assert found is not None
    assert found.clauses


@settings(max_examples=40, deadline=None)
@given(seeds, st.sampled_from(['please', 'could you', 'robot', 'i want you to']))
def test_politeness_and_articles_and_capitals_change_no_meaning(seed: int, polite: str) -> None:
    text = command(seed)
    said = meaning(text)
    assert meaning(f'{polite} {text}') == said
    assert meaning(f'{text.upper()}, please!') == said
    assert meaning(text.replace('the ', 'a ')) == said


@pytest.mark.parametrize(
    ('text', 'other'),
    [
        ('grab the big mug', 'pick up the large cup'),
        ('take the block', 'lift the box'),
        ('put the ball onto the dish', 'set the sphere on top of the plate'),
        ('push the tray away', 'shove the tray forward'),
        ('move the can to the left', 'slide the cylinder leftwards'),
        ('put the mug near the bowl', 'place the mug next to the bowl'),
        ('pick the red cube up', 'pick up the red cube'),
        ('take the cube and put it in the bowl', 'put the cube into the bowl'),
        ('drop the cube to the left of the bowl', 'move the cube left of the bowl'),
        ('pick up the nearest cube', 'get the closest block'),
        ('yes', 'yeah'),
    ],
)
def test_synonyms_mean_the_same(text: str, other: str) -> None:
    assert meaning(text) is not None
    assert meaning(text) == meaning(other)


@pytest.mark.parametrize(
    ('text', 'other'),
    [
        ('pick up the red cube', 'pick up the red cup'),
        ('put the cube in the bowl', 'put the cube on the bowl'),
        ('put the cube in the bowl', 'put the bowl in the cube'),
        ('push the cube left', 'push the cube right'),
        ('push the cube to the left', 'move the cube to the left of the cube'),
        ('pick up the cube', 'pick up the small cube'),
        ('pick up the leftmost cube', 'pick up the rightmost cube'),
        ('pick up the cube', 'pick up the cube and push the ball away'),
        ('yes', 'no'),
    ],
)
def test_what_the_arm_would_do_differently_means_something_else(text: str, other: str) -> None:
    assert meaning(text) is not None
    assert meaning(text) != meaning(other)


@pytest.mark.parametrize(
    'text',
    ['', 'the', 'the cube is blue', 'push the cube', 'put the cube', 'pick up', 'and',
     'I put the red bowl in the cupboard yesterday', 'put the hammer in the bowl',
     'pick up the cube and', 'no pick up the cube', 'put the cube between the bowl'],
)  # fmt: skip
def test_what_is_no_command_means_nothing(text: str) -> None:
    assert meaning(text) is None


def test_a_command_is_read_into_skill_things_relation_and_direction() -> None:
    text = 'please put the little red block between the bowl and the plate then push it back'
    assert meaning(text) == Meaning((
        Clause(
            Skill.PLACE,
            (Described('cube', 'red', 'small'), Described('bowl'), Described('plate')),
            ('BETWEEN', 'AND'),
        ),
        Clause(Skill.PUSH, (Described('it'),), (), 'BACK'),
    ))  # fmt: skip


def test_every_sentence_of_the_grammar_of_commands_has_a_meaning() -> None:
    drawn = sentences(instruction_rule(vocabulary()), np.random.default_rng(0))
    for text in islice(drawn, 300):
        assert meaning(text) is not None, text
