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

"""A short queue between the thread that hears and the thread that listens."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from vlm_robot.speech.sound import SoundFault
from vlm_robot.speech.sources.examination import Frames

_LONGEST_S = 2.0


@dataclass(frozen=True)
class Stretch:
    """
    Frames as they came.

    :param frames: (N, channels), at rate_hz.
    :param heard_s: when the last of them was heard, on the clock of `time.monotonic`.
    :param fault: what is known to be wrong with them.
    """

    frames: Frames
    rate_hz: int
    heard_s: float
    fault: SoundFault | None = None

    @property
    def length_s(self) -> float:
        """How long it lasts."""
        return len(self.frames) / self.rate_hz


class SoundQueue:
    """
    Holds what was heard until it is taken; when that is too long, the oldest goes.

    :param longest_s: how much it holds; one stretch it takes however long that is.
    """

    def __init__(self, longest_s: float = _LONGEST_S) -> None:
        self._longest_s = longest_s
        self._held: deque[Stretch] = deque()
        self._held_s = 0.0
        self._lost = False
        self._closed = False
        self._changed = threading.Condition()

    @property
    def is_closed(self) -> bool:
        """Whether nothing will come any more."""
        return self._closed

    def put(self, heard: Stretch) -> None:
        """Append the newest; never waits."""
        with self._changed:
            self._held.append(heard)
            self._held_s += heard.length_s
            while self._held_s > self._longest_s and len(self._held) > 1:
                self._held_s -= self._held.popleft().length_s
                self._lost = True
            self._changed.notify()

    def take(self, timeout_s: float) -> Stretch | None:
        """Return the oldest, OVERRUN where some before it were lost; None if there is none."""
        with self._changed:
            self._changed.wait_for(lambda: self._held or self._closed, timeout_s)
            if self._closed or not self._held:
                return None
            heard = self._held.popleft()
            self._held_s -= heard.length_s
            lost, self._lost = self._lost, False
        if not lost:
            return heard
        return Stretch(heard.frames, heard.rate_hz, heard.heard_s, SoundFault.OVERRUN)

    def close(self) -> None:
        """End it: who waits gets None."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
