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

"""An utterance is recognised once, and one thing is done about it."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.speech.dialogue import Dialogue, Span
from vlm_robot.speech.ears import Said, Stage
from vlm_robot.speech.guard import Guard
from vlm_robot.speech.heard import Heard, Kind
from vlm_robot.speech.recognisers.base import Hypothesis, Recognition
from vlm_robot.speech.sound import Samples
from vlm_robot.speech.understanding import OWN, Understanding
from vlm_robot.speech.wake import Wake

COMMAND = 'pick the cube'


class Recogniser:
    """Hears the same in everything, or raises it."""

    name = 'same'

    def __init__(self, hears: Recognition | Exception) -> None:
        self.hears = hears
        self.calls = 0

    def recognise(self, samples: Samples, cancel: CancelToken) -> Recognition:
        self.calls += 1
        cancel.check()
        if isinstance(self.hears, Exception):
            raise self.hears
        return self.hears

    def close(self) -> None:
        pass


class Rig:
    def __init__(self, hears: Recognition | Exception, *, may_accept: bool = True) -> None:
        self.recogniser = Recogniser(hears)
        self.told: list[Heard] = []
        self.accepted: list[int] = []
        self._may_accept = may_accept
        self.understanding = Understanding(
            self.recogniser,
            Dialogue(Guard(accept=0.7, ask=0.4), Wake('')),
            accept=self._accept,
            tell=lambda heard, span: self.told.append(heard),
        )

    def _accept(self, number: int, end_s: float) -> bool:
        self.accepted.append(number)
        return self._may_accept

    def take(
        self, stage: Stage, *, start_s: float = 0.0, end_s: float = 1.0, **more: bool
    ) -> None:
        samples = np.ones(1, np.float32)
        said = Said(stage, samples, Span(start_s, end_s), 1, **more)  # type: ignore[arg-type]
        self.understanding.take(said, CancelToken())

    def kinds(self) -> list[Kind]:
        return [heard.kind for heard in self.told]


def heard(confidence: float = 0.9, *, complete: bool = True) -> Recognition:
    return Recognition((Hypothesis(COMMAND, confidence),), complete=complete)


def test_a_whole_sentence_that_is_sure_is_acted_on_at_the_pause() -> None:
    rig = Rig(heard())

    rig.take(Stage.PAUSED)

    assert rig.kinds() == [Kind.INSTRUCTION]
    assert rig.accepted == [1]


@pytest.mark.parametrize('recognition', [heard(complete=False), heard(0.5), Recognition()])
def test_what_is_not_whole_or_not_sure_waits_for_the_end(recognition: Recognition) -> None:
    rig = Rig(recognition)

    rig.take(Stage.PAUSED)
    assert (rig.kinds(), rig.accepted) == ([], [])

    rig.take(Stage.ENDED)
    assert len(rig.told) == 1


def test_a_speaker_who_has_gone_on_is_not_cut_off() -> None:
    rig = Rig(heard(), may_accept=False)

    rig.take(Stage.PAUSED)
    assert rig.told == []

    rig.take(Stage.ENDED, end_s=2.0)
    assert rig.kinds() == [Kind.INSTRUCTION]
    assert rig.recogniser.calls == 2


def test_an_end_that_adds_silence_alone_is_not_recognised_again() -> None:
    rig = Rig(heard(complete=False))

    rig.take(Stage.PAUSED)
    rig.take(Stage.ENDED)

    assert rig.recogniser.calls == 1
    assert rig.kinds() == [Kind.INSTRUCTION]


def test_a_partial_result_is_told_and_nothing_is_done() -> None:
    rig = Rig(heard())

    rig.take(Stage.PARTIAL)

    assert rig.kinds() == [Kind.PARTIAL]
    assert rig.accepted == []


@pytest.mark.parametrize('stage', list(Stage))
def test_the_own_voice_is_never_recognised(stage: Stage) -> None:
    rig = Rig(heard())

    rig.take(stage, is_own=True)

    assert rig.recogniser.calls == 0
    is_end = stage in (Stage.ENDED, Stage.CUT)
    assert [(one.kind, one.reason) for one in rig.told] == [(Kind.NOTHING, OWN)] * is_end


def test_what_goes_on_for_too_long_is_refused_unrecognised() -> None:
    rig = Rig(heard())

    rig.take(Stage.CUT, end_s=12.0)

    assert rig.kinds() == [Kind.REFUSED]
    assert rig.told[0].reason == 'somebody spoke for 12 s without a pause'
    assert rig.recogniser.calls == 0


def test_what_was_begun_before_a_stop_word_is_dropped_and_what_comes_after_is_not() -> None:
    rig = Rig(heard())
    rig.understanding.stopped(0.5)

    rig.take(Stage.ENDED, start_s=0.0)
    rig.take(Stage.ENDED, start_s=2.0, end_s=3.0)

    assert rig.kinds() == [Kind.NOTHING, Kind.INSTRUCTION]


@pytest.mark.parametrize(
    ('error', 'sentence'),
    [
        (Refusal(Outcome.MODEL_ERROR, 'out of memory'), 'out of memory'),
        (ZeroDivisionError('by zero'), 'same failed with ZeroDivisionError: by zero'),
    ],
)
def test_a_recogniser_that_fails_is_told_and_the_next_utterance_is_heard(
    error: Exception, sentence: str
) -> None:
    rig = Rig(error)

    rig.take(Stage.PAUSED)
    assert rig.told == []
    rig.take(Stage.ENDED)
    assert (rig.told[0].kind, rig.told[0].reason) == (Kind.REFUSED, sentence)

    rig.recogniser.hears = heard()
    rig.take(Stage.ENDED, end_s=9.0)
    assert rig.kinds()[-1] is Kind.INSTRUCTION
