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

"""Configuration of the embedded model."""

from __future__ import annotations

from typing import Any, ClassVar

from transformers import PreTrainedConfig
from transformers.models.llama import LlamaConfig


class TabletopConfig(PreTrainedConfig):
    """
    Shapes of the embedded vision-language model.

    :param image_height: height in pixels that images are resized to; a multiple of 16.
    :param widths: channels of the encoder at strides 2, 4, 8 and 16.
    :param kinds: nouns that the encoder's attribute heads tell apart; colours and sizes likewise.
    :param object_tokens: how many object tokens the language model sees.
    :param location_bins: bins per image axis of the location tokens `<x_i>` and `<y_i>`.
    :param first_location: vocabulary index of `<x_0>`; `<y_0>` follows after `location_bins` more.
    :param text_config: the Llama-shaped decoder.
    """

    model_type = 'tabletop'
    sub_configs: ClassVar[dict[str, type]] = {'text_config': LlamaConfig}

    def __init__(
        self,
        *,
        image_height: int = 192,
        image_width: int = 256,
        widths: tuple[int, ...] = (24, 40, 80, 144),
        kinds: tuple[str, ...] = (),
        colours: tuple[str, ...] = (),
        sizes: tuple[str, ...] = (),
        object_tokens: int = 12,
        location_bins: int = 256,
        first_location: int = 0,
        image_token_id: int = 0,
        pointer_width: int = 64,
        text_config: dict[str, Any] | LlamaConfig | None = None,
        **kwargs: Any,
    ) -> None:
        self.image_height = image_height
        self.image_width = image_width
        self.widths = tuple(widths)
        self.kinds = tuple(kinds)
        self.colours = tuple(colours)
        self.sizes = tuple(sizes)
        self.object_tokens = object_tokens
        self.location_bins = location_bins
        self.first_location = first_location
        self.image_token_id = image_token_id
        self.pointer_width = pointer_width
        if not isinstance(text_config, LlamaConfig):
            text_config = LlamaConfig(**(text_config or {}))
        self.text_config: LlamaConfig = text_config
        super().__init__(**kwargs)

    @property
    def attributes(self) -> int:
        """Number of attribute logits per cell: kinds, colours and sizes."""
        return len(self.kinds) + len(self.colours) + len(self.sizes)
