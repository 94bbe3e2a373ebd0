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

"""What is recognised becomes an instruction only where it is sure, whole and known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.instruction import check_instruction
from vlm_robot.speech.guard import STOPPING, Guard, has_stop_word
from vlm_robot.speech.heard import Kind
from vlm_robot.speech.recognisers.base import Hypothesis, Recognition

GUARD = Guard(accept=0.7, ask=0.4)
CONFIDENCES = st.one_of(st.floats(0, 1), st.just(math.nan))
WORDS = st.sampled_from(['put', 'the', 'red', 'cube', 'gizmo', 'stop', '\x07', ''])
TEXTS = st.one_of(st.lists(WORDS, max_size=6).map(' '.join), st.text(max_size=600))


def said(text: str, confidence: float = 0.9, **more: object) -> Recognition:
    hypotheses = (Hypothesis(text, confidence),) if text else ()
    return Recognition(hypotheses, **more)  # type: ignore[arg-type]


@given(text=TEXTS, confidence=CONFIDENCES, doubt=st.sampled_from(['', 'overrun']))
def test_an_instruction_is_text_and_sure_and_every_refusal_says_why(
    text: str, confidence: float, doubt: str
) -> None:
    heard = GUARD.judge(said(text, confidence), doubt=doubt)

    assert heard.text == text
    if heard.kind is Kind.INSTRUCTION:
        assert check_instruction(text).ok
        assert not confidence < GUARD.accept
        assert not doubt
    elif heard.kind is Kind.QUESTION:
        assert text in heard.question
    else:
        assert heard.reason


@given(low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_surer_recognition_is_never_trusted_less(low: float, high: float) -> None:
    order = [Kind.REFUSED, Kind.QUESTION, Kind.INSTRUCTION]
    low, high = sorted((low, high))
    less, more = (GUARD.judge(said('put it', c)).kind for c in (low, high))

    assert order.index(less) <= order.index(more)


@pytest.mark.parametrize(
    ('confidence', 'kind'),
    [(0.0, Kind.REFUSED), (0.39, Kind.REFUSED), (0.4, Kind.QUESTION), (0.69, Kind.QUESTION),
     (0.7, Kind.INSTRUCTION), (1.0, Kind.INSTRUCTION), (math.nan, Kind.INSTRUCTION)],
)  # fmt: skip
def test_the_confidence_decides_between_doing_asking_and_refusing(
    confidence: float, kind: Kind
) -> None:
    assert GUARD.judge(said('pick the cube', confidence)).kind is kind


def test_nothing_recognised_is_nothing() -> None:
    heard = GUARD.judge(Recognition())

    assert (heard.kind, heard.text) == (Kind.NOTHING, '')
    assert heard.reason == 'no words were heard'


def test_words_that_the_recogniser_does_not_know_are_refused_by_name() -> None:
    heard = GUARD.judge(said('pick the cube', 0.9, unknown=('purple', 'dragon')))

    assert heard.kind is Kind.REFUSED
    assert heard.reason == "I do not know the words 'purple', 'dragon'"


def test_words_outside_of_those_that_are_known_are_refused_by_name() -> None:
    guard = Guard(known=frozenset({'pick', 'the', 'cube'}))

    assert guard.judge(said('pick the cube', math.nan)).kind is Kind.INSTRUCTION
    heard = guard.judge(said('pick the dragon', math.nan))
    assert (heard.kind, heard.unknown) == (Kind.REFUSED, ('dragon',))
    assert heard.reason == "I do not know the word 'dragon'"


@pytest.mark.parametrize('text', ['pick\x07', 'x' * 501, 'pick \N{REPLACEMENT CHARACTER}'])
def test_what_is_no_instruction_is_refused_however_sure(text: str) -> None:
    assert GUARD.judge(said(text, math.nan)).kind is Kind.REFUSED


@pytest.mark.parametrize('word', sorted(STOPPING))
@pytest.mark.parametrize('around', ['{}', 'please {}', '{} now', 'no no {}', '{} {}'])
def test_a_stop_word_alone_stops(word: str, around: str) -> None:
    assert GUARD.is_stop(said(around.format(word, word)))
    assert GUARD.is_stop(said(word, math.nan))
    assert not GUARD.is_stop(said(word, 0.1))


@pytest.mark.parametrize(
    'text', ['', 'put it on top of the cube', 'pick up the stop sign', 'now', 'please robot']
)
def test_a_command_or_no_stop_word_does_not_stop(text: str) -> None:
    assert not GUARD.is_stop(said(text))


def test_a_stop_word_is_found_as_a_whole_word_only() -> None:
    assert has_stop_word('did you mean "Stop"?')
    assert not has_stop_word('it is unstoppable, on top of the shop')
