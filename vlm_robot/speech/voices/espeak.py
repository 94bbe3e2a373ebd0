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

"""Speaks by the program espeak-ng: small, offline, in a hundred languages."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np

from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.speech.sound import Samples
from vlm_robot.speech.voices.wave import as_samples, plain_text

_PROGRAM = 'espeak-ng'
_OWN_VOICE = 'en-us'
_LIMIT_S = 10.0
_HEADER = 44  # bytes of a WAV
_VOICE = re.compile(r'[A-Za-z0-9][\w-]*(?:\+[\w-]+)?')


class EspeakVoice:
    """
    The program espeak-ng, started for each text.

    :param voice: a language and variant that `espeak-ng --voices` lists: 'en-gb', 'en-us+f3'.
    :raises ConfigurationError: for a voice that it does not have, or where it is not installed.
    """

    def __init__(self, voice: str = '') -> None:
        self._voice = voice or _OWN_VOICE
        if shutil.which(_PROGRAM) is None:
            raise ConfigurationError(
                f'{_PROGRAM!r}, which speaks, is not installed: sudo apt-get install {_PROGRAM}'
            )
        if not _VOICE.fullmatch(self._voice):
            raise ConfigurationError(
                f'{voice!r} is no voice of {_PROGRAM}: expected a name as en-gb or en-us+f3'
            )
        try:
            self.speak('yes')
        except Refusal as refusal:
            raise ConfigurationError(
                f'{_PROGRAM} cannot speak with the voice {voice!r}: {refusal.message}'
            ) from refusal

    @property
    def name(self) -> str:
        """See `Voice.name`."""
        return f'espeak:{self._voice}'

    def speak(self, text: str) -> Samples:
        """See `Voice.speak`; at most 10 s of work, and the first 300 characters."""
        words = plain_text(text)
        return self._wave(words) if words else np.zeros(0, np.float32)

    def _wave(self, words: str) -> Samples:
        # the text comes by stdin, so that no word of it can be an option
        command = [_PROGRAM, '-v', self._voice, '-b', '1', '--stdin', '--stdout']
        try:
            done = subprocess.run(
                command, input=words.encode(), capture_output=True, timeout=_LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired as err:
            raise self._refusal(f'took longer than {_LIMIT_S:g} s to say {words!r}') from err
        except OSError as err:
            raise self._refusal(f'cannot be started: {err.strerror}') from err
        if done.returncode or len(done.stdout) <= _HEADER:
            said = done.stderr.decode(errors='replace').strip().split('\n')[0]
            raise self._refusal(f'said nothing of {words!r}: {said or done.returncode}')
        return _decoded(done.stdout)

    def _refusal(self, what: str) -> Refusal:
        return Refusal(Outcome.MODEL_ERROR, f'{_PROGRAM} {what}')


def _decoded(wav: bytes) -> Samples:
    """Return a WAV of 16 bits; its length in the header is wrong, since it came by a pipe."""
    rate_hz = int.from_bytes(wav[24:28], 'little')
    body = wav[_HEADER : _HEADER + (len(wav) - _HEADER) // 2 * 2]
    return as_samples(np.frombuffer(body, '<i2').astype(np.float32) / np.float32(32768), rate_hz)
