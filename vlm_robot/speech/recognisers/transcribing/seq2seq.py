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

"""Models whose encoder hears an utterance, and whose decoder writes it down token by token."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from transformers import (
    GenerationConfig,
    GenerationMixin,
    PreTrainedModel,
    StoppingCriteria,
    StoppingCriteriaList,
)

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.grammar.automaton import Automaton
from vlm_robot.speech.recognisers.transcribing.base import Transcript
from vlm_robot.speech.recognisers.transcribing.biasing import Bias, KeepWithin
from vlm_robot.speech.recognisers.transcribing.features import features
from vlm_robot.speech.sound import RATE_HZ, Samples

BEAMS = 3
_TOKENS_PER_S = 16  # more than anybody says: a model that writes more is in a loop
_MORE_TOKENS = 8
_ROOM = 448  # tokens, where the model does not tell


class SequenceTranscriber:
    """Moonshine, Speech2Text and their like; Whisper in `whisper`, which is told more."""

    window_s = 30.0

    def __init__(self, model: PreTrainedModel, processor: Any, *, language: str) -> None:
        self.model = model
        self.processor = processor
        self.kept: Bias | None = None
        self._language = language

    def listen(self, samples: Samples, cancel: CancelToken) -> SequenceListening:
        """See `Transcriber.listen`: the encoder's pass."""
        encoded = self.encoded(samples)
        cancel.check()
        start = self.model.generation_config.decoder_start_token_id
        if start is None:
            start = self.model.config.decoder_start_token_id
        prompt = [self.model.generation_config.bos_token_id if start is None else start]
        return SequenceListening(
            self, encoded, prompt, samples.size / RATE_HZ, cancel, language=self._language
        )

    def keep_within(self, grammar: Automaton) -> None:
        """See `Transcriber.keep_within`."""
        vocabulary = self.model.get_output_embeddings().weight.shape[0]
        end = self.model.generation_config.eos_token_id
        end = end[0] if isinstance(end, list) else end
        self.kept = Bias(grammar, self.processor.tokenizer, vocabulary=vocabulary, end=end)

    def encoded(self, samples: Samples) -> Any:
        """Return what the encoder makes of an utterance."""
        inputs = features(self.model, self.processor, samples)
        with torch.inference_mode():
            return self.model.get_encoder()(**inputs, return_dict=True)

    def limit(self, prompt: int, lasts_s: float) -> int:
        """Return the most tokens that an utterance is written with."""
        config = self.model.config
        room = int(
            getattr(config, 'max_target_positions', None)
            or getattr(config, 'max_position_embeddings', None)
            or _ROOM
        )
        wanted = _MORE_TOKENS + math.ceil(_TOKENS_PER_S * lasts_s)
        return max(1, min(wanted, room - prompt - 1))


class SequenceListening:
    """
    See `Listening`.

    :param prompt: the tokens that precede the text.
    """

    def __init__(
        self,
        transcriber: SequenceTranscriber,
        encoded: Any,
        prompt: list[int],
        lasts_s: float,
        cancel: CancelToken,
        *,
        language: str = '',
        silence: float = math.nan,
    ) -> None:
        self._of = transcriber
        self._encoded = encoded
        self._prompt = prompt
        self._lasts_s = lasts_s
        self._cancel = cancel
        self.language = language
        self.silence = silence

    def written(self) -> tuple[Transcript, ...]:
        """See `Listening.written`: by beam search; looks at the cancel token between tokens."""
        return self._searched(None)

    def written_within(self) -> tuple[Transcript, ...]:
        """See `Listening.written_within`; likewise."""
        return () if self._of.kept is None else self._searched(self._of.kept)

    def _searched(self, bias: Bias | None) -> tuple[Transcript, ...]:
        model = self._of.model
        with torch.inference_mode():
            found = GenerationMixin.generate(
                model,
                generation_config=self._config(),
                encoder_outputs=copy.copy(self._encoded),  # generate writes into it
                decoder_input_ids=torch.tensor([self._prompt], device=model.device),
                logits_processor=[KeepWithin(bias, len(self._prompt))] if bias else [],
                stopping_criteria=StoppingCriteriaList([_Canceled(self._cancel)]),
            )
        self._cancel.check()
        return self._transcripts(found)

    def _config(self) -> GenerationConfig:
        """Return the model's own settings, but for the search; Whisper's prompt is not forced."""
        config: GenerationConfig = copy.deepcopy(self._of.model.generation_config)
        config.max_length = None
        config.max_new_tokens = self._of.limit(len(self._prompt), self._lasts_s)
        config.num_beams = config.num_return_sequences = BEAMS
        config.do_sample = False
        config.temperature = config.top_k = config.top_p = None
        config.forced_decoder_ids = None
        config.return_timestamps = False
        config.return_dict_in_generate = True
        config.output_scores = config.output_logits = True
        return config

    def _transcripts(self, found: Any) -> tuple[Transcript, ...]:
        # of the model's own probabilities, whatever was kept from being written
        logs = self._of.model.compute_transition_scores(
            found.sequences, found.logits, found.beam_indices, normalize_logits=True
        ).float()
        lengths = (found.beam_indices >= 0).sum(-1).clamp(min=1)
        texts = self._of.processor.tokenizer.batch_decode(
            found.sequences[:, len(self._prompt) :], skip_special_tokens=True
        )
        totals = logs.sum(-1)
        means = totals / lengths
        return tuple(
            Transcript(text, mean, total)
            for text, mean, total in zip(texts, means.tolist(), totals.tolist(), strict=True)
        )


class _Canceled(StoppingCriteria):
    """Ends the search when its result is no longer wanted."""

    def __init__(self, cancel: CancelToken) -> None:
        self._cancel = cancel

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
        """See `StoppingCriteria`."""
        return torch.full((input_ids.shape[0],), self._cancel.is_set(), device=input_ids.device)
