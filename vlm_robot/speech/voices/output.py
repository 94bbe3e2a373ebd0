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

"""A loudspeaker, by sounddevice."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vlm_robot.core.errors import MissingPackageError
from vlm_robot.speech.sound import RATE_HZ, Samples, SoundError, SoundFault


class Output(Protocol):
    """What samples are written to; one thread uses it."""

    latency_s: float  # from what is written to the air

    def write(self, samples: Samples) -> None:
        """
        Play samples; returns when there is room for more.

        :raises SoundError: when the device goes away.
        """
        ...

    def close(self, *, at_once: bool) -> None:
        """Play what was written to its end, or drop it; and free the device."""
        ...


class Loudspeaker:
    """
    A device of sounddevice.

    :param device: its name, a part of it, or its number; '' is the system's own.
    :raises SoundError: where there is none, or somebody else has it.
    :raises MissingPackageError: where sounddevice is not installed.
    """

    def __init__(self, device: str = '') -> None:
        self._device = device
        try:
            import sounddevice
            import soxr
        except ImportError as err:
            raise MissingPackageError(err.name or 'sounddevice', 'speech') from err
        except OSError as err:  # without the PortAudio library
            raise self._error(SoundFault.ABSENT, err) from err
        self._failure = sounddevice.PortAudioError
        which = int(device) if device.isdecimal() else device or None
        try:
            self._rate_hz = _rate(sounddevice, which)
            self._stream = sounddevice.OutputStream(
                samplerate=self._rate_hz, device=which, channels=1, dtype='float32'
            )
            self._stream.start()
        except (self._failure, ValueError) as err:  # ValueError: no such name, or several
            busy = 'unavailable' in str(err).lower() or 'busy' in str(err).lower()
            raise self._error(SoundFault.BUSY if busy else SoundFault.ABSENT, err) from err
        self._resampler = (
            None
            if self._rate_hz == RATE_HZ
            else soxr.ResampleStream(RATE_HZ, self._rate_hz, 1, dtype='float32')
        )
        self.latency_s = float(self._stream.latency)

    def write(self, samples: Samples) -> None:
        """See `Output.write`."""
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(np.asarray(samples, np.float32))
        try:
            self._stream.write(np.ascontiguousarray(samples, np.float32))
        except self._failure as err:
            raise self._error(SoundFault.LOST, err) from err

    def close(self, *, at_once: bool) -> None:
        """See `Output.close`."""
        try:
            if at_once:
                self._stream.abort()
            else:
                self._stream.stop()
            self._stream.close()
        except self._failure:
            return  # it is gone already

    def _error(self, fault: SoundFault, err: Exception) -> SoundError:
        reason = str(err).strip().split('\n')[0]
        which = repr(self._device) if self._device else 'of the system'
        return SoundError(fault, f'the loudspeaker {which} cannot be used: {reason}')


def _rate(sounddevice, which: int | str | None) -> float:  # type: ignore[no-untyped-def]
    """Return 16 kHz where the device can, else the rate that it has."""
    try:
        sounddevice.check_output_settings(which, channels=1, dtype='float32', samplerate=RATE_HZ)
    except sounddevice.PortAudioError:
        return float(sounddevice.query_devices(which, 'output')['default_samplerate'])
    return RATE_HZ
