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

"""The microphones of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vlm_robot.speech.sound import SoundError, SoundFault
from vlm_robot.speech.sources.portaudio import PortAudio


@dataclass(frozen=True)
class Device:
    """
    A microphone.

    :param index: PortAudio's, which changes when devices come and go.
    :param channels: how many it has at most.
    :param rate_hz: its own.
    :param is_default: whether it is the one that '' means.
    """

    index: int
    name: str
    channels: int
    rate_hz: int
    is_default: bool = False


def microphones(portaudio: PortAudio) -> tuple[Device, ...]:
    """Return what can be listened to."""
    default = _default_index(portaudio)
    return tuple(
        _device(row, default)
        for row in portaudio.query_devices()
        if int(row['max_input_channels']) > 0
    )


def find_microphone(portaudio: PortAudio, wanted: str) -> Device:
    """
    Return the microphone that is meant.

    :param wanted: its index, or a part of its name, in small or capital letters; '' for the
        default.
    :raises SoundError: ABSENT; the sentence lists those that there are.
    """
    asked: int | str | None = int(wanted) if wanted.strip().isdecimal() else wanted.strip() or None
    try:
        row = portaudio.query_devices(asked, 'input')
    except (ValueError, portaudio.PortAudioError) as err:
        raise _absent(portaudio, wanted, err) from err
    return _device(row, _default_index(portaudio))


def _default_index(portaudio: PortAudio) -> int:
    try:
        return int(portaudio.query_devices(None, 'input')['index'])
    except (ValueError, portaudio.PortAudioError):
        return -1


def _device(row: Any, default: int) -> Device:
    index = int(row['index'])
    return Device(
        index=index,
        name=str(row['name']),
        channels=int(row['max_input_channels']),
        rate_hz=round(row['default_samplerate']),
        is_default=index == default,
    )


def _absent(portaudio: PortAudio, wanted: str, err: Exception) -> SoundError:
    there = microphones(portaudio)
    if not there:
        return SoundError(SoundFault.ABSENT, 'there is no microphone on this machine')
    if not wanted.strip():
        return SoundError(SoundFault.ABSENT, f'there is no default microphone: {_names(there)}')
    why = ' '.join(str(err).split())
    return SoundError(SoundFault.ABSENT, f'no microphone {wanted!r} ({why}): {_names(there)}')


def _names(devices: tuple[Device, ...]) -> str:
    return 'there are ' + ', '.join(f'{device.index} {device.name!r}' for device in devices)
