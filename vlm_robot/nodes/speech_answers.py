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

"""What speech_node says aloud, on a thread of its own."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vlm_robot.core.errors import VlmRobotError
from vlm_robot.core.outcome import Outcome
from vlm_robot.speech.guard import has_stop_word
from vlm_robot.speech.heard import Heard, Kind
from vlm_robot.speech.own_voice import OwnVoice
from vlm_robot.speech.sentences import did_you_mean, outcome_sentence
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.voices.base import Voice
from vlm_robot.speech.voices.player import Player

_WAITING = 3  # sentences; more are old news
_PATIENCE_S = 4.0  # with a person who speaks
_STEP_S = 0.02


@dataclass(frozen=True)
class Answer:
    """
    What is said.

    :param then: called when it was said, with the time of its end.
    """

    text: str
    then: Callable[[float], None] = lambda end_s: None


class Answers:
    """
    Says one sentence after the other, when nobody else speaks.

    :param publish: gets the sound of each sentence, for robots with a loudspeaker of their own.
    :param is_spoken_to: whether somebody speaks just now.
    :param on_failure: told what was not said, and why.
    """

    def __init__(
        self,
        voice: Voice,
        player: Player,
        own_voice: OwnVoice,
        *,
        publish: Callable[[Samples], None],
        is_spoken_to: Callable[[], bool],
        on_failure: Callable[[VlmRobotError], None],
    ) -> None:
        self._voice = voice
        self._player = player
        self._own_voice = own_voice
        self._publish = publish
        self._is_spoken_to = is_spoken_to
        self._on_failure = on_failure
        self._hushed = threading.Event()
        self._answers: queue.Queue[Answer | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._loop, name='answers', daemon=True)
        self._thread.start()

    def say(self, answer: Answer) -> None:
        """Say something after what waits; returns at once."""
        self._put(answer)

    def hush(self) -> None:
        """Be silent at once, and forget what waits."""
        self._hushed.set()
        self._player.stop()
        self._own_voice.falls_silent(time.monotonic())
        self._forget()

    def close(self) -> None:
        """End it."""
        self.hush()
        self._put(None)
        self._thread.join(5.0)
        self._player.close()

    def _put(self, answer: Answer | None) -> None:
        while True:
            try:
                return self._answers.put_nowait(answer)
            except queue.Full:
                self._forget()

    def _forget(self) -> None:
        try:
            while True:
                self._answers.get_nowait()
        except queue.Empty:
            return

    def _loop(self) -> None:
        while (answer := self._answers.get()) is not None:
            self._hushed.clear()
            try:
                self._say(answer)
            except VlmRobotError as err:
                self._on_failure(err)

    def _say(self, answer: Answer) -> None:
        samples = self._voice.speak(answer.text)
        self._wait_while(self._is_spoken_to, _PATIENCE_S)
        if self._hushed.is_set():
            return
        start_s = time.monotonic()
        length_s = samples.size / RATE_HZ
        self._own_voice.speaks(answer.text, start_s=start_s, end_s=start_s + length_s)
        self._publish(samples)
        self._player.play(samples)
        self._hushed.wait(length_s)
        self._wait_while(lambda: self._still_plays(answer.text, start_s), _PATIENCE_S)
        answer.then(time.monotonic())

    def _still_plays(self, text: str, start_s: float) -> bool:
        """Whether a loudspeaker is late with what should have been said by now."""
        plays = self._player.speaking
        if plays:
            self._own_voice.speaks(text, start_s=start_s, end_s=time.monotonic())
        return plays

    def _wait_while(self, condition: Callable[[], bool], most_s: float) -> None:
        end_s = time.monotonic() + most_s
        while condition() and time.monotonic() < end_s and not self._hushed.wait(_STEP_S):
            pass


def aloud(heard: Heard) -> str:
    """Return what is said about something heard; '' for nothing."""
    if heard.kind is Kind.QUESTION:
        return did_you_mean(heard.text)
    if heard.kind is Kind.REFUSED and (heard.text or heard.unknown):
        return _harmless(heard.reason)
    if heard.kind is Kind.ANSWER and heard.text:
        return 'all right, I do nothing'
    return ''


def outcome_aloud(values: Mapping[str, str]) -> str:
    """
    Return what is said about how an instruction ended; '' while it has not.

    :param values: of task_node's status.
    """
    name = values.get('outcome', '')
    if name not in Outcome.__members__:
        return ''
    return outcome_sentence(Outcome[name], values.get('message', ''))


def _harmless(reason: str) -> str:
    return 'I did not understand' if has_stop_word(reason) else reason
