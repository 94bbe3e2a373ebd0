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

"""The architectures that are run in a way of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.cache_utils import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from vlm_robot.models.decode.family import Family, Memory, Prompt, Traits


class TurnedPositions(Family):
    """
    Models that give an image's tokens positions by row and column (M-RoPE, arXiv:2409.12191).

    The model counts the whole prompt's positions; each pass takes its own part of them.
    """

    def prompt(
        self, ids: Sequence[int], inputs: Mapping[str, Tensor], images: bytes, longest: int
    ) -> Prompt:
        """See `Family.prompt`."""
        prompt = super().prompt(ids, inputs, images, longest)
        positions, shift = self.model.model.get_rope_index(inputs['input_ids'], **prompt.inputs)
        return replace(prompt, positions=positions, shift=int(shift))


class PaliGemma(Family):
    """Prompts that attend both ways: of an image only its features serve another prompt."""

    answer_type = 1  # sees what is before; type 0 is the prompt, which sees all of itself

    def _first(self, prompt: Prompt, memory: Memory, length: int) -> dict[str, Any]:
        inputs = super()._first(prompt, memory, length)
        pixels = inputs.pop('pixel_values')
        if memory.seen is None:
            memory.seen = self.model.get_image_features(pixels, return_dict=True)
        return inputs | {'mm_encoder_outputs': {'image': memory.seen}}


class Tabletop(Family):
    """The embedded model, whose every pass takes the objects that the first one found."""

    def _first(self, prompt: Prompt, memory: Memory, length: int) -> dict[str, Any]:
        return super()._first(prompt, memory, length) if memory.seen is None else {}

    def _later(self, memory: Memory, start: int) -> dict[str, Any]:
        return {} if memory.seen is None else {'objects': memory.seen}

    def _remember(self, memory: Memory, outputs: Any) -> None:
        memory.seen = outputs.objects


class EncoderDecoder(Family):
    """Models that read the prompt with an encoder; what is decoded begins with a start token."""

    def prompt(
        self, ids: Sequence[int], inputs: Mapping[str, Tensor], images: bytes, longest: int
    ) -> Prompt:
        """See `Family.prompt`; the decoder's keys belong to one instruction alone."""
        start = self.model.generation_config.decoder_start_token_id
        if start is None:
            start = self.model.config.get_text_config(decoder=True).decoder_start_token_id
        key = hashlib.blake2b(images + repr(list(ids)).encode()).digest()
        return Prompt((int(start),), dict(inputs), key, 0, 1, longest)

    def memory(self, prompt: Prompt, seen: Any = None) -> Memory:
        """See `Family.memory`."""
        return Memory(EncoderDecoderCache(DynamicCache(), DynamicCache()), seen)

    def run(
        self, prompt: Prompt, memory: Memory, tokens: Sequence[int], *, start: int, keep: int
    ) -> Tensor:
        """See `Family.run`."""
        if memory.seen is None:
            inputs = dict(prompt.inputs)
        else:
            inputs = {'encoder_outputs': BaseModelOutput(last_hidden_state=memory.seen)}
        outputs = self.model(
            decoder_input_ids=torch.tensor([list(tokens)], device=self.model.device),
            past_key_values=memory.cache,
            use_cache=True,
            **inputs,
        )
        if memory.seen is None:
            memory.seen = outputs.encoder_last_hidden_state
        return outputs.logits[0, -keep:]


FAMILIES: dict[str, type[Family]] = {'paligemma': PaliGemma, 'tabletop': Tabletop}
"""Model type -> how it is run; other types by what the model says of itself."""

SPLITS = ('idefics3', 'llava_onevision', 'qwen2_5_vl', 'qwen3_vl')
"""Model types that were seen to give the same tokens when their images follow a cached prefix."""

BOTH_WAYS = ('paligemma',)
"""Model types whose prompts attend both ways."""


def make_family(model: PreTrainedModel, *, static: bool = False) -> Family:
    """
    Return how a model is run.

    :param static: whether to prefer a cache of fixed size.
    """
    config = model.config
    text = config.get_text_config(decoder=True)
    traits = Traits(
        both_ways=config.model_type in BOTH_WAYS
        or getattr(text, 'use_bidirectional_attention', None) in (True, 'all'),
        crops=not model._is_stateful,
        splits=config.model_type in SPLITS,
    )
    if config.is_encoder_decoder:
        return EncoderDecoder(model, traits)
    if config.model_type in FAMILIES:
        return FAMILIES[config.model_type](model, traits, static)
    if hasattr(getattr(model, 'model', None), 'get_rope_index'):
        return TurnedPositions(model, traits, static)
    return Family(model, traits, static)
