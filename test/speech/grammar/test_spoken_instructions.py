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

"""The grammar of spoken commands."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.skills import CATALOGUE, Relation
from vlm_robot.models.relation_words import relations_in
from vlm_robot.sim.catalogue import COLOURS, Kind
from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.instructions import command_rule, instruction_rule
from vlm_robot.speech.grammar.pronunciations import pronunciations
from vlm_robot.speech.grammar.sentences import sentences
from vlm_robot.speech.grammar.vocabulary import vocabulary
from vlm_robot.speech.stopping.base import STOP_WORDS
from vlm_robot.tuning.vocabulary import words as known_words

WORDS = vocabulary()
COMMANDS = automaton(instruction_rule(WORDS))


@pytest.mark.parametrize(
    'text',
    [
        'pick up the red cube',
        'pick the red cube up',
        'grab the leftmost cylinder',
        'could you put the small ball in the blue bowl please',
        'put the ball in the tray on the plate',
        'move the cube to the left of the mug',
        'put the cube between the bowl and the plate',
        'stack the red block on top of the green block',
        'pick up the mug and put it on the tray',
        'push the cube left of the bowl to the right',
        'push the yellow ball towards you then pick up the cup',
        'yes',
        'no',
        'halt',
    ],
)
def test_what_operators_say_is_a_sentence(text: str) -> None:
    assert COMMANDS.accepts(text)


@pytest.mark.parametrize(
    'text',
    [
        '',
        'pick up the',
        'push the cube',
        'put the cube',
        'put the cube in the ball',
        'the red cube',
        'stop the cube',
        'pick up the red cube yes',
        'pick up the dragon',
    ],
)
def test_half_sentences_and_nonsense_are_no_sentences(text: str) -> None:
    assert not COMMANDS.accepts(text)


@given(st.integers(0, 2**32))
def test_whatever_is_drawn_from_the_rule_is_accepted(seed: int) -> None:
    drawn = sentences(instruction_rule(WORDS), np.random.default_rng(seed))
    assert all(COMMANDS.accepts(text) for text in itertools.islice(drawn, 5))


def test_every_relation_of_the_catalogue_can_be_said_and_is_understood_as_itself() -> None:
    relations = dict(WORDS.relations)
    assert set(relations) == set(CATALOGUE['place'].relations)
    for relation, phrases in relations.items():
        for phrase in phrases:
            assert [named for named, _ in relations_in(phrase)] == [relation]


def test_every_direction_kind_and_colour_can_be_said() -> None:
    assert {direction for direction, _ in WORDS.directions} == set(CATALOGUE['push'].directions)
    assert {kind.value for kind in Kind} <= set(WORDS.nouns)
    assert set(WORDS.colours) == set(COLOURS)


def test_the_embedded_model_knows_the_words_of_commands_but_for_between() -> None:
    relations = automaton(command_rule(WORDS)).words - set(known_words())
    assert relations <= {'between'}


def test_more_kinds_and_colours_can_be_said_everywhere() -> None:
    more = automaton(instruction_rule(vocabulary(['Coffee-Cup'], ['teal'])))
    assert more.accepts('put the teal coffee cup in the coffee cup')
    assert not COMMANDS.accepts('put the teal cube in the bowl')


@pytest.mark.parametrize('kind', ['', ' ', 'cup 2', 'a|b', '<unk>', 'tasse/cup'])
def test_a_kind_that_is_no_word_is_named(kind: str) -> None:
    with pytest.raises(ConfigurationError, match='kind that can be heard'):
        vocabulary([kind])


def test_the_wake_phrase_may_be_said_alone_or_before_anything() -> None:
    woken = automaton(instruction_rule(WORDS, wake='Hey robot'))
    assert woken.accepts('hey robot')
    assert woken.accepts('hey robot put the cube in the bowl')
    assert woken.accepts('put the cube in the bowl')
    assert all(woken.accepts(f'hey robot {word}') for word in STOP_WORDS)
    assert not woken.accepts('robot hey')


def test_nothing_is_ever_put_in_what_cannot_hold_anything() -> None:
    for noun in set(WORDS.nouns) - set(WORDS.containers):
        for phrase in dict(WORDS.relations)[Relation.IN]:
            assert not COMMANDS.accepts(f'put the red cube {phrase} the {noun}')


def test_our_own_lexicon_has_every_word_of_the_grammar() -> None:
    said = pronunciations(automaton(instruction_rule(WORDS, wake='hey robot')).words)
    assert () in said['the']
    assert all(any(ways) for ways in said.values())
