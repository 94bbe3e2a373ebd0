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

"""Open-vocabulary recognition: any model of transformers that writes down speech."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import torch

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError, Refusal, VlmRobotError
from vlm_robot.core.outcome import Outcome
from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.recognisers.base import Recognition
from vlm_robot.speech.recognisers.registry import RecogniserSettings
from vlm_robot.speech.recognisers.transcribing.base import Transcriber
from vlm_robot.speech.recognisers.transcribing.ctc import CtcTranscriber
from vlm_robot.speech.recognisers.transcribing.loading import load
from vlm_robot.speech.recognisers.transcribing.reading import Reader
from vlm_robot.speech.recognisers.transcribing.seq2seq import SequenceTranscriber
from vlm_robot.speech.recognisers.transcribing.whisper import WhisperTranscriber
from vlm_robot.speech.sound import RATE_HZ, Samples

OWN_MODEL = 'openai/whisper-base'

_SHORTEST = RATE_HZ // 10
_LEAST = RATE_HZ  # samples; the convolutions of some models need that many
_QUIET = 1e-4  # RMS of a microphone that is off


class SpeechToTextRecogniser:
    """
    Whisper, Moonshine, Wav2Vec2 and others, by path or hub name; loaded on construction.

    With a grammar, what is nearly one of its sentences becomes that sentence; all else stays as
    it was heard, with the words that the grammar does not have. Without, nobody knows whether an
    utterance is at its end: it is not `complete`.

    :raises ConfigurationError: for a model that cannot be loaded or cannot listen.
    :raises MissingPackageError: for a package that the model needs.
    """

    def __init__(self, settings: RecogniserSettings) -> None:
        source = settings.model or OWN_MODEL
        self._name = f'transformers:{source}'
        transcriber = _transcriber(source, settings)
        grammar = None if settings.grammar is None else automaton(settings.grammar)
        if grammar is not None:
            transcriber.keep_within(grammar)
        self._transcriber: Transcriber | None = transcriber
        self._reader = Reader(grammar)
        self._one_at_a_time = threading.Lock()
        try:
            self._heard(np.zeros(_LEAST, np.float32), CancelToken())
        except Refusal as refusal:
            raise ConfigurationError(f'{source!r} cannot listen: {refusal.message}') from refusal

    @property
    def name(self) -> str:
        """See `Recogniser.name`."""
        return self._name

    def recognise(self, samples: Samples, cancel: CancelToken) -> Recognition:
        """See `Recogniser.recognise`; of at most 30 s, or what the model takes at once."""
        cancel.check()
        if not np.isfinite(samples).all():
            raise Refusal(Outcome.MODEL_ERROR, 'the utterance has samples that are not finite')
        if samples.size < _SHORTEST or float(np.sqrt(np.mean(samples**2))) < _QUIET:
            return Recognition(complete=False)
        return self._heard(samples, cancel)

    def close(self) -> None:
        """Free the model's memory."""
        with self._one_at_a_time:
            self._transcriber = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _heard(self, samples: Samples, cancel: CancelToken) -> Recognition:
        """:raises Refusal: MODEL_ERROR for whatever goes wrong."""
        with self._one_at_a_time:
            if self._transcriber is None:
                raise Refusal(Outcome.MODEL_ERROR, f'{self._name} is closed')
            window = int(self._transcriber.window_s * RATE_HZ)
            missing = max(0, min(_LEAST, window) - samples.size)
            fitting = np.pad(samples[:window], (0, missing))
            try:
                listening = self._transcriber.listen(fitting.astype(np.float32), cancel)
                found = self._reader.read(listening)
            except VlmRobotError:
                raise
            except Exception as err:  # models and processors raise anything
                raise self._refusal(err) from err
        return replace(found, complete=found.complete and samples.size <= window)

    def _refusal(self, err: Exception) -> Refusal:
        if isinstance(err, torch.OutOfMemoryError | MemoryError):
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            return Refusal(Outcome.MODEL_ERROR, f'{self._name} ran out of memory')
        reason = str(err).strip().split('\n')[0] or type(err).__name__
        return Refusal(Outcome.MODEL_ERROR, f'{self._name} failed: {reason}')


def _transcriber(source: str, settings: RecogniserSettings) -> Transcriber:
    model, processor = load(source, settings.device)
    kind: type[CtcTranscriber | SequenceTranscriber] = CtcTranscriber
    if model.config.model_type == 'whisper':
        kind = WhisperTranscriber
    elif model.config.is_encoder_decoder:
        kind = SequenceTranscriber
    return kind(model, processor, language=settings.language)
