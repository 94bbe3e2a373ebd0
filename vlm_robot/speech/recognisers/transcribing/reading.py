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

"""What a model wrote, read against a grammar; and what it wrote though nobody spoke."""

from __future__ import annotations

import math
from collections.abc import Iterable

from vlm_robot.speech.grammar.automaton import Automaton
from vlm_robot.speech.recognisers.base import Hypothesis, Recognition
from vlm_robot.speech.recognisers.transcribing.base import Listening, Transcript
from vlm_robot.speech.recognisers.transcribing.fitting import Sentences
from vlm_robot.speech.recognisers.transcribing.wording import as_words, is_imagined

_MAX_SILENCE = 0.6
_SURE = 0.6
_GUESS = 0.1
_NEAR = 5.0
"""
How much less likely than what the model would write freely, as a logarithm, a sentence of the
grammar may be to be taken instead: one word misheard, but no other sentence.
"""


class Reader:
    """
    Makes a recognition of what a model writes.

    :param grammar: what may be said; None for anything.
    """

    def __init__(self, grammar: Automaton | None = None) -> None:
        self._sentences = None if grammar is None else Sentences(grammar)

    def read(self, listening: Listening) -> Recognition:
        """Return what was said; nothing, where the model is not sure that anybody spoke."""
        free = listening.written()
        if not free or _is_nothing(free[0], listening.silence):
            return Recognition(complete=False)
        if self._sentences is None:
            return Recognition(_distinct(free), complete=False, language=listening.language)
        return self._fitting(self._sentences, free, listening)

    def _fitting(
        self, sentences: Sentences, free: tuple[Transcript, ...], listening: Listening
    ) -> Recognition:
        """Prefer a sentence of the grammar, where one is likely enough."""
        heard = _distinct(free, sentences)
        if sentences.canonical(heard[0].text) is None:
            within = listening.written_within()
            near = [text for text in within if text.total >= free[0].total - _NEAR]
            heard = _distinct((*near, *free), sentences)
        best = heard[0].text
        return Recognition(
            heard,
            sentences.unknown(best),
            complete=sentences.canonical(best) is not None,
            language=listening.language,
        )


def _is_nothing(best: Transcript, silence: float) -> bool:
    """NaN, for what a model does not tell, is no reason."""
    nobody = silence > _MAX_SILENCE and best.confidence < _SURE
    return nobody or best.confidence < _GUESS or is_imagined(as_words(best.text))


def _distinct(
    transcripts: Iterable[Transcript], sentences: Sentences | None = None
) -> tuple[Hypothesis, ...]:
    """
    Return texts as words, and as sentences of the grammar where they are some, each once.

    None is more confident than a likelier one: a shorter text has the higher mean now and then.
    """
    found: dict[str, Hypothesis] = {}
    most = 1.0
    for transcript in transcripts:
        words = as_words(transcript.text)
        if sentences is not None:
            words = sentences.with_numbers(words)
            words = sentences.canonical(words) or words
        if words:
            confidence = transcript.confidence
            most = confidence if confidence < most else most
            told = confidence if math.isnan(confidence) else most
            found.setdefault(words, Hypothesis(words, told))
    return tuple(found.values())
