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

"""From an utterance to what is done about it: recognised, judged, told."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from vlm_robot.core.cancel import CancelToken, deadline
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.speech.dialogue import Dialogue, Span
from vlm_robot.speech.ears import Said, Stage
from vlm_robot.speech.guard import told
from vlm_robot.speech.heard import Heard, Kind
from vlm_robot.speech.recognisers.base import Recogniser, Recognition

Tell = Callable[[Heard, Span], None]
OWN = 'that was me'
_STOPPED = 'a stop word was said'
_NEVER = -float('inf')


@dataclass(frozen=True)
class _Recognised:
    """An utterance's recognition, kept in case that no more of it is said."""

    number: int
    end_s: float
    recognition: Recognition


class Understanding:
    """
    Recognises utterances, each at its pause and again at its end, and tells what is done.

    :param accept: ends an utterance at its pause; says whether its speaker has not gone on.
    :param tell: called with what is done, once for every utterance that ended.
    :param timeout_s: for one recognition; 0 for none.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        dialogue: Dialogue,
        *,
        accept: Callable[[int, float], bool],
        tell: Tell,
        timeout_s: float = 0.0,
    ) -> None:
        self._recogniser = recogniser
        self._dialogue = dialogue
        self._accept = accept
        self._tell = tell
        self._timeout_s = timeout_s
        self._last: _Recognised | None = None
        self._stopped_s = _NEVER

    def stopped(self, at_s: float) -> None:
        """Drop what was begun to be said before a stop word, and what is asked."""
        self._stopped_s = at_s
        self._dialogue.forget()

    def take(self, said: Said, cancel: CancelToken) -> None:
        """Work on an utterance; never raises."""
        why = self._refused(said)
        if why is None:
            self._recognise(said, cancel)
        elif said.stage in (Stage.ENDED, Stage.CUT):
            self._tell(why, said.span)

    def drop(self, said: Said, reason: str) -> None:
        """Tell that an utterance is not recognised."""
        if said.stage is not Stage.PARTIAL:
            self._tell(Heard(Kind.REFUSED, reason=reason), said.span)

    def _refused(self, said: Said) -> Heard | None:
        """Return why an utterance is not even recognised; None when it is."""
        if said.is_own:
            return Heard(Kind.NOTHING, reason=OWN)
        if said.span.start_s <= self._stopped_s:
            return Heard(Kind.NOTHING, reason=_STOPPED)
        if said.stage is Stage.CUT:
            length_s = said.span.end_s - said.span.start_s
            reason = f'somebody spoke for {length_s:.0f} s without a pause'
            return Heard(Kind.REFUSED, reason=reason)
        return None

    def _recognise(self, said: Said, cancel: CancelToken) -> None:
        try:
            recognition = self._recognition(said, cancel)
        except Refusal as refusal:
            self._fail(said, refusal)
            return
        match said.stage:
            case Stage.PARTIAL:
                self._tell_partial(recognition, said)
            case Stage.PAUSED if not self._is_all(recognition, said):
                pass
            case _:
                self._judge(recognition, said)

    def _recognition(self, said: Said, cancel: CancelToken) -> Recognition:
        """
        Return what was said, as it is known already where no more was.

        :raises Refusal: when the recogniser fails, or was canceled.
        """
        last = self._last
        if last is not None and (last.number, last.end_s) == (said.number, said.span.end_s):
            return last.recognition
        try:
            with deadline(cancel, self._timeout_s):
                recognition = self._recogniser.recognise(said.samples, cancel)
        except Refusal:
            raise
        except Exception as err:  # of a library that is given what anybody may say
            what = f'{self._recogniser.name} failed with {type(err).__name__}: {err}'
            raise Refusal(Outcome.MODEL_ERROR, what) from err
        cancel.check()
        if said.stage is Stage.PAUSED:
            self._last = _Recognised(said.number, said.span.end_s, recognition)
        return recognition

    def _is_all(self, recognition: Recognition, said: Said) -> bool:
        """Whether an utterance that pauses has ended: it is a sentence, and surely that one."""
        sure = recognition.confidence >= self._dialogue.guard.accept
        if not (recognition.complete and sure) or said.doubt:
            return False
        return self._accept(said.number, said.span.end_s)

    def _judge(self, recognition: Recognition, said: Said) -> None:
        heard = self._dialogue.hear(recognition, said.span, doubt=said.doubt)
        if said.span.start_s <= self._stopped_s:  # since it was taken
            self._dialogue.forget()
            heard = replace(told(Kind.NOTHING, recognition), reason=_STOPPED)
        self._tell(heard, said.span)

    def _tell_partial(self, recognition: Recognition, said: Said) -> None:
        if recognition.text:
            self._tell(told(Kind.PARTIAL, recognition), said.span)

    def _fail(self, said: Said, refusal: Refusal) -> None:
        """Tell that there is no recognition; one that a later one follows is not missed."""
        if said.stage in (Stage.PARTIAL, Stage.PAUSED):
            return
        self._tell(Heard(Kind.REFUSED, confidence=math.nan, reason=refusal.message), said.span)
