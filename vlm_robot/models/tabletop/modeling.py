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

"""The embedded vision-language model: encoder, connector, Llama-shaped decoder, pointing head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import GenerationMixin, PreTrainedModel
from transformers.cache_utils import Cache
from transformers.modeling_outputs import CausalLMOutputWithPast
from transformers.models.llama import LlamaModel

from vlm_robot.models.tabletop.configuration import TabletopConfig
from vlm_robot.models.tabletop.connector import TabletopConnector
from vlm_robot.models.tabletop.encoder import TabletopEncoder
from vlm_robot.models.tabletop.pointing import PointingHead, pointed_at


@dataclass
class TabletopOutput(CausalLMOutputWithPast):
    """What the model says, and the encoder's objects, which `generate` hands from pass to pass."""

    objects: Tensor | None = None  # (b, k, f)


class TabletopForConditionalGeneration(PreTrainedModel, GenerationMixin):
    """Answers an instruction about an image; loads through `AutoModelForImageTextToText`."""

    config_class = TabletopConfig
    base_model_prefix = ''
    main_input_name = 'input_ids'
    _supports_sdpa = True
    _supports_attention_backend = True
    _no_split_modules: ClassVar[list[str]] = ['LlamaDecoderLayer']

    def __init__(self, config: TabletopConfig) -> None:
        super().__init__(config)
        self.encoder = TabletopEncoder(config)
        self.connector = TabletopConnector(config)
        self.language_model = LlamaModel(config.text_config)
        self.head = PointingHead(config)
        self.post_init()

    def get_input_embeddings(self) -> torch.nn.Module:
        """Return the embedding of the vocabulary."""
        return self.language_model.embed_tokens

    def set_input_embeddings(self, value: torch.nn.Module) -> None:
        """Replace the embedding of the vocabulary."""
        self.language_model.embed_tokens = value

    def get_image_features(self, pixel_values: Tensor) -> Tensor:
        """
        Find objects.

        :param pixel_values: (b, 3, h, w) from the processor.
        :return: (b, k, f): of each object token the features, attribute probabilities, score and
            point (x, y).
        """
        found = self.encoder.objects(self.encoder(pixel_values))
        return torch.cat(
            (found.features, found.attributes, found.score.unsqueeze(-1), found.point), dim=-1
        )

    def location_bins(self, objects: Tensor) -> Tensor:
        """Return the bins (x, y) of objects, (b, k, 2): the i of tokens `<x_i>` and `<y_i>`."""
        count = self.config.location_bins
        return (objects[..., -2:] * count).long().clamp(0, count - 1)

    def forward(
        self,
        input_ids: Tensor,
        pixel_values: Tensor | None = None,
        objects: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int = 0,
        **kwargs: Any,
    ) -> TabletopOutput:
        """
        Run the model; the first pass takes `pixel_values` or `objects`, later ones `objects`.

        :param input_ids: (b, t) with `object_tokens` image tokens where the image goes.
        :param objects: (b, k, f) of `get_image_features`.
        :param labels: (b, t) next-token targets in place, -100 where there is no loss.
        :raises ValueError: when neither pixel_values nor objects is given.
        """
        if objects is None:
            if pixel_values is None:
                raise ValueError(
                    'pixel_values is None: expected an image, or objects of an earlier pass'
                )
            objects = self.get_image_features(pixel_values)
        tokens, bins = self.connector(objects), self.location_bins(objects)
        outputs = self.language_model(
            inputs_embeds=self._embed(input_ids, tokens, bins),
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            use_cache=use_cache,
        )
        kept = slice(-logits_to_keep, None) if logits_to_keep else slice(None)
        hidden = outputs.last_hidden_state[:, kept]
        logits = self.head(hidden, tokens, bins, input_ids[:, kept])
        loss = None
        if labels is not None:
            loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        return TabletopOutput(
            loss=loss, logits=logits, past_key_values=outputs.past_key_values, objects=objects
        )

    def _embed(self, input_ids: Tensor, tokens: Tensor, bins: Tensor) -> Tensor:
        embeds = self.get_input_embeddings()(input_ids)
        embeds = embeds + pointed_at(
            input_ids,
            tokens,
            bins,
            first=self.config.first_location,
            count=self.config.location_bins,
        )
        image = (input_ids == self.config.image_token_id).unsqueeze(-1)
        if not image.any():
            return embeds
        return embeds.masked_scatter(image, tokens.to(embeds.dtype))

    def prepare_inputs_for_generation(
        self,
        input_ids: Tensor,
        objects: Tensor | None = None,
        pixel_values: Tensor | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Hand the objects on; the image is needed only before they are known."""
        inputs = super().prepare_inputs_for_generation(input_ids, **kwargs)
        inputs['objects'] = objects
        inputs['pixel_values'] = pixel_values if objects is None else None
        return inputs

    def _update_model_kwargs_for_generation(
        self, outputs: TabletopOutput, model_kwargs: dict[str, Any], **kwargs: Any
    ) -> dict[str, Any]:
        model_kwargs = super()._update_model_kwargs_for_generation(outputs, model_kwargs, **kwargs)
        model_kwargs['objects'] = outputs.objects
        return model_kwargs
