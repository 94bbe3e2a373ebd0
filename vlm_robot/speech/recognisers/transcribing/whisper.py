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

"""Whisper: its prompt names language and task, and its first token may say that nobody speaks."""

from __future__ import annotations

import math
from typing import Any

import torch
from transformers import PreTrainedModel
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.recognisers.transcribing.seq2seq import (
    SequenceListening,
    SequenceTranscriber,
)
from vlm_robot.speech.sound import RATE_HZ, Samples

_MULTILINGUAL = 51_865  # tokens, at the least
_NO_SPEECH = ('<|nospeech|>', '<|nocaptions|>')


class WhisperTranscriber(SequenceTranscriber):
    """
    Whisper of any size, and what was distilled of it.

    :param language: as an ISO 639-1 code; '' lets it find out.
    :raises ConfigurationError: for a language that it does not know.
    """

    def __init__(self, model: PreTrainedModel, processor: Any, *, language: str) -> None:
        super().__init__(model, processor, language=language)
        self.window_s = processor.feature_extractor.n_samples / RATE_HZ
        multilingual = model.config.vocab_size >= _MULTILINGUAL
        self._multilingual = getattr(model.generation_config, 'is_multilingual', multilingual)
        self._codes = self._known_languages() if self._multilingual else {}
        self._language = language if self._multilingual else 'en'
        if language and language not in (self._codes or ('en',)):
            known = ', '.join(self._codes) or 'en'
            raise ConfigurationError(f'language {language!r} is not known: expected {known}')

    def listen(self, samples: Samples, cancel: CancelToken) -> SequenceListening:
        """See `Transcriber.listen`: the encoder's pass, and the decoder's first."""
        encoded = self.encoded(samples)
        cancel.check()
        first = self._first(encoded)
        language = self._language or self._detected(first)
        return SequenceListening(
            self,
            encoded,
            self._prompt(language),
            samples.size / RATE_HZ,
            cancel,
            language=language,
            silence=self._silence(first),
        )

    def _first(self, encoded: Any) -> torch.Tensor:
        """Return (vocabulary,) the logits after the start of a transcript."""
        start = torch.tensor([[self._start]], device=self.model.device)
        with torch.inference_mode():
            found = self.model(encoder_outputs=encoded, decoder_input_ids=start)
        return found.logits[0, -1].float()

    @property
    def _start(self) -> int:
        return int(self.model.config.decoder_start_token_id)

    def _silence(self, first: torch.Tensor) -> float:
        token = next(filter(None, map(self._token, _NO_SPEECH)), None)
        return math.nan if token is None else float(first.softmax(-1)[token])

    def _detected(self, first: torch.Tensor) -> str:
        return max(self._codes, key=lambda code: float(first[self._codes[code]]))

    def _prompt(self, language: str) -> list[int]:
        told = (f'<|{language}|>', '<|transcribe|>') if self._multilingual else ()
        tokens = map(self._token, (*told, '<|notimestamps|>'))
        return [self._start, *(token for token in tokens if token is not None)]

    def _known_languages(self) -> dict[str, int]:
        tokens = {code: self._token(f'<|{code}|>') for code in LANGUAGES}
        return {code: token for code, token in tokens.items() if token is not None}

    def _token(self, text: str) -> int | None:
        return self.processor.tokenizer.get_vocab().get(text)
