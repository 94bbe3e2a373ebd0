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

"""Makes an untrained embedded model and its processor from the training vocabulary."""

from __future__ import annotations

from transformers.models.llama import LlamaConfig

from vlm_robot.models.tabletop.configuration import TabletopConfig
from vlm_robot.models.tabletop.modeling import TabletopForConditionalGeneration
from vlm_robot.models.tabletop.processor import IMAGE, TabletopProcessor, build_tokenizer
from vlm_robot.tuning.synthesis import COLOUR_NAMES, HEIGHT, KINDS, SIZES, WIDTH
from vlm_robot.tuning.vocabulary import words


def build_processor(*, location_bins: int = 256, object_tokens: int = 12) -> TabletopProcessor:
    """Return a processor that knows the training vocabulary."""
    tokenizer = build_tokenizer(words(), location_bins=location_bins)
    return TabletopProcessor(tokenizer, (HEIGHT, WIDTH), object_tokens)


def build_model(
    processor: TabletopProcessor, *, width: int = 160, layers: int = 4, attention: str = 'eager'
) -> TabletopForConditionalGeneration:
    """
    Return a model with random weights that fits the processor.

    :param attention: PyTorch's own attention trains slowly on a CPU, so training takes 'eager'.
    """
    tokenizer = processor.tokenizer
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=layers,
        num_attention_heads=5,
        num_key_value_heads=5,
        max_position_embeddings=256,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    config = TabletopConfig(
        image_height=processor.image_size[0],
        image_width=processor.image_size[1],
        kinds=tuple(kind.value for kind in KINDS),
        colours=tuple(COLOUR_NAMES),
        sizes=tuple(size.value for size in SIZES),
        object_tokens=processor.object_tokens,
        first_location=tokenizer.convert_tokens_to_ids('<x_0>'),
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        text_config=text,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        attn_implementation=attention,
    )
    return TabletopForConditionalGeneration(config)
