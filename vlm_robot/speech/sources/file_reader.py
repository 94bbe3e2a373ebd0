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

"""Reads sound files, which may be anything, through libsndfile."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from vlm_robot.core.errors import MissingPackageError
from vlm_robot.speech.sound import SoundError, SoundFault
from vlm_robot.speech.sources.examination import Frames

if TYPE_CHECKING:
    import soundfile

_SHORTENED = re.compile(r'^\s*data : (\d+) \(should be (\d+)\)', re.MULTILINE)
_UNKNOWN_LENGTH = 0x7FFF0000  # who writes into a pipe claims this much, or more


class FileReader:
    """
    An open sound file.

    :raises SoundError: ABSENT, or NOT_SOUND where there is no sound in it.
    :raises MissingPackageError: where soundfile is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _open(path)
        self.rate_hz: int = self._file.samplerate
        self.channels: int = self._file.channels

    def __enter__(self) -> FileReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def read(self, n: int) -> Iterator[Frames]:
        """
        Yield n frames at a time, (n, channels); the last ones may be fewer.

        :raises SoundError: NOT_SOUND where it breaks off or holds nothing.
        """
        taken = 0
        while len(frames := self._next(n, taken)):
            taken += len(frames)
            yield frames
        claimed = max(self._file.frames, self._claimed_by_its_header())
        if taken < claimed:
            raise self._broken(taken, f'it claims to last {claimed / self.rate_hz:.2f} s')
        if not taken:
            raise SoundError(SoundFault.NOT_SOUND, f'{str(self._path)!r} is a file without sound')

    def _next(self, n: int, taken: int) -> Frames:
        import soundfile

        try:
            return self._file.read(n, dtype='float32', always_2d=True)
        except (soundfile.SoundFileError, OSError) as err:
            raise self._broken(taken, str(err)) from err

    def _claimed_by_its_header(self) -> int:
        """Return how many frames a WAV's header claims, which libsndfile corrects by itself."""
        found = _SHORTENED.search(self._file.extra_info)
        if found is None or not int(found[2]) or int(found[1]) >= _UNKNOWN_LENGTH:
            return 0
        return round(self._file.frames * int(found[1]) / int(found[2]))

    def _broken(self, taken: int, why: str) -> SoundError:
        return SoundError(
            SoundFault.NOT_SOUND,
            f'{str(self._path)!r} breaks off after {taken / self.rate_hz:.2f} s: {why}',
        )


def _open(path: Path) -> soundfile.SoundFile:
    try:
        import soundfile
    except ImportError as err:
        raise MissingPackageError('soundfile', 'speech') from err
    _check_is_a_file(path)
    try:
        return soundfile.SoundFile(path)
    except (soundfile.SoundFileError, OSError, TypeError, ValueError) as err:
        raise SoundError(
            SoundFault.NOT_SOUND, f'{str(path)!r} is no sound that can be read: {err}'
        ) from err


def _check_is_a_file(path: Path) -> None:
    """Refuse folders, and pipes and devices, which may never end."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as err:
        raise SoundError(SoundFault.ABSENT, f'no file {str(path)!r}: {err}') from err
    if not stat.S_ISREG(mode):
        raise SoundError(SoundFault.NOT_SOUND, f'{str(path)!r} is no file')
