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

"""Devices that behave as they are told, in place of PortAudio."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

INVALID_SAMPLE_RATE, DEVICE_UNAVAILABLE, HOST_ERROR = -9997, -9985, -9999


class PortAudioError(Exception):
    """As sounddevice raises it: a sentence, a code, perhaps what the host said."""


class FakeStream:
    """Calls back when it is told to."""

    def __init__(self, owner: FakePortAudio, **format_: Any) -> None:
        self._owner = owner
        self.format = format_
        self.is_open = True

    def start(self) -> None:
        error = self._owner.on_start(self.format)
        if error is not None:
            raise error
        self._owner.playing = self

    def close(self) -> None:
        self.is_open = False
        self.end()

    def say(self, value: float, *, overflow: bool = False) -> None:
        n, channels = self.format['blocksize'], self.format['channels']
        frames = np.full((n, channels), value, np.float32)
        status = SimpleNamespace(input_overflow=overflow) if overflow else None
        self.format['callback'](frames, n, None, status)
        frames[:] = np.nan  # the memory is PortAudio's, which uses it again

    def end(self) -> None:
        self.format['finished_callback']()


class FakePortAudio:
    """
    A machine with devices.

    :param on_start: the error of a stream that is started with a format; None for none.
    """

    PortAudioError = PortAudioError

    def __init__(
        self,
        *names: str,
        rate_hz: int = 48_000,
        channels: int = 2,
        on_start: Callable[[dict[str, Any]], Exception | None] = lambda _: None,
    ) -> None:
        self.rows = [
            {'index': i, 'name': name, 'max_input_channels': channels,
             'default_samplerate': float(rate_hz)}
            for i, name in enumerate(names)
        ]  # fmt: skip
        self.on_start = on_start
        self.playing: FakeStream | None = None
        self.opened: list[FakeStream] = []
        self.looked = 0

    def InputStream(self, **format_: Any) -> FakeStream:
        self.opened.append(FakeStream(self, **format_))
        return self.opened[-1]

    def query_devices(self, device: Any = None, kind: Any = None) -> Any:
        if kind is None:
            return self.rows
        if not self.rows:
            raise PortAudioError('Error querying device -1')
        if device is None:
            return self.rows[0]
        for row in self.rows:
            if device == row['index'] or str(device).lower() in row['name'].lower():
                return row
        raise ValueError(f'No input device matching {device!r}')

    def _terminate(self) -> None:
        self.looked += 1

    def _initialize(self) -> None:
        pass
