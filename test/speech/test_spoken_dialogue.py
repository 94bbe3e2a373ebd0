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

"""Questions are answered by yes, no, silence or another command."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.speech.dialogue import Dialogue, Span
from vlm_robot.speech.guard import Guard
from vlm_robot.speech.heard import Heard, Kind
from vlm_robot.speech.recognisers.base import Hypothesis, Recognition
from vlm_robot.speech.wake import Wake

SURE, UNSURE, LOST = 0.9, 0.5, 0.1
FIRST, SECOND = 'pick the red cube', 'push the blue ball left'
WORDS = (FIRST, SECOND, 'yes', 'no', 'hey robot', f'hey robot {FIRST}', 'stop', '')


def dialogue(phrase: str = '') -> Dialogue:
    return Dialogue(Guard(accept=0.7, ask=0.4), Wake(phrase), question_timeout_s=8.0)


def say(
    talk: Dialogue, text: str, confidence: float = SURE, *, at_s: float = 0.0, doubt: str = ''
) -> Heard:
    hypotheses = (Hypothesis(text, confidence),) if text else ()
    return talk.hear(Recognition(hypotheses), Span(at_s, at_s + 1.0), doubt=doubt)


def asking(phrase: str = '') -> Dialogue:
    """A dialogue in which the first command was asked back at 1 s."""
    talk = dialogue(phrase)
    assert say(talk, f'{phrase} {FIRST}', UNSURE).kind is Kind.QUESTION
    return talk


def test_what_is_asked_back_is_done_after_a_yes_and_once_only() -> None:
    talk = asking()

    heard = say(talk, 'yes', at_s=3.0)

    assert (heard.kind, heard.text) == (Kind.INSTRUCTION, FIRST)
    assert say(talk, 'yes', at_s=5.0).kind is Kind.NOTHING


def test_a_no_drops_what_is_asked() -> None:
    talk = asking()

    heard = say(talk, 'no', at_s=3.0)

    assert heard.kind is Kind.ANSWER
    assert FIRST in heard.reason
    assert say(talk, 'yes', at_s=5.0).kind is Kind.NOTHING


def test_silence_drops_what_is_asked_and_says_so_once() -> None:
    talk = asking()

    assert talk.expire(8.9) is None
    dropped = talk.expire(9.1)

    assert dropped is not None
    assert (dropped.kind, dropped.text) == (Kind.ANSWER, '')
    assert FIRST in dropped.reason
    assert talk.expire(9.2) is None


def test_a_yes_that_begins_after_the_time_means_nothing() -> None:
    assert say(asking(), 'yes', at_s=9.1).kind is Kind.NOTHING
    assert say(asking(), 'yes', at_s=8.9).kind is Kind.INSTRUCTION


def test_the_time_begins_when_a_spoken_question_has_been_said() -> None:
    talk = asking()
    talk.ask_until(12.0)

    assert say(talk, 'yes', at_s=11.0).text == FIRST


def test_another_command_replaces_what_is_asked() -> None:
    talk = asking()

    heard = say(talk, SECOND, at_s=3.0)

    assert (heard.kind, heard.text) == (Kind.INSTRUCTION, SECOND)
    assert say(talk, 'yes', at_s=5.0).kind is Kind.NOTHING


def test_a_yes_answers_the_newer_of_two_questions() -> None:
    talk = asking()
    assert say(talk, SECOND, UNSURE, at_s=3.0).kind is Kind.QUESTION

    assert say(talk, 'yes', at_s=5.0).text == SECOND


@pytest.mark.parametrize(('confidence', 'doubt'), [(UNSURE, ''), (LOST, ''), (SURE, 'overrun')])
def test_a_yes_that_is_not_sure_does_nothing_and_may_be_said_again(
    confidence: float, doubt: str
) -> None:
    talk = asking()

    assert say(talk, 'yes', confidence, at_s=3.0, doubt=doubt).kind is Kind.REFUSED
    assert say(talk, 'yes', at_s=5.0).text == FIRST


@pytest.mark.parametrize('text', ['yes', 'no'])
def test_an_answer_without_a_question_is_nothing(text: str) -> None:
    assert say(dialogue(), text).kind is Kind.NOTHING


def test_a_stop_word_drops_what_is_asked() -> None:
    talk = asking()

    assert say(talk, 'stop', at_s=3.0).kind is Kind.STOP
    assert say(talk, 'yes', at_s=4.0).kind is Kind.NOTHING


def test_a_stop_word_needs_no_wake_phrase() -> None:
    assert say(dialogue('hey robot'), 'stop').kind is Kind.STOP


def test_an_answer_needs_no_wake_phrase_and_may_have_it() -> None:
    assert say(asking('hey robot'), 'yes', at_s=3.0).text == FIRST
    assert say(asking('hey robot'), 'hey robot yes', at_s=3.0).text == FIRST


def test_without_the_wake_phrase_nothing_is_done_and_the_text_is_kept_to_be_seen() -> None:
    heard = say(dialogue('hey robot'), FIRST)

    assert (heard.kind, heard.text) == (Kind.NOTHING, FIRST)
    assert heard.reason == 'the wake phrase was not said'


def test_the_wake_phrase_is_not_published_with_the_command() -> None:
    heard = say(dialogue('hey robot'), f'Hey  robot {FIRST.upper()}')

    assert (heard.kind, heard.text) == (Kind.INSTRUCTION, FIRST)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(WORDS),
            st.sampled_from([SURE, UNSURE, LOST, math.nan]),
            st.floats(0.5, 12.0),
        ),
        max_size=12,
    ),
    st.sampled_from(['', 'hey robot']),
)
def test_whatever_is_said_only_a_command_that_was_surely_said_or_confirmed_is_done(
    talks: list[tuple[str, float, float]], phrase: str
) -> None:
    talk, at_s = dialogue(phrase), 0.0
    asked: str | None = None
    for text, confidence, later_s in talks:
        at_s += later_s
        heard = say(talk, text, confidence, at_s=at_s)
        if heard.kind is Kind.INSTRUCTION:
            assert heard.text in (FIRST, SECOND) or not phrase
            assert not confidence < 0.7
            assert heard.text == asked or text.endswith(heard.text)
            asked = None
        elif heard.kind is Kind.QUESTION:
            asked = heard.text
        elif heard.kind in (Kind.ANSWER, Kind.STOP):
            asked = None
