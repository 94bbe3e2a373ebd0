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

"""PortAudio, what is used of it, and what its errors mean."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from vlm_robot.core.errors import MissingPackageError
from vlm_robot.speech.sound import SoundError, SoundFault

_UNANTICIPATED_HOST_ERROR, _DEVICE_UNAVAILABLE = -9999, -9985  # PaErrorCode in portaudio.h
_WRONG_FORMATS = frozenset({-9998, -9997, -9994})  # channels, rate, sample format
_HOST_BUSY = -16  # ALSA says EBUSY


class Stream(Protocol):
    """An open stream of a device."""

    def start(self) -> None:
        """Begin to call back."""

    def close(self) -> None:
        """End it."""


class PortAudio(Protocol):
    """What is used of the module `sounddevice`."""

    PortAudioError: type[Exception]
    InputStream: Callable[..., Stream]

    def query_devices(self, device: Any = None, kind: Any = None) -> Any:
        """Return the devices, or one."""

    def _terminate(self) -> None: ...

    def _initialize(self) -> None: ...


def load_portaudio() -> PortAudio:
    """
    Return the module `sounddevice`.

    :raises MissingPackageError: where it is not installed.
    :raises SoundError: ABSENT where it is, and PortAudio itself is not.
    """
    try:
        import sounddevice
    except ImportError as err:
        raise MissingPackageError('sounddevice', 'speech') from err
    except OSError as err:
        raise SoundError(
            SoundFault.ABSENT,
            f'no microphone can be used: {err} (on Debian and Ubuntu: apt install libportaudio2)',
        ) from err
    module: PortAudio = sounddevice
    return module


def sound_error(err: Exception, device: str) -> SoundError:
    """Return what an error of PortAudio says about a device."""
    numbers = [arg for arg in err.args if isinstance(arg, int)]
    code = numbers[0] if numbers else 0
    host = err.args[2] if len(err.args) > 2 and isinstance(err.args[2], tuple) else ()
    is_busy = code == _DEVICE_UNAVAILABLE or (
        code == _UNANTICIPATED_HOST_ERROR and _HOST_BUSY in host
    )
    fault = (
        SoundFault.BUSY if is_busy
        else SoundFault.WRONG_FORMAT if code in _WRONG_FORMATS
        else SoundFault.ABSENT
    )  # fmt: skip
    said = ' '.join(str(err.args[0] if err.args else err).split())
    return SoundError(fault, f'the microphone {device!r} cannot be used: {said}')


_users = 0
_lock = threading.Lock()


@contextmanager
def in_use() -> Iterator[None]:
    """Keep the list of devices as it is: making it anew ends every open stream."""
    global _users
    with _lock:
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1


def look_again(portaudio: PortAudio) -> None:
    """Make the list of devices anew, which PortAudio does only when nobody uses it."""
    with _lock:
        if not _users:
            portaudio._terminate()
            portaudio._initialize()
