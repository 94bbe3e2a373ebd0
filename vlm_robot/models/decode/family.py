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

"""How the models of an architecture are run, pass by pass."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.cache_utils import Cache, DynamicCache, StaticCache, StaticLayer

_ALONG = ('token_type_ids', 'mm_token_type_ids', 'image_embeds_position_mask')
"""Inputs with one entry for each token."""
_NOT_NEEDED = ('input_ids', 'attention_mask', 'labels')  # nothing is padded


@dataclass(frozen=True)
class Prompt:
    """A prompt with its images, ready for a model."""

    ids: tuple[int, ...]
    inputs: Mapping[str, Tensor]  # what the processor made beside the ids
    images: bytes  # tells the images apart from all others
    image_start: int  # tokens before the first image
    image_end: int  # tokens up to the last image's end; no prefix ends inside the images
    longest: int  # tokens of prompt and answer at most
    positions: Tensor | None = None  # (axes, 1, tokens) where the model has its own order
    shift: int = 0  # from a token's place in the answer to its position


@dataclass
class Memory:
    """What earlier passes leave to later ones."""

    cache: Cache
    seen: Any = None  # in the images
    room: int = sys.maxsize  # tokens that fit into the cache


@dataclass(frozen=True)
class Traits:
    """What sets a model apart for who runs it."""

    both_ways: bool = False  # its prompt's tokens look at later ones: keys depend on all of them
    crops: bool = True  # its cache can forget the latest tokens alone
    splits: bool = False  # its images may go in behind what the cache holds already


@dataclass(frozen=True)
class Family:
    """
    Most architectures: images go in with the first pass, later passes take tokens alone.

    :param static: whether the cache has a fixed size, which compiled models like.
    """

    answer_type: ClassVar[int] = 0  # of an answer's tokens among the token types

    model: PreTrainedModel
    traits: Traits = field(default_factory=Traits)
    static: bool = False

    def prompt(
        self, ids: Sequence[int], inputs: Mapping[str, Tensor], images: bytes, longest: int
    ) -> Prompt:
        """
        Return a prompt.

        :param inputs: what the processor made, `input_ids` among it.
        """
        rest = {key: value for key, value in inputs.items() if key not in _NOT_NEEDED}
        start, end = self._image_span(ids)
        return Prompt(tuple(ids), rest, images, start, end, longest)

    def memory(self, prompt: Prompt, seen: Any = None) -> Memory:
        """Return an empty memory that a prompt and its answer fit into."""
        if self.static and self.traits.crops:
            config = self.model.config.get_text_config(decoder=True)
            room = _rounded(prompt.longest)
            cache = StaticCache(config, max_cache_len=room)
            if all(type(layer) is StaticLayer for layer in cache.layers):
                return Memory(cache, seen, room)
        # without the configuration, no layer of a sliding window forgets what a crop brings back
        config = None if self.traits.crops else self.model.config
        return Memory(DynamicCache(config=config), seen)

    def crop(self, memory: Memory, before: int, after: int) -> None:
        """Make a memory of `before` tokens one of the first `after` of them."""
        if not isinstance(memory.cache, StaticCache):
            memory.cache.crop(after - before)
            return
        for layer in memory.cache.layers:
            if layer.is_initialized:
                layer.cumulative_length.fill_(after)

    def run(
        self, prompt: Prompt, memory: Memory, tokens: Sequence[int], *, start: int, keep: int
    ) -> Tensor:
        """
        Run one pass.

        :param tokens: of prompt and answer from place `start` on, which follows what the memory
            holds: nothing, what is before the images, or at least the images.
        :param keep: how many of the last places are asked for.
        :return: (keep, vocabulary) logits.
        """
        inputs = {}
        if start < prompt.image_end:
            first = self._first(prompt, memory, start + len(tokens))
            inputs = {k: v[..., start:] if k in _ALONG else v for k, v in first.items()}
        positions = self._positions(prompt, start, len(tokens))
        if positions is not None:
            inputs['position_ids'] = positions
        outputs = self.model(
            input_ids=torch.tensor([list(tokens)], device=self.model.device),
            past_key_values=memory.cache,
            use_cache=True,
            logits_to_keep=keep,
            **inputs,
            **self._later(memory, start),
        )
        self._remember(memory, outputs)
        return outputs.logits[0, -keep:]

    def _image_span(self, ids: Sequence[int]) -> tuple[int, int]:
        """Return where the images are; without an image token that is known, everywhere."""
        image = image_token(self.model)
        places = [at for at, token in enumerate(ids) if token == image]
        return (places[0], places[-1] + 1) if places else (0, len(ids))

    def _first(self, prompt: Prompt, memory: Memory, length: int) -> dict[str, Any]:
        """Return the inputs of a pass over a prompt and what comes after it."""
        return {key: self._along(key, value, length) for key, value in prompt.inputs.items()}

    def _along(self, key: str, value: Tensor, length: int) -> Tensor:
        """Give an input with an entry for each token those of the answer."""
        if key not in _ALONG:
            return value
        return torch.nn.functional.pad(
            value, (0, length - value.shape[-1]), value=self.answer_type
        )

    def _later(self, memory: Memory, start: int) -> dict[str, Any]:
        """Return what every pass takes, or those after the first."""
        return {}

    def _remember(self, memory: Memory, outputs: Any) -> None:
        """Keep of a pass what later ones take beside the cache."""

    def _positions(self, prompt: Prompt, start: int, count: int) -> Tensor | None:
        """Return the positions of tokens, None where the model counts them itself."""
        if prompt.positions is None:
            return None
        end = start + count
        answer = torch.arange(max(start, len(prompt.ids)), end) + prompt.shift
        axes, rows, _ = prompt.positions.shape
        answer = answer.to(self.model.device).expand(axes, rows, -1)
        return torch.cat((prompt.positions[..., start:end], answer), dim=-1)


def image_token(model: PreTrainedModel) -> int | None:
    """Return the token that stands for a part of an image, None if the model does not tell."""
    for name in ('image_token_id', 'image_token_index'):
        if (token := getattr(model.config, name, None)) is not None:
            return int(token)
    return None


def _rounded(length: int) -> int:
    """Give caches few sizes: a compiled model is compiled again for each."""
    return -(-length // 1024) * 1024
