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

"""A source of what somebody else hands in: the messages of an audio topic."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from vlm_robot.speech.sound import SoundError, SoundFault
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.sources.examination import SILENT_AFTER_S, Frames
from vlm_robot.speech.sources.intake import Intake
from vlm_robot.speech.sources.queueing import SoundQueue, Stretch
from vlm_robot.speech.sources.resampling import ALL_CHANNELS, check_format

_LOST_AFTER_S = 2.0


class PushedSource:
    """
    Yields what is pushed; `blocks` may be called again after it raised.

    :param name: what a person calls it.
    :param channel: which one is taken, from 0; ALL_CHANNELS for their mean.
    :param lost_after_s: nothing for so long is a fault.
    """

    def __init__(
        self,
        name: str,
        *,
        channel: int = ALL_CHANNELS,
        lost_after_s: float = _LOST_AFTER_S,
        silent_after_s: float = SILENT_AFTER_S,
    ) -> None:
        self._name = name
        self._channel = channel
        self._lost_after_s = lost_after_s
        self._silent_after_s = silent_after_s
        self._queue = SoundQueue()
        self._has_come = threading.Event()

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self._name

    def push(self, frames: Frames, rate_hz: int, heard_s: float | None = None) -> None:
        """
        Hand in the next frames; never waits, from any thread.

        :param frames: (N, channels).
        :param heard_s: when the last of them was heard; None for now.
        :raises SoundError: WRONG_FORMAT.
        """
        check_format(self._name, rate_hz, frames.shape[1], self._channel)
        now_s = time.monotonic() if heard_s is None else heard_s
        self._queue.put(Stretch(frames, rate_hz, now_s))
        self._has_come.set()

    def blocks(self) -> Iterator[Block]:
        """
        Yield what is pushed until `close`.

        :raises SoundError: ABSENT when nothing comes, LOST when nothing comes any more.
        """
        intake = Intake(self._name, channel=self._channel, silent_after_s=self._silent_after_s)
        while not self._queue.is_closed:
            heard = self._queue.take(self._lost_after_s)
            if heard is not None:
                yield intake.block(heard.frames, heard.rate_hz, heard.heard_s, heard.fault)
            elif not self._queue.is_closed:
                raise self._missing()

    def close(self) -> None:
        """End it."""
        self._queue.close()

    def _missing(self) -> SoundError:
        was_there = self._has_come.is_set()
        fault = SoundFault.LOST if was_there else SoundFault.ABSENT
        still = ' any more' if was_there else ''
        return SoundError(
            fault, f'nothing comes from {self._name!r}{still}, for {self._lost_after_s:.1f} s'
        )
