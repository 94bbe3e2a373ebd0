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

"""What is done with every block of sound, on the thread that takes them: it never waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from vlm_robot.speech.activity import Segmenter
from vlm_robot.speech.dialogue import Span
from vlm_robot.speech.events import Ended, Event, Paused, Started, Utterance
from vlm_robot.speech.levels import Levels
from vlm_robot.speech.own_voice import OwnVoice
from vlm_robot.speech.sound import RATE_HZ, Samples, SoundFault
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.stopping.base import StopHeard, StopSpotter

_ONSET_S = 0.25  # from the first sound of an utterance to `Started`, at most
_PIECE = RATE_HZ // 20
_SPOILING = (SoundFault.NOT_FINITE, SoundFault.OVERRUN)


class Stage(Enum):
    """How far an utterance has come."""

    PARTIAL = 'partial'  # somebody still speaks
    PAUSED = 'paused'  # perhaps that was all
    ENDED = 'ended'
    CUT = 'cut'  # went on for too long


@dataclass(frozen=True)
class Said:
    """
    What is to be recognised.

    :param number: of the utterance; its stages share it.
    :param doubt: why the sound cannot be relied on; '' when it can.
    :param is_own: the robot's own voice is in it.
    """

    stage: Stage
    samples: Samples
    span: Span
    number: int
    doubt: str = ''
    is_own: bool = False


class Ears:
    """
    Listens for stop words, always, and for utterances.

    :param on_stop: called with a stop word and its time, before anything else is done.
    :param on_said: called with what is to be recognised.
    :param partial_s: between two partial results; 0 for none.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        spotter: StopSpotter | None,
        *,
        on_stop: Callable[[StopHeard, float], None],
        on_said: Callable[[Said], None],
        own_voice: OwnVoice | None = None,
        partial_s: float = 0.4,
    ) -> None:
        self.levels = Levels()
        self._segmenter = segmenter
        self._spotter = spotter
        self._on_stop = on_stop
        self._on_said = on_said
        self._own_voice = own_voice or OwnVoice()
        self._partial_s = partial_s
        self._lock = threading.RLock()
        self._utterance: _Utterance | None = None
        self._was_own = self._is_pressed = False
        self._own_until_s = -float('inf')
        self._spoiled = ('', -float('inf'))

    @property
    def noise_floor_db(self) -> float:
        """How loud it is while nobody speaks, in dB of full scale."""
        return self._segmenter.noise_floor_db

    @property
    def somebody_speaks(self) -> bool:
        """Whether an utterance goes on."""
        return self._utterance is not None

    def feed(self, block: Block) -> None:
        """Listen on; a long block is taken bit by bit, as it was heard."""
        for piece in _pieces(block):
            self._feed(piece)

    def _feed(self, block: Block) -> None:
        hit = self._spotter.feed(block.samples) if self._spotter is not None else None
        if hit is not None and not self._own_voice.says_stop(block.heard_s):
            self._on_stop(hit, block.heard_s)
        self.levels.add(block)
        with self._lock:
            if self._is_muted(block.heard_s):
                return
            self._note(block)
            self._take_all(self._segmenter.feed(block), block.heard_s)
            self._tell_partial(block.heard_s)

    def accept(self, number: int, spoken_s: float) -> bool:
        """End an utterance at its pause; False when its speaker has gone on meanwhile."""
        with self._lock:
            if not self._segmenter.accept(number, spoken_s):
                return False
            self._utterance = None
            return True

    def press(self) -> None:
        """Begin to listen: push to talk."""
        with self._lock:
            if self._was_own:
                self._segmenter.reset()
            self._was_own, self._is_pressed = False, True
            self._segmenter.press()

    def release(self, now_s: float) -> None:
        """End what is said by push to talk."""
        with self._lock:
            self._is_pressed = False
            self._take_all(self._segmenter.release(), now_s)

    def reset(self) -> None:
        """Forget what was heard, before another stream."""
        with self._lock:
            self._segmenter.reset()
            self._utterance = None
            if self._is_pressed:
                self._segmenter.press()
        if self._spotter is not None:
            self._spotter.reset()

    def _is_muted(self, now_s: float) -> bool:
        """Whether the robot itself is heard; what comes after it is another stream."""
        if self._is_pressed:  # whoever holds the button has hushed the robot
            return False
        if self._own_voice.is_heard(now_s):
            self._own_until_s = now_s
            utterance, self._utterance = self._utterance, None
            if utterance is not None:
                self._on_said(utterance.drowned(now_s))
            self._was_own = True
            return True
        if self._was_own:
            self._was_own = False
            self._segmenter.reset()
        return False

    def _note(self, block: Block) -> None:
        if block.fault in _SPOILING:
            self._spoiled = (block.fault.value, block.heard_s)

    def _take_all(self, events: tuple[Event, ...], now_s: float) -> None:
        for event in events:
            self._take(event, now_s)

    def _take(self, event: Event, now_s: float) -> None:
        match event:
            case Started(number):
                in_time = now_s - _ONSET_S <= self._own_until_s
                is_own = in_time and not self._is_pressed
                self._utterance = _Utterance(number, now_s, is_own=is_own, told_s=now_s)
            case Paused(utterance):
                self._on_said(self._said(Stage.PAUSED, utterance))
            case Ended(utterance, cut):
                said = self._said(Stage.CUT if cut else Stage.ENDED, utterance)
                self._utterance = None
                if cut:
                    self.levels.note(SoundFault.ENDLESS, now_s)
                self._on_said(said)

    def _said(self, stage: Stage, utterance: Utterance) -> Said:
        fault, at_s = self._spoiled
        begun = self._utterance
        return Said(
            stage,
            utterance.samples,
            Span(utterance.start_s, utterance.spoken_s),
            utterance.number,
            doubt=fault if at_s >= utterance.start_s else '',
            is_own=begun is not None and begun.number == utterance.number and begun.is_own,
        )

    def _tell_partial(self, now_s: float) -> None:
        begun = self._utterance
        if begun is None or not 0 < self._partial_s <= now_s - begun.told_s:
            return
        self._utterance = replace(begun, told_s=now_s)
        samples = self._segmenter.so_far()
        if samples.size and not begun.is_own:
            span = Span(now_s - samples.size / RATE_HZ, now_s)
            self._on_said(Said(Stage.PARTIAL, samples, span, begun.number))


@dataclass(frozen=True)
class _Utterance:
    """One that goes on."""

    number: int
    start_s: float
    is_own: bool
    told_s: float  # when the last partial result was asked for

    def drowned(self, now_s: float) -> Said:
        """Return that the robot spoke, too."""
        nothing: Samples = np.zeros(0, np.float32)
        span = Span(self.start_s, now_s)
        return Said(Stage.ENDED, nothing, span, self.number, is_own=True)


def _pieces(block: Block) -> Iterator[Block]:
    size = block.samples.size
    if size <= _PIECE:
        yield block
        return
    for at in range(0, size, _PIECE):
        samples = block.samples[at : at + _PIECE]
        heard_s = block.heard_s - (size - at - samples.size) / RATE_HZ
        yield Block(samples, heard_s, block.fault if at == 0 else None)
