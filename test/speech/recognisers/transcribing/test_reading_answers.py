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

"""What a model wrote becomes words, a sentence of the grammar, or nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.rules import choice, optional, sequence
from vlm_robot.speech.grammar.sentences import sentences
from vlm_robot.speech.recognisers.transcribing.base import Transcript
from vlm_robot.speech.recognisers.transcribing.fitting import ARTICLES, Sentences
from vlm_robot.speech.recognisers.transcribing.reading import Reader
from vlm_robot.speech.recognisers.transcribing.wording import as_words, is_imagined, repeats

THING = sequence('the', optional('two', 'red', 'blue'), choice('cube', 'bowl'))
RULE = sequence(
    choice(sequence('pick up', THING), sequence('put', choice('it', THING), 'in', THING)),
    optional('please'),
)
GRAMMAR = automaton(RULE)


@dataclass(frozen=True)
class Written:
    """An utterance of which a model has written this."""

    free: tuple[Transcript, ...] = ()
    within: tuple[Transcript, ...] = ()
    language: str = 'en'
    silence: float = math.nan

    def written(self) -> tuple[Transcript, ...]:
        return self.free

    def written_within(self) -> tuple[Transcript, ...]:
        return self.within


def sure(text: str, total: float = -1.0, mean: float = -0.1) -> Transcript:
    return Transcript(text, mean, total)


def test_without_a_grammar_what_was_written_is_heard_in_words_and_may_go_on() -> None:
    found = Reader().read(Written((sure(' Tidy up, please!'), sure(' tidy up please.', -3))))
    assert [h.text for h in found.hypotheses] == ['tidy up please']
    assert found.confidence == pytest.approx(math.exp(-0.1))
    assert (found.complete, found.unknown, found.language) == (False, (), 'en')


def test_a_sentence_of_the_grammar_is_complete() -> None:
    found = Reader(GRAMMAR).read(Written((sure(' Put it in a bowl.'),)))
    assert (found.text, found.complete, found.unknown) == ('put it in the bowl', True, ())


def test_half_a_sentence_is_not_complete() -> None:
    found = Reader(GRAMMAR).read(Written((sure(' Put the red cube'),)))
    assert (found.text, found.complete, found.unknown) == ('put the red cube', False, ())


def test_a_sentence_that_is_nearly_as_likely_is_taken_and_the_other_is_kept() -> None:
    heard = Written((sure(' Pick up the red tube.', -1),), (sure(' Pick up the red cube', -4),))
    found = Reader(GRAMMAR).read(heard)
    assert [h.text for h in found.hypotheses] == ['pick up the red cube', 'pick up the red tube']
    assert (found.complete, found.unknown) == (True, ())


def test_other_speech_stays_as_it_was_heard_with_its_unknown_words() -> None:
    heard = Written((sure(' Nice weather in the bowl', -1),), (sure(' Pick up the cube', -40),))
    found = Reader(GRAMMAR).read(heard)
    assert (found.text, found.complete) == ('nice weather in the bowl', False)
    assert found.unknown == ('nice', 'weather')


def test_digits_become_words_where_the_grammar_has_them() -> None:
    assert Reader(GRAMMAR).read(Written((sure('Pick up 2 cube'),))).text == 'pick up the two cube'
    assert Reader(GRAMMAR).read(Written((sure('Pick up 7 cube'),))).unknown == ('7',)


@pytest.mark.parametrize(
    'heard',
    [
        Written(),
        Written((sure(''),)),
        Written((sure(' Thank you.'),)),
        Written((sure(' [MUSIC PLAYING]'),)),
        Written((sure(' la' * 60),)),
        Written((sure(' pick up the cube', mean=-3.0),)),
        Written((sure(' pick up the cube', mean=-1.0),), silence=0.9),
    ],
)
def test_what_models_write_when_nobody_speaks_is_nothing(heard: Written) -> None:
    assert Reader(GRAMMAR).read(heard).hypotheses == ()
    assert Reader().read(heard).hypotheses == ()


def test_sure_words_are_heard_though_the_model_takes_them_for_silence() -> None:
    assert Reader().read(Written((sure('pick up the cube'),), silence=0.9)).text


def test_a_model_that_tells_no_probabilities_is_believed() -> None:
    found = Reader(GRAMMAR).read(Written((Transcript('pick up the cube'),)))
    assert found.text == 'pick up the cube'
    assert math.isnan(found.confidence)


@given(st.integers(0, 2**32 - 1), st.data())
def test_every_sentence_is_its_own_whatever_its_articles(seed: int, data: st.DataObject) -> None:
    said = next(sentences(RULE, np.random.default_rng(seed)))
    fitting = Sentences(GRAMMAR)
    assert fitting.canonical(said) == said
    articles = st.sampled_from(['', *sorted(ARTICLES)])
    other = [data.draw(articles) if word == 'the' else word for word in said.split()]
    assert fitting.canonical(' '.join(filter(None, other))) == said
    assert fitting.unknown(' '.join(filter(None, other))) == ()


@given(st.lists(st.sampled_from([*sorted(GRAMMAR.words), 'a', 'dragon'])))
def test_what_is_found_in_the_grammar_is_a_sentence_of_it(words: list[str]) -> None:
    found = Sentences(GRAMMAR).canonical(' '.join(words))
    assert found is None or GRAMMAR.accepts(found)


@given(st.text())
def test_words_are_lower_case_without_marks_and_stay_so(text: str) -> None:
    words = as_words(text)
    assert as_words(words) == words
    assert words == ' '.join(words.split())
    assert not set(words) & set('.,;:!?"()[]<>*_')


def test_apostrophes_stay_inside_words_and_other_scripts_are_words() -> None:
    assert as_words("DON'T 'stop' it\u2019s") == "don't stop it's"
    assert as_words('停止。') == '停止'


def test_a_loop_is_told_from_a_long_sentence() -> None:
    assert repeats('the cube ' * 20)
    assert not repeats('pick up the small red cube and put it in the bowl next to the mug')
    assert is_imagined('')
    assert not is_imagined('put it down')
