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

"""Cuts a stream of sound into utterances."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from vlm_robot.speech.activity_settings import ActivitySettings, Listening
from vlm_robot.speech.events import Ended, Event, Paused, Started, Utterance
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.speaking import Speaking
from vlm_robot.speech.voice_probability import SileroVoice
from vlm_robot.speech.windows import WINDOW_S, Window, WindowReader

_ONSET = 5  # windows, of which
_VOICED = 3  # these begin an utterance


@dataclass(frozen=True)
class _Pause:
    """Where an utterance pauses: after how many windows, and since when."""

    length: int
    spoken_s: float


class Segmenter:
    """
    Says when somebody begins, pauses and ends to speak; any thread may call it.

    :param settings: when that is.
    :param probability: of speech in the next 512 samples; None for Silero's detector.
    :raises MissingPackageError: where that is not installed.
    """

    def __init__(
        self,
        settings: ActivitySettings | None = None,
        probability: Callable[[Samples], float] | None = None,
    ) -> None:
        self._settings = settings or ActivitySettings()
        self._silero = SileroVoice() if probability is None else None
        self._reader = WindowReader(probability or self._silero or SileroVoice())
        self._preroll = ceil(self._settings.preroll_s / WINDOW_S)
        self._before: deque[Window] = deque(maxlen=self._preroll + _ONSET)
        self._lock = threading.RLock()
        self._number = 0
        self._owed: list[Event] = []
        self._forget()

    def feed(self, block: Block) -> tuple[Event, ...]:
        """Listen on, and return what there is to say; blocks may have any length."""
        with self._lock:
            events = self._owed
            self._owed = []
            windows = list(self._reader.windows(block.samples))
            self._now_s = block.heard_s - self._reader.rest.size / RATE_HZ
            for later, window in zip(reversed(range(len(windows))), windows, strict=True):
                events += self._hear(window, self._now_s - later * WINDOW_S)
            return tuple(events)

    def accept(self, number: int, spoken_s: float | None = None) -> bool:
        """
        End an utterance at its pause, without waiting for more; what follows begins another.

        :param number: of the utterance that `Paused` told of.
        :param spoken_s: which of its pauses, as its utterance says; None for the last one.
        :return: whether it did: not when its speaker has gone on meanwhile, or has ended.
        """
        with self._lock:
            pause = self._pause
            if pause is None or number != self._number or spoken_s not in (None, pause.spoken_s):
                return False
            assert self._speaking is not None
            following = self._speaking.windows[pause.length :]
            self._speak(None)
            for later, window in zip(reversed(range(len(following))), following, strict=True):
                self._owed += self._hear(window, self._now_s - later * WINDOW_S)
            return True

    def press(self) -> None:
        """Begin an utterance, where a button decides that; the next `feed` tells."""
        with self._lock:
            if self._settings.mode is not Listening.PUSH or self._speaking is not None:
                return
            self._dropping = False
            self._speak([*self._before][-self._preroll :] if self._preroll else [])
            self._owed += self._start()

    def release(self) -> tuple[Event, ...]:
        """End the utterance that `press` began; nothing, where nobody spoke."""
        with self._lock:
            self._dropping = False
            if self._settings.mode is not Listening.PUSH or self._speaking is None:
                return ()
            events = self._owed
            self._owed = []
            if self._speaking.speech_s >= self._settings.shortest_s:
                events.append(Ended(self._utterance(self._now_s, self._reader.rest)))
            self._speak(None)
            return tuple(events)

    def so_far(self) -> Samples:
        """Return what was heard of an utterance that goes on; nothing where there is none."""
        with self._lock:
            if self._speaking is None or not self._is_started:
                return np.zeros(0, np.float32)
            return np.concatenate([self._speaking.samples, self._reader.rest])

    @property
    def noise_floor_db(self) -> float:
        """How loud it is while nobody speaks, in dB of full scale."""
        with self._lock:
            return self._reader.floor_db

    def reset(self) -> None:
        """Forget what was heard, before another stream; numbers go on."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self._reader.reset()
        if self._silero is not None:
            self._silero.reset()
        self._owed = []
        self._now_s = 0.0
        self._dropping = False
        self._quiet_s = 0.0
        self._speak(None)

    def _speak(self, before: Sequence[Window] | None) -> None:
        """Begin to collect an utterance, or None to wait for one."""
        self._speaking = None if before is None else Speaking(before, self._settings)
        self._is_started = False
        self._pause: _Pause | None = None
        self._before.clear()

    def _start(self) -> tuple[Event, ...]:
        self._is_started = True
        self._number += 1
        return (Started(self._number),)

    def _hear(self, window: Window, now_s: float) -> tuple[Event, ...]:
        if self._dropping:
            return self._drop(window)
        if self._speaking is not None:
            self._speaking.add(window)
            return self._go_on(self._speaking, now_s)
        self._before.append(window)
        if self._settings.mode is Listening.VOICE:
            return self._wait_for_voice()
        return ()

    def _wait_for_voice(self) -> tuple[Event, ...]:
        windows = [*self._before]
        recent = range(max(0, len(windows) - _ONSET), len(windows))
        voiced = [i for i in recent if self._is_voiced(windows[i])]
        if len(voiced) >= _VOICED:
            self._speak(windows[max(0, voiced[0] - self._preroll) :])
        return ()

    def _is_voiced(self, window: Window) -> bool:
        stands_out = window.over_db.max() >= self._settings.over_floor_db
        return bool(window.probability >= self._settings.start and stands_out)

    def _go_on(self, speaking: Speaking, now_s: float) -> tuple[Event, ...]:
        if speaking.length_s >= self._settings.longest_s:
            return self._end(speaking, now_s, cut=True)
        if self._settings.mode is Listening.PUSH:
            return ()
        if not self._is_started and speaking.speech_s >= self._settings.shortest_s:
            return self._start()
        if speaking.silence_s >= self._settings.end_s:
            return self._end(speaking, now_s, cut=False)
        return self._look_for_pause(speaking, now_s)

    def _look_for_pause(self, speaking: Speaking, now_s: float) -> tuple[Event, ...]:
        if speaking.silence_s < self._settings.pause_s:
            self._pause = None
            return ()
        if self._pause is not None:
            return ()
        if not self._is_started:
            return self._end(speaking, now_s, cut=False)
        utterance = self._utterance(now_s)
        self._pause = _Pause(len(speaking.windows), utterance.spoken_s)
        return (Paused(utterance),)

    def _end(self, speaking: Speaking, now_s: float, *, cut: bool) -> tuple[Event, ...]:
        events = (Ended(self._utterance(now_s), cut),) if self._is_started else ()
        self._dropping, self._quiet_s = cut, 0.0
        self._speak(None)
        if not cut:
            self._before.extend(speaking.windows[-self._preroll :] if self._preroll else ())
        return events

    def _drop(self, window: Window) -> tuple[Event, ...]:
        """Wait for a pause, or for the button to be released, after what was too long."""
        is_silent = window.probability < self._settings.stay
        self._quiet_s = self._quiet_s + WINDOW_S if is_silent else 0.0
        by_voice = self._settings.mode is Listening.VOICE
        if by_voice and self._quiet_s >= self._settings.pause_s:
            self._dropping = False
        return ()

    def _utterance(self, now_s: float, rest: Samples | None = None) -> Utterance:
        assert self._speaking is not None
        start_s = now_s - self._speaking.length_s
        samples = self._speaking.samples
        return Utterance(
            samples=samples if rest is None else np.concatenate([samples, rest]),
            start_s=start_s,
            spoken_s=start_s + self._speaking.spoken,
            number=self._number,
        )
