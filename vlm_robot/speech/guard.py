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

"""What may become an instruction, of what a recogniser believes to have heard."""

from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import dataclass, replace

from vlm_robot.core.instruction import check_instruction
from vlm_robot.speech.heard import Heard, Kind
from vlm_robot.speech.recognisers.base import Recognition
from vlm_robot.speech.stopping.base import STOP_WORDS

STOPPING = frozenset({*STOP_WORDS, '停', '停下', '停下来', '停止', '别动'})
YES = frozenset({'yes', 'yeah', 'yep', 'yes please', 'okay', 'ok', 'sure', 'right', 'correct'})
NO = frozenset({'no', 'nope', 'no thanks', 'no thank you', 'wrong', 'cancel', 'never mind'})
_AROUND_STOP = frozenset({'please', 'now', 'robot', 'hey', 'no', 'it', 'moving', 'everything'})


@dataclass(frozen=True)
class Guard:
    """
    How sure a recogniser has to be.

    :param accept: the least confidence with which something is done at once.
    :param ask: the least with which the speaker is asked whether that was said.
    :param known: the only words that an instruction may have; None for any.
    """

    accept: float = 0.5
    ask: float = 0.35
    known: Set[str] | None = None

    def is_sure(self, recognition: Recognition) -> bool:
        """Whether nobody need be asked; a recogniser that cannot tell is believed."""
        return math.isnan(recognition.confidence) or recognition.confidence >= self.accept

    def judge(self, recognition: Recognition, *, doubt: str = '') -> Heard:
        """
        Return INSTRUCTION, QUESTION, REFUSED or NOTHING.

        :param doubt: why the sound cannot be relied on: then nothing is done unasked.
        """
        heard = told(Kind.REFUSED, recognition)
        if not recognition.text and not recognition.unknown:
            return replace(heard, kind=Kind.NOTHING, reason='no words were heard')
        unknown = self._unknown(recognition)
        if unknown:
            return replace(heard, unknown=unknown, reason=_unknown_sentence(unknown))
        if not recognition.text or recognition.confidence < self.ask:
            return replace(heard, reason='I did not understand')
        verdict = check_instruction(recognition.text)
        if not verdict.ok:
            return replace(heard, reason=verdict.message)
        if doubt or not self.is_sure(recognition):
            return replace(heard, kind=Kind.QUESTION, question=did_you_mean(recognition.text))
        return replace(heard, kind=Kind.INSTRUCTION)

    def is_stop(self, recognition: Recognition) -> bool:
        """Whether a stop word and no command was said, and not only perhaps."""
        words = recognition.text.split()
        is_one = any(word in STOPPING for word in words) and all(
            word in STOPPING or word in _AROUND_STOP for word in words
        )
        return is_one and not recognition.confidence < self.ask

    def _unknown(self, recognition: Recognition) -> tuple[str, ...]:
        words = recognition.text.split()
        strange = [w for w in words if self.known is not None and w not in self.known]
        return tuple(dict.fromkeys((*recognition.unknown, *strange)))


def told(kind: Kind, recognition: Recognition, *, text: str | None = None) -> Heard:
    """Return what a recogniser believes to have heard; `text` instead of its best, if given."""
    return Heard(
        kind,
        recognition.text if text is None else text,
        recognition.confidence,
        tuple(hypothesis.text for hypothesis in recognition.hypotheses[1:]),
        recognition.unknown,
        recognition.language,
    )


def did_you_mean(text: str) -> str:
    """Return the question whether something was said."""
    return f'did you mean "{text}"?'


def has_stop_word(text: str) -> bool:
    """Whether a stop word is among the words of a text."""
    plain = ''.join(c if c.isalnum() else ' ' for c in text.lower())
    return not STOPPING.isdisjoint(plain.split())


def _unknown_sentence(words: tuple[str, ...]) -> str:
    names = ', '.join(repr(word) for word in words)
    return f'I do not know the word{"s" if len(words) > 1 else ""} {names}'
