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

"""A microphone as a source, through PortAudio."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from vlm_robot.speech.sound import RATE_HZ, SoundError, SoundFault
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.sources.devices import Device, find_microphone
from vlm_robot.speech.sources.examination import Frames
from vlm_robot.speech.sources.intake import Intake
from vlm_robot.speech.sources.portaudio import (
    PortAudio,
    in_use,
    load_portaudio,
    look_again,
    sound_error,
)
from vlm_robot.speech.sources.queueing import SoundQueue, Stretch
from vlm_robot.speech.sources.resampling import ALL_CHANNELS, MAX_CHANNELS

_BLOCK_S = 0.02
_LOST_AFTER_S = 2.0


class Microphone:
    """
    Listens to a device, at `RATE_HZ` or, where the device refuses that, at its own rate.

    :param device: an index, or a part of the name; '' for the default.
    :param channel: which one is taken, from 0; ALL_CHANNELS for one, or their mean.
    :param lost_after_s: a device that gives nothing for so long is gone.
    :param load: returns PortAudio.
    """

    def __init__(
        self,
        device: str = '',
        *,
        channel: int = ALL_CHANNELS,
        lost_after_s: float = _LOST_AFTER_S,
        load: Callable[[], PortAudio] = load_portaudio,
    ) -> None:
        self._wanted = device
        self._channel = channel
        self._lost_after_s = lost_after_s
        self._load = load
        self._closed = threading.Event()
        self._queue = SoundQueue()

    @property
    def name(self) -> str:
        """What was asked for."""
        return self._wanted or 'default microphone'

    def blocks(self) -> Iterator[Block]:
        """
        Yield what is heard until `close`; call it once.

        :raises SoundError: ABSENT, BUSY, WRONG_FORMAT; LOST when the device goes away.
        :raises MissingPackageError: where sounddevice is not installed.
        """
        portaudio = self._load()
        look_again(portaudio)
        with in_use():
            device = find_microphone(portaudio, self._wanted)
            with self._opened(portaudio, device):
                yield from self._listen(device)

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()
        self._queue.close()

    def _listen(self, device: Device) -> Iterator[Block]:
        intake = Intake(device.name, channel=self._channel)
        while (heard := self._queue.take(self._lost_after_s)) is not None:
            if self._closed.is_set():
                return
            block = intake.block(heard.frames, heard.rate_hz, heard.heard_s, heard.fault)
            if block.samples.size:
                yield block
        if not self._closed.is_set():
            raise SoundError(SoundFault.LOST, f'the microphone {device.name!r} went away')

    @contextmanager
    def _opened(self, portaudio: PortAudio, device: Device) -> Iterator[None]:
        stream = self._open(portaudio, device)
        try:
            yield
        finally:
            stream.close()

    def _open(self, portaudio: PortAudio, device: Device) -> Any:
        refused: SoundError | None = None
        for rate_hz, channels in self._formats(device):
            try:
                return self._started(portaudio, device, rate_hz, channels)
            except (ValueError, portaudio.PortAudioError) as err:
                refused = sound_error(err, device.name)
                if refused.fault is not SoundFault.WRONG_FORMAT:
                    raise refused from err
        raise refused or SoundError(
            SoundFault.WRONG_FORMAT,
            f'the microphone {device.name!r} has no channel {self._channel!r}: '
            f'expected 0 to {device.channels - 1}',
        )

    def _formats(self, device: Device) -> list[tuple[int, int]]:
        """Return rates and channels to try; one channel is what a microphone has or mixes to."""
        several = min(device.channels, MAX_CHANNELS)
        if self._channel >= several:
            return []
        few = 1 if self._channel == ALL_CHANNELS else self._channel + 1
        return [(rate, n) for n in (few, several) for rate in (RATE_HZ, device.rate_hz)]

    def _started(self, portaudio: PortAudio, device: Device, rate_hz: int, channels: int) -> Any:
        # one for each try: a stream that does not start ends its own alone
        queue = self._queue = SoundQueue()

        def take(frames: Frames, count: int, times: Any, status: Any) -> None:
            fault = SoundFault.OVERRUN if status and status.input_overflow else None
            queue.put(Stretch(frames.copy(), rate_hz, time.monotonic(), fault))

        stream = portaudio.InputStream(
            device=device.index,
            samplerate=rate_hz,
            channels=channels,
            dtype='float32',
            blocksize=round(_BLOCK_S * rate_hz),
            latency='low',
            callback=take,
            finished_callback=queue.close,
        )
        try:
            stream.start()
        except Exception:
            stream.close()
            raise
        return stream
