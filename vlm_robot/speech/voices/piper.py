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

"""Speaks by Piper (VITS in ONNX): a voice that sounds like a person, offline, on a CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vlm_robot.core.errors import ConfigurationError, MissingPackageError, Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.speech.sound import Samples
from vlm_robot.speech.voices.wave import as_samples, plain_text


class PiperVoice:
    """
    A voice of Piper, which its own package speaks with.

    :param voice: path of the voice's .onnx file; its .onnx.json lies beside it.
    :raises ConfigurationError: for a file that is missing or no voice.
    :raises MissingPackageError: where piper-tts is not installed.
    """

    def __init__(self, voice: str) -> None:
        path = Path(voice).expanduser()
        for file in (path, Path(f'{path}.json')):
            if not voice or not file.is_file():
                raise ConfigurationError(
                    f'the voice {voice!r} of piper lacks {str(file)!r}: expected the path of an '
                    '.onnx file with its .onnx.json beside it'
                )
        try:
            import piper
        except ImportError as err:
            raise MissingPackageError('piper-tts', 'piper') from err
        self._path = path
        try:
            self._piper = piper.PiperVoice.load(path)
        except Exception as err:  # of JSON, of the configuration and of ONNX Runtime
            raise ConfigurationError(f'{voice!r} is no voice of piper: {_reason(err)}') from err

    @property
    def name(self) -> str:
        """See `Voice.name`."""
        return f'piper:{self._path.stem}'

    def speak(self, text: str) -> Samples:
        """See `Voice.speak`; of the first 300 characters."""
        words = plain_text(text)
        if not words:
            return np.zeros(0, np.float32)
        try:
            chunks = list(self._piper.synthesize(words))
        except Exception as err:  # ONNX Runtime raises its own
            raise Refusal(
                Outcome.MODEL_ERROR, f'piper cannot say {words!r}: {_reason(err)}'
            ) from err
        if not chunks:
            return np.zeros(0, np.float32)
        wave = np.concatenate([chunk.audio_float_array.reshape(-1) for chunk in chunks])
        return as_samples(wave, chunks[0].sample_rate)


def _reason(err: Exception) -> str:
    return str(err).strip().split('\n')[0] or type(err).__name__
