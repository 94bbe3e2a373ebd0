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

"""Frames of any format become blocks: examined, mixed to mono, resampled."""

from __future__ import annotations

import numpy as np

from vlm_robot.speech.sound import SoundFault
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.sources.examination import SILENT_AFTER_S, Examiner, Frames
from vlm_robot.speech.sources.resampling import ALL_CHANNELS, Resampler, check_format


class Intake:
    """
    Takes one stream.

    :param name: of the source, for sentences.
    :param channel: which one is taken, from 0; ALL_CHANNELS for their mean.
    :param silent_after_s: so many seconds of nothing but zeros are a fault.
    """

    def __init__(
        self,
        name: str,
        *,
        channel: int = ALL_CHANNELS,
        silent_after_s: float = SILENT_AFTER_S,
    ) -> None:
        self._name = name
        self._channel = channel
        self._examiner = Examiner(silent_after_s)
        self._resampler: Resampler | None = None

    def block(
        self, frames: Frames, rate_hz: int, heard_s: float, fault: SoundFault | None = None
    ) -> Block:
        """
        Return a block; another rate or number of channels than before begins a new stream.

        :param frames: (N, channels).
        :param heard_s: when the last of them was heard.
        :param fault: what is known to be wrong already, such as samples that were lost.
        :raises SoundError: WRONG_FORMAT.
        """
        resampler = self._resampler_for(rate_hz, frames.shape[1])
        fine, found = self._examiner.examine(frames, rate_hz)
        samples = resampler.feed(fine)
        return Block(samples, heard_s - resampler.lag_s, found or fault)

    def rest(self, heard_s: float) -> Block:
        """Return what was not given yet, at the end of a stream."""
        resampler, self._resampler = self._resampler, None
        if resampler is None:
            return Block(np.zeros(0, np.float32), heard_s)
        last = np.zeros((0, resampler.channels), np.float32)
        return Block(resampler.feed(last, is_last=True), heard_s)

    def _resampler_for(self, rate_hz: int, channels: int) -> Resampler:
        now = self._resampler
        if now is None or (now.rate_hz, now.channels) != (rate_hz, channels):
            check_format(self._name, rate_hz, channels, self._channel)
            now = self._resampler = Resampler(rate_hz, channels, channel=self._channel)
        return now
