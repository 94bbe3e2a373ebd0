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

"""Any rate and any number of channels become mono at `RATE_HZ`, as a stream."""

from __future__ import annotations

import numpy as np
import soxr

from vlm_robot.speech.sound import RATE_HZ, Samples, SoundError, SoundFault
from vlm_robot.speech.sources.examination import Frames

ALL_CHANNELS = -1
SLOWEST_HZ, FASTEST_HZ = 4_000, 192_000
MAX_CHANNELS = 64


def check_format(name: str, rate_hz: int, channels: int, channel: int = ALL_CHANNELS) -> None:
    """
    Refuse what cannot be resampled.

    :param name: of the source, for the sentence.
    :param channel: which one is wanted, from 0; ALL_CHANNELS for their mean.
    :raises SoundError: WRONG_FORMAT.
    """
    if not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
        raise _wrong(name, f'a rate of {rate_hz!r} Hz', f'{SLOWEST_HZ} to {FASTEST_HZ} Hz')
    if not 1 <= channels <= MAX_CHANNELS:
        raise _wrong(name, f'{channels!r} channels', f'1 to {MAX_CHANNELS}')
    if not ALL_CHANNELS <= channel < channels:
        raise _wrong(name, f'no channel {channel!r}', f'0 to {channels - 1}, or -1 for their mean')


class Resampler:
    """
    Resamples one stream; the first samples come out a few milliseconds late.

    :param channel: which one is taken, from 0; ALL_CHANNELS for their mean.
    """

    def __init__(self, rate_hz: int, channels: int, *, channel: int = ALL_CHANNELS) -> None:
        self.rate_hz = rate_hz
        self.channels = channels
        self._channel = channel
        self._taken = self._given = 0
        self._stream = (
            None
            if rate_hz == RATE_HZ
            else soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype='float32', quality='HQ')
        )

    @property
    def lag_s(self) -> float:
        """How much was taken and not given yet."""
        return max(0.0, self._taken / self.rate_hz - self._given / RATE_HZ)

    def feed(self, frames: Frames, *, is_last: bool = False) -> Samples:
        """
        Return what can be said of the stream by now.

        :param frames: (N, channels), the next ones.
        :param is_last: whether to give what is still inside too; nothing may follow.
        """
        mono = self._mono(frames)
        samples = mono if self._stream is None else self._stream.resample_chunk(mono, is_last)
        self._taken += len(frames)
        self._given += len(samples)
        return np.clip(samples, -1, 1)

    def _mono(self, frames: Frames) -> Samples:
        if self._channel != ALL_CHANNELS:
            return np.ascontiguousarray(frames[:, self._channel])
        return np.ascontiguousarray(frames.mean(axis=1, dtype=np.float32))


def _wrong(name: str, what: str, wanted: str) -> SoundError:
    return SoundError(SoundFault.WRONG_FORMAT, f'{name!r} has {what}: expected {wanted}')
