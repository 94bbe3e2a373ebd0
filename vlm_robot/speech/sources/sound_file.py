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

"""A sound file as a source: WAV, FLAC, OGG, MP3, what libsndfile reads."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vlm_robot.speech.sound import RATE_HZ
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.sources.file_reader import FileReader
from vlm_robot.speech.sources.intake import Intake
from vlm_robot.speech.sources.resampling import ALL_CHANNELS, check_format

_BLOCK_S = 0.05


class SoundFileSource:
    """
    Reads a file block by block, and a little silence after it so that its last word ends.

    :param path: of the file.
    :param channel: which one is taken, from 0; ALL_CHANNELS for their mean.
    :param paced: whether it is heard as fast as it was spoken; else as fast as it is taken.
    :param silence_s: after the end.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        channel: int = ALL_CHANNELS,
        paced: bool = False,
        silence_s: float = 1.0,
    ) -> None:
        self._path = Path(path)
        self._channel = channel
        self._paced = paced
        self._silence_s = silence_s
        self._closed = threading.Event()

    @property
    def name(self) -> str:
        """The path."""
        return str(self._path)

    def blocks(self) -> Iterator[Block]:
        """
        Yield the file from its beginning, then silence.

        :raises SoundError: ABSENT, NOT_SOUND, WRONG_FORMAT; NOT_SOUND also where it breaks off.
        """
        for block in self._all():
            if self._paced:
                self._closed.wait(max(0.0, block.heard_s - time.monotonic()))
            if self._closed.is_set():
                return
            if block.samples.size:
                yield block

    def close(self) -> None:
        """Stop reading."""
        self._closed.set()

    def _all(self) -> Iterator[Block]:
        at_s = time.monotonic()
        intake = Intake(self.name, channel=self._channel, silent_after_s=math.inf)
        with FileReader(self._path) as file:
            check_format(self.name, file.rate_hz, file.channels, self._channel)
            for frames in file.read(round(_BLOCK_S * file.rate_hz)):
                at_s += len(frames) / file.rate_hz
                yield intake.block(frames, file.rate_hz, at_s)
        yield intake.rest(at_s)
        silence = np.zeros(round(_BLOCK_S * RATE_HZ), np.float32)
        for _ in range(math.ceil(self._silence_s / _BLOCK_S)):
            at_s += _BLOCK_S
            yield Block(silence, at_s)
