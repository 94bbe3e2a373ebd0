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

"""From log probabilities of phones to sentences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phone_rendering import as_rows, rendered

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.speech.acoustic.phones import PHONES, indices
from vlm_robot.speech.decoding.decoder import Decoded, Decoder, Weights
from vlm_robot.speech.decoding.graph import UNKNOWN
from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.instructions import command_rule, instruction_rule
from vlm_robot.speech.grammar.pronunciations import pronunciations
from vlm_robot.speech.grammar.rules import Rule, choice, optional, sequence
from vlm_robot.speech.grammar.sentences import sentences
from vlm_robot.speech.grammar.vocabulary import vocabulary

COMMANDS = automaton(instruction_rule(vocabulary()))
STRANGE = {'dragon': 'D R AE G AH N', 'turquoise': 'T ER K W OY Z'}
SAID = pronunciations(
    COMMANDS.words | STRANGE.keys(), (' '.join(entry) for entry in STRANGE.items())
)
DECODER = Decoder(COMMANDS, SAID)
SMALL = sequence(choice('pick', 'push'), 'the', optional('red', 'blue'), choice('cube', 'mug'))


def small_decoder(rule: Rule = SMALL) -> Decoder:
    grammar = automaton(rule)
    return Decoder(grammar, pronunciations(grammar.words))


ALONE = {
    ' '.join(filter(None, words)): small_decoder(sequence(' '.join(words)))
    for words in itertools.product(
        ('pick', 'push'), ('the',), ('', 'red', 'blue'), ('cube', 'mug')
    )
}


def heard(decoder: Decoder, rows: np.ndarray) -> Decoded:
    return decoder.decode(rows, CancelToken())


@settings(max_examples=12)
@given(st.integers(0, 2**32))
def test_every_sentence_of_the_grammar_is_heard_as_itself(seed: int) -> None:
    rng = np.random.default_rng(seed)
    text = next(sentences(command_rule(vocabulary()), rng))
    found = heard(DECODER, rendered(text, SAID, rng))
    assert found.sentences[0].text == text
    assert found.beginning is None


@settings(max_examples=8)
@given(st.integers(0, 2**32), st.floats(0.5, 4))
def test_the_sentences_are_distinct_in_the_grammar_and_the_best_first(
    seed: int, confusion: float
) -> None:
    rng = np.random.default_rng(seed)
    text = next(sentences(command_rule(vocabulary()), rng))
    found = heard(DECODER, rendered(text, SAID, rng, confusion=confusion)).sentences
    assert len({sentence.text for sentence in found}) == len(found) > 1
    assert all(COMMANDS.accepts(sentence.text) for sentence in found)
    assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_the_best_sentence_is_the_best_of_all_sentences_tried_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = as_rows(list(rng.integers(0, len(PHONES), 16)), rng, confusion=4)
    alone = {
        text: found.sentences[0].score
        for text, decoder in ALONE.items()
        if (found := heard(decoder, rows)).sentences
    }
    ranked = sorted(alone, key=alone.__getitem__, reverse=True)
    found = heard(small_decoder(), rows).sentences
    assert [sentence.text for sentence in found[:2]] == ranked[:2]
    assert found[0].score == pytest.approx(alone[ranked[0]], abs=1e-3)


def test_an_article_that_is_swallowed_or_said_otherwise_is_written_as_the() -> None:
    rng = np.random.default_rng(0)
    for said in ('pick red cube', 'pick a red cube', 'pick that red cube'):
        rows = rendered(said, SAID | {'a': (('AH',),)}, rng)
        assert heard(small_decoder(), rows).sentences[0].text == 'pick the red cube'


def test_the_same_phone_at_the_end_of_a_word_and_the_start_of_the_next_may_be_said_once() -> None:
    phones = [
        c
        for word in ('P IH K', 'DH AH', 'R EH D', 'AO R AH N JH', 'K Y UW B')
        for c in indices(word.split())
    ]
    decoder = small_decoder(sequence('pick the', choice('red', 'blue'), 'orange cube'))
    assert heard(decoder, as_rows(phones, np.random.default_rng(0))).sentences[0].text == (
        'pick the red orange cube'
    )


@pytest.mark.parametrize('frames', [0, 1, 5, 200])
def test_silence_says_nothing(frames: int) -> None:
    rows = as_rows([0] * frames, np.random.default_rng(0))
    assert heard(DECODER, rows) == Decoded()


@settings(max_examples=12)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_any_rows_are_decoded_to_sentences_of_the_grammar_or_to_nothing(
    seed: int, frames: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = as_rows(list(rng.integers(0, len(PHONES), frames)), rng, confusion=6)
    found = heard(DECODER, rows)
    assert all(COMMANDS.accepts(sentence.text) for sentence in found.sentences)
    for sentence in found.sentences:
        ends = [place for span in sentence.spans for place in span]
        assert ends == sorted(ends)
        assert 0 <= ends[0] <= ends[-1] <= frames


def test_half_a_sentence_is_told_as_a_beginning() -> None:
    rng = np.random.default_rng(0)
    found = heard(DECODER, rendered('put the red cube in the', SAID, rng))
    assert found.beginning is not None
    assert found.beginning.text == 'put the red cube in the'


@pytest.mark.parametrize(
    ('text', 'place'),
    [('pick up the purple dragon', 4), ('pick up the turquoise mug and put it on the tray', 3)],
)
def test_a_word_that_nobody_knows_is_found_in_its_place(text: str, place: int) -> None:
    words = text.split()
    rows = rendered(text, SAID, np.random.default_rng(0))
    found = heard(DECODER, rows)
    assert found.freely is not None
    assert found.freely.words == (*words[:place], UNKNOWN, *words[place + 1 :])
    assert found.freely.score > found.sentences[0].score + 4


def test_what_fits_badly_has_more_excess_than_what_fits_well() -> None:
    rng = np.random.default_rng(0)
    well = heard(DECODER, rendered('pick up the red cube', SAID, rng))
    badly = heard(DECODER, rendered('pick up the red dragon', SAID, rng))
    assert badly.excess > well.excess + 5
    assert badly.worst > well.worst + 5


def test_speech_before_a_sentence_that_is_none_of_its_words_is_told() -> None:
    rng = np.random.default_rng(0)
    whole = rendered('pick up the red cube', SAID, rng)
    before = as_rows(indices(['AY']), rng)
    found = heard(DECODER, np.concatenate([before, whole]))
    assert heard(DECODER, whole).outside < 1
    assert found.sentences[0].text == 'pick up the red cube'
    assert found.outside > 8
    assert found.worst < 1


def test_noise_makes_phones_uncertain() -> None:
    quiet, noisy = (
        heard(DECODER, rendered('pick up the cube', SAID, np.random.default_rng(0), confusion=c))
        for c in (0.1, 2.5)
    )
    assert 0 < quiet.uncertainty < noisy.uncertainty < np.log(len(PHONES))


def test_more_for_each_word_makes_sentences_longer() -> None:
    rows = rendered('pick cube', SAID, np.random.default_rng(0))
    grammar = automaton(sequence('pick', optional('the'), 'cube'))
    said = {word: SAID[word] for word in grammar.words} | {'the': (('K',),)}
    few = Decoder(grammar, said, Weights(word=-30.0))
    many = Decoder(grammar, said, Weights(word=30.0))
    assert heard(few, rows).sentences[0].text == 'pick cube'
    assert heard(many, rows).sentences[0].text == 'pick the cube'


def test_decoding_is_refused_once_it_is_canceled() -> None:
    cancel = CancelToken()
    cancel.cancel('somebody said stop')
    rows = rendered('pick up the red cube and put it in the bowl', SAID, np.random.default_rng(0))
    with pytest.raises(Refusal) as refused:
        DECODER.decode(rows, cancel)
    assert refused.value.outcome is Outcome.CANCELED
