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

"""Models that write a letter or part of a word a frame: connectionist temporal classification."""

from __future__ import annotations

import math
from typing import Any

import torch
from transformers import PreTrainedModel

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.grammar.automaton import Automaton
from vlm_robot.speech.recognisers.transcribing.base import Transcript
from vlm_robot.speech.recognisers.transcribing.features import features
from vlm_robot.speech.sound import Samples


class CtcTranscriber:
    """Wav2Vec2, HuBERT, WavLM, Parakeet-CTC and their like."""

    window_s = 30.0

    def __init__(self, model: PreTrainedModel, processor: Any, *, language: str) -> None:
        self._model = model
        self._processor = processor
        self._language = language

    def listen(self, samples: Samples, cancel: CancelToken) -> CtcListening:
        """See `Transcriber.listen`; one pass, which cannot be canceled."""
        inputs = features(self._model, self._processor, samples)
        with torch.inference_mode():
            logits = self._model(**inputs).logits[0].float()
        cancel.check()
        return CtcListening(self._processor.tokenizer, logits, self._blank(), self._language)

    def keep_within(self, grammar: Automaton) -> None:
        """See `Transcriber.keep_within`: letters of frames are kept to nothing."""

    def _blank(self) -> int:
        return int(self._model.config.pad_token_id)


class CtcListening:
    """
    See `Listening`.

    :param logits: (frames, vocabulary).
    :param blank: the token of frames that write nothing.
    """

    silence = math.nan

    def __init__(self, tokenizer: Any, logits: torch.Tensor, blank: int, language: str) -> None:
        self._tokenizer = tokenizer
        self._logits = logits
        self._blank = blank
        self.language = language

    def written(self) -> tuple[Transcript, ...]:
        """See `Listening.written`: the best alone, greedily."""
        best, tokens = self._logits.log_softmax(-1).max(-1)
        text = self._tokenizer.decode(tokens.tolist(), skip_special_tokens=True)
        spoken = best[tokens != self._blank]
        if not spoken.numel():
            return ()
        return (Transcript(text, float(spoken.mean()), float(best.sum())),)

    def written_within(self) -> tuple[Transcript, ...]:
        """See `Listening.written_within`: nothing."""
        return ()
