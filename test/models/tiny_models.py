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

"""
Real architectures, built small from their configurations with random weights.

Their processors are transformers' own, with the tokenizer of `tiny_tokenizer`: no hub is asked.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
import transformers
from tiny_tokenizer import tiny_tokenizer
from transformers import PreTrainedModel, PreTrainedTokenizerFast, ProcessorMixin
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.llava_onevision.image_processing_pil_llava_onevision import (
    LlavaOnevisionImageProcessorPil,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

TEMPLATE = (
    '{% for message in messages %}<|im_start|>{{ message.role }}\n'
    "{% for part in message.content %}{% if part.type == 'image' %}IMAGE"
    '{% else %}{{ part.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}'
    '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}'
)
Built = tuple[PreTrainedModel, ProcessorMixin]


def _text(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    return {
        'vocab_size': len(tokenizer),
        'hidden_size': 32,
        'intermediate_size': 64,
        'num_hidden_layers': 2,
        'num_attention_heads': 4,
        'num_key_value_heads': 2,
        'max_position_embeddings': 4096,
        'pad_token_id': tokenizer.pad_token_id,
        'bos_token_id': None,
        'eos_token_id': tokenizer.eos_token_id,
    }


class StillQwenProcessor(transformers.Qwen2_5_VLProcessor):
    """Qwen's processor without the part for videos, which needs torchvision."""

    def __init__(self, image_processor: Any, tokenizer: Any, chat_template: str) -> None:
        self.image_token, self.video_token = '<|image_pad|>', '<|video_pad|>'
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)


class StillLlavaProcessor(transformers.LlavaOnevisionProcessor):
    """LLaVA-OneVision's processor without the part for videos, which needs torchvision."""

    def __init__(self, image_processor: Any, tokenizer: Any, chat_template: str) -> None:
        self.num_image_tokens = 16
        self.vision_feature_select_strategy = 'full'
        self.vision_aspect_ratio = 'anyres_max_9'
        self.image_token, self.video_token = '<image>', '<video>'
        self.image_token_id = tokenizer.convert_tokens_to_ids('<image>')
        self.video_token_id = tokenizer.convert_tokens_to_ids('<video>')
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)


def _qwen_processor(patch: int) -> StillQwenProcessor:
    return StillQwenProcessor(
        Qwen2VLImageProcessorPil(
            patch_size=patch, size={'shortest_edge': 16 * patch**2, 'longest_edge': 96 * patch**2}
        ),
        tiny_tokenizer(),
        TEMPLATE.replace('IMAGE', '<|vision_start|><|image_pad|><|vision_end|>'),
    )


