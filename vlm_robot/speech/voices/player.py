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

"""Plays speech on a thread of its own, can be interrupted, and knows when it is heard."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from vlm_robot.core.errors import MissingPackageError, VlmRobotError
from vlm_robot.speech.sound import RATE_HZ, Samples, SoundError
from vlm_robot.speech.voices.base import Voice
from vlm_robot.speech.voices.output import Loudspeaker, Output

_CHUNK = RATE_HZ // 50
"""Samples written at a time: `stop` is obeyed between two chunks."""
_WAITING = 4  # texts; more are old news
_REMEMBERED = 16  # stretches of own speech

Work = Callable[[], Samples]


class Player:
    """
    Plays one text after the other.

    A loudspeaker that cannot be had is told of once; the robot is silent then, and tries again
    with each text.

    :param open_output: opens the loudspeaker, whenever something is to be said.
    :param on_fault: told, on the player's thread, why something was not said.
    """

    def __init__(
        self,
        open_output: Callable[[], Output] = Loudspeaker,
        *,
        on_fault: Callable[[VlmRobotError], None] = lambda fault: None,
    ) -> None:
        self._open = open_output
        self._on_fault = on_fault
        self._told = False
        self._heard: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)  # (from, until)
        self._guard = threading.Lock()
        self._round = 0  # is counted up by `stop`: what was asked for before is not said
        self._pending = 0  # texts that are not at their end
        self._closed = False
        self._works: queue.Queue[tuple[int, Work] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name='voice', daemon=True)
        self._thread.start()

    @property
    def speaking(self) -> bool:
        """Whether something is being said, or waits to be."""
        with self._guard:
            return self._pending > 0

    @property
    def until_s(self) -> float:
        """
        Until when its speech is in the air, as far as it has begun.

        :return: on the clock of `time.monotonic`; minus infinity before the first.
        """
        with self._guard:
            return self._heard[-1][1] if self._heard else -float('inf')

    def heard(self, start_s: float, end_s: float) -> bool:
        """Whether any of its speech was in the air between two times of `time.monotonic`."""
        with self._guard:
            return any(begin < end_s and start_s < end for begin, end in self._heard)

    def say(self, voice: Voice, text: str) -> None:
        """Say a text after those that wait; returns at once."""
        self._put(lambda: voice.speak(text))

    def play(self, samples: Samples) -> None:
        """
        Play sound after what waits; returns at once.

        :param samples: (N,) at `RATE_HZ`.
        """
        self._put(lambda: samples)

    def stop(self) -> None:
        """Be silent, at once, and forget what waits."""
        with self._guard:
            self._round += 1

    def close(self) -> None:
        """Be silent for good. May be called twice."""
        self.stop()
        with self._guard:
            self._closed = True
        self._works.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _put(self, work: Work) -> None:
        with self._guard:
            if self._closed:
                return
            while self._works.qsize() >= _WAITING:
                with contextlib.suppress(queue.Empty):
                    self._works.get_nowait()
                    self._pending -= 1
            self._pending += 1
            self._works.put((self._round, work))

    def _run(self) -> None:
        while (item := self._works.get()) is not None:
            try:
                self._do(*item)
            finally:
                with self._guard:
                    self._pending -= 1

    def _do(self, number: int, work: Work) -> None:
        try:
            samples = np.zeros(0, np.float32) if self._over(number) else work()
            if samples.size and not self._over(number):
                self._sound(number, samples)
        except (SoundError, MissingPackageError) as err:
            if not self._told:
                self._told = True
                self._on_fault(err)
        except VlmRobotError as err:
            self._on_fault(err)
        except Exception as err:  # of an engine or a driver: the next text may be said
            self._on_fault(VlmRobotError(f'nothing was said: {type(err).__name__}: {err}'))

    def _sound(self, number: int, samples: Samples) -> None:
        output = self._open()
        self._begin(output.latency_s + samples.size / RATE_HZ)
        at_once = True
        try:
            for at in range(0, samples.size, _CHUNK):
                if self._over(number):
                    return
                output.write(samples[at : at + _CHUNK])
            at_once = False
            self._told = False
        finally:
            output.close(at_once=at_once)
            self._end()

    def _over(self, number: int) -> bool:
        with self._guard:
            return number != self._round

    def _begin(self, lasts_s: float) -> None:
        with self._guard:
            now_s = time.monotonic()
            self._heard.append((now_s, now_s + lasts_s))

    def _end(self) -> None:
        with self._guard:
            begin_s, _ = self._heard.pop()
            self._heard.append((begin_s, time.monotonic()))
