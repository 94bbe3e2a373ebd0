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

"""What was said before decides what is meant now: the wake phrase, and questions asked back."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from vlm_robot.speech.guard import NO, YES, Guard, told
from vlm_robot.speech.heard import Heard, Kind
from vlm_robot.speech.recognisers.base import Recognition
from vlm_robot.speech.wake import Wake


@dataclass(frozen=True)
class Span:
    """When something was said, in seconds on the clock of the sound."""

    start_s: float
    end_s: float


class Dialogue:
    """
    Judges one utterance after the other; used by several threads.

    :param question_timeout_s: how long after a question "yes" still means it.
    """

    def __init__(self, guard: Guard, wake: Wake, *, question_timeout_s: float = 8.0) -> None:
        self.guard = guard
        self._wake = wake
        self._timeout_s = question_timeout_s
        self._asked: Heard | None = None
        self._until_s = 0.0
        self._lock = threading.Lock()

    def hear(self, recognition: Recognition, span: Span, *, doubt: str = '') -> Heard:
        """
        Return what is done about an utterance: anything but PARTIAL.

        :param doubt: why the sound cannot be relied on: then nothing is done unasked.
        """
        recognition = _plain(recognition)
        with self._lock:
            if span.start_s > self._until_s:
                self._asked = None
            if self.guard.is_stop(recognition):
                self._asked = None
                return told(Kind.STOP, recognition)
            return self._hear(recognition, span, doubt)

    def expire(self, now_s: float) -> Heard | None:
        """Return what nobody answered in time, once, as an ANSWER that drops it."""
        with self._lock:
            asked = self._asked
            if asked is None or now_s <= self._until_s:
                return None
            self._asked = None
        reason = f'nobody answered: "{asked.text}" is dropped'
        return Heard(Kind.ANSWER, reason=reason)

    def ask_until(self, end_s: float) -> None:
        """Wait for an answer at least until then: the question was still being spoken."""
        with self._lock:
            self._until_s = max(self._until_s, end_s)

    def forget(self) -> None:
        """Drop what is asked."""
        with self._lock:
            self._asked = None

    def _hear(self, recognition: Recognition, span: Span, doubt: str) -> Heard:
        rest = self._wake.after(
            recognition.text,
            start_s=span.start_s,
            end_s=span.end_s,
            open_=self._asked is not None,
        )
        if rest is None and recognition.text:
            return _nothing(recognition, 'the wake phrase was not said')
        if rest == '' and recognition.text:
            return _nothing(recognition, 'only the wake phrase was said')
        if rest is None and recognition.unknown:
            return _nothing(recognition, 'the wake phrase was not said')
        return self._mean(_with_text(recognition, rest or ''), span, doubt)

    def _mean(self, recognition: Recognition, span: Span, doubt: str) -> Heard:
        if recognition.text in YES | NO:
            return self._answer(recognition, doubt)
        heard = self.guard.judge(recognition, doubt=doubt)
        if heard.kind is Kind.INSTRUCTION:
            self._asked = None
        if heard.kind is Kind.QUESTION:
            self._asked, self._until_s = heard, span.end_s + self._timeout_s
        return heard

    def _answer(self, recognition: Recognition, doubt: str) -> Heard:
        asked = self._asked
        if asked is None:
            return _nothing(recognition, f'{recognition.text!r} answers no question')
        if recognition.text in NO:
            self._asked = None
            return replace(told(Kind.ANSWER, recognition), reason=f'"{asked.text}" is dropped')
        if doubt or not self.guard.is_sure(recognition):
            return replace(told(Kind.REFUSED, recognition), reason='I did not understand')
        self._asked = None
        return replace(told(Kind.INSTRUCTION, recognition), text=asked.text)


def _nothing(recognition: Recognition, reason: str) -> Heard:
    return replace(told(Kind.NOTHING, recognition), reason=reason)


def _plain(recognition: Recognition) -> Recognition:
    """Return a recognition with its words in lower case and one blank between them."""
    hypotheses = tuple(
        replace(hypothesis, text=' '.join(hypothesis.text.lower().split()))
        for hypothesis in recognition.hypotheses
    )
    return replace(recognition, hypotheses=hypotheses)


def _with_text(recognition: Recognition, text: str) -> Recognition:
    if text == recognition.text:
        return recognition
    best = replace(recognition.hypotheses[0], text=text)
    return replace(recognition, hypotheses=(best, *recognition.hypotheses[1:]))