def _qwen_ids(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    names = ('image_token_id', 'video_token_id', 'vision_start_token_id', 'vision_end_token_id')
    tokens = ('<|image_pad|>', '<|video_pad|>', '<|vision_start|>', '<|vision_end|>')
    return dict(zip(names, tokenizer.convert_tokens_to_ids(list(tokens)), strict=True))


def qwen2_5_vl() -> Built:
    processor = _qwen_processor(14)
    text = _text(processor.tokenizer)
    rope = {'rope_type': 'default', 'rope_theta': 1e6, 'mrope_section': [1, 1, 2]}
    vision = {
        'depth': 2, 'hidden_size': 32, 'intermediate_size': 32, 'num_heads': 2, 'patch_size': 14,
        'out_hidden_size': 32, 'fullatt_block_indexes': [1], 'window_size': 56,
    }  # fmt: skip
    config = transformers.Qwen2_5_VLConfig(
        text_config=text | {'rope_parameters': rope},
        vision_config=vision,
        **_qwen_ids(processor.tokenizer),
    )
    return transformers.Qwen2_5_VLForConditionalGeneration(config), processor


def qwen3_vl() -> Built:
    processor = _qwen_processor(16)
    text = _text(processor.tokenizer) | {'head_dim': 8}
    rope = {'rope_type': 'default', 'rope_theta': 1e6, 'mrope_section': [2, 1, 1]}
    vision = {
        'depth': 2, 'hidden_size': 32, 'intermediate_size': 32, 'num_heads': 2, 'patch_size': 16,
        'out_hidden_size': 32, 'deepstack_visual_indexes': [0], 'num_position_embeddings': 64,
    }  # fmt: skip
    config = transformers.Qwen3VLConfig(
        text_config=text | {'rope_parameters': rope},
        vision_config=vision,
        **_qwen_ids(processor.tokenizer),
    )
    return transformers.Qwen3VLForConditionalGeneration(config), processor


def idefics3() -> Built:
    tokenizer = tiny_tokenizer()
    images = Idefics3ImageProcessorPil(
        size={'longest_edge': 64}, max_image_size={'longest_edge': 32}
    )
    template = TEMPLATE.replace('IMAGE', '<image>')
    processor = transformers.Idefics3Processor(
        images, tokenizer, image_seq_len=4, chat_template=template
    )
    config = transformers.Idefics3Config(
        text_config=_text(tokenizer) | {'model_type': 'llama'},
        vision_config={
            'hidden_size': 32, 'intermediate_size': 32, 'num_hidden_layers': 2,
            'num_attention_heads': 2, 'image_size': 32, 'patch_size': 8,
        },
        image_token_id=processor.image_token_id,
        scale_factor=2,
        pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    return transformers.Idefics3ForConditionalGeneration(config), processor


def _siglip(size: int) -> SiglipImageProcessorPil:
    return SiglipImageProcessorPil(size={'height': size, 'width': size})


def paligemma(*, sliding: bool = False) -> Built:
    """PaliGemma, or PaliGemma 2, every other layer of which sees a window alone."""
    tokenizer = tiny_tokenizer()
    tokenizer.add_special_tokens({'bos_token': '<|im_start|>'})
    images = _siglip(32)
    images.image_seq_length = 4
    processor = transformers.PaliGemmaProcessor(images, tokenizer)
    text = _text(tokenizer) | {'model_type': 'gemma2' if sliding else 'gemma', 'head_dim': 8}
    config = transformers.PaliGemmaConfig(
        text_config=text | ({'sliding_window': 8} if sliding else {}),
        vision_config={
            'model_type': 'siglip_vision_model', 'hidden_size': 32, 'intermediate_size': 32,
            'num_hidden_layers': 2, 'num_attention_heads': 2, 'image_size': 32, 'patch_size': 16,
            'projection_dim': 32, 'vision_use_head': False,
        },
        image_token_index=processor.image_token_id,
        projection_dim=32,
        hidden_size=32,
    )  # fmt: skip
    return transformers.PaliGemmaForConditionalGeneration(config), processor


def paligemma2() -> Built:
    return paligemma(sliding=True)


def llava_onevision() -> Built:
    tokenizer = tiny_tokenizer()
    images = LlavaOnevisionImageProcessorPil(
        size={'height': 32, 'width': 32}, image_grid_pinpoints=[[32, 32], [32, 64], [64, 64]]
    )
    processor = StillLlavaProcessor(images, tokenizer, TEMPLATE.replace('IMAGE', '<image>'))
    config = transformers.LlavaOnevisionConfig(
        text_config=_text(tokenizer) | {'model_type': 'qwen2'},
        vision_config={
            'model_type': 'siglip_vision_model', 'hidden_size': 32, 'intermediate_size': 32,
            'num_hidden_layers': 2, 'num_attention_heads': 2, 'image_size': 32, 'patch_size': 8,
            'vision_use_head': False,
        },
        image_token_index=processor.image_token_id,
        video_token_index=processor.video_token_id,
        image_grid_pinpoints=[[32, 32], [32, 64], [64, 64]],
        vision_feature_layer=-1,
    )  # fmt: skip
    return transformers.LlavaOnevisionForConditionalGeneration(config), processor


def florence2() -> Built:
    """An encoder reads image and instruction; a decoder answers."""
    tokenizer = tiny_tokenizer()
    tokenizer.add_special_tokens({'bos_token': '<|im_start|>'})
    images = _siglip(32)
    images.image_seq_length = 5  # the last stage is 2 x 2, and their mean
    tokenizer.image_token = '<image>'
    tokenizer.image_token_id = tokenizer.convert_tokens_to_ids('<image>')
    processor = transformers.Florence2Processor(images, tokenizer)
    text = {
        'model_type': 'bart', 'vocab_size': len(tokenizer), 'd_model': 32, 'encoder_layers': 1,
        'decoder_layers': 2, 'encoder_attention_heads': 2, 'decoder_attention_heads': 2,
        'encoder_ffn_dim': 64, 'decoder_ffn_dim': 64, 'max_position_embeddings': 512,
        'pad_token_id': tokenizer.pad_token_id, 'eos_token_id': tokenizer.eos_token_id,
        'decoder_start_token_id': tokenizer.eos_token_id, 'bos_token_id': None,
        'forced_bos_token_id': None, 'forced_eos_token_id': None,
    }  # fmt: skip
    vision = {
        'embed_dim': [16, 32], 'depths': [1, 1], 'num_heads': [2, 2], 'num_groups': [2, 2],
        'patch_size': [3, 3], 'patch_stride': [4, 4], 'patch_padding': [1, 1],
        'patch_prenorm': [False, True], 'window_size': 4, 'projection_dim': 32,
        'max_temporal_embeddings': 4, 'max_position_embeddings': 16,
    }  # fmt: skip
    config = transformers.Florence2Config(
        text_config=text, vision_config=vision, image_token_id=processor.image_token_id
    )
    return transformers.Florence2ForConditionalGeneration(config), processor


ARCHITECTURES: dict[str, Callable[[], Built]] = {
    'qwen2_5_vl': qwen2_5_vl,
    'qwen3_vl': qwen3_vl,
    'idefics3': idefics3,
    'paligemma': paligemma,
    'paligemma2': paligemma2,
    'llava_onevision': llava_onevision,
}

ENCODER_DECODERS = {'florence2': florence2}


@functools.cache
def built(name: str, seed: int = 0) -> Built:
    """Build an architecture, whose answers depend on all that it sees and is told."""
    torch.manual_seed(seed)
    model, processor = (ARCHITECTURES | ENCODER_DECODERS)[name]()
    stir(model)
    return model.eval(), processor


def stir(model: PreTrainedModel) -> None:
    """Give a model large random weights: with small ones, every prompt has the same answer."""
    for weight in model.parameters():
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=1.2 * weight[0].numel() ** -0.5)
    torch.nn.init.normal_(model.get_input_embeddings().weight)
    if (head := model.get_output_embeddings()) is not None:
        torch.nn.init.normal_(head.weight, std=0.5)
