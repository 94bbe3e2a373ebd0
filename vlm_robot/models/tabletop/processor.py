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

"""Text and images to the embedded model's inputs, and its answers back to text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BatchFeature, PreTrainedTokenizerFast, ProcessorMixin

IMAGE = '<image>'
ANSWER = '<answer>'
_SPECIAL = ('<pad>', '<s>', '</s>', '<unk>', IMAGE, ANSWER)


class TabletopProcessor(ProcessorMixin):
    """
    Prepares one image and one text per row.

    :param image_size: (height, width) in pixels that images are resized to.
    :param object_tokens: how many image tokens stand for one image.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        image_size: Sequence[int] = (192, 256),
        object_tokens: int = 12,
        chat_template: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.image_size = tuple(image_size)
        self.object_tokens = object_tokens
        super().__init__(tokenizer, chat_template=chat_template)

    def __call__(
        self,
        images: Sequence[NDArray[np.uint8]] | None = None,
        text: str | Sequence[str] = '',
        **kwargs: Any,
    ) -> BatchFeature:
        """
        Tokenise prompts and resize images.

        :param images: (h, w, 3) uint8 RGB, one for each text; None for text alone.
        :param text: prompts with one `<image>` each.
        :return: input_ids, attention_mask and, with images, pixel_values, as PyTorch tensors.
        """
        texts = [text] if isinstance(text, str) else list(text)
        texts = [_tidy(t).replace(IMAGE, IMAGE * self.object_tokens) for t in texts]
        inputs = dict(self.tokenizer(texts, padding=True, return_tensors='pt'))
        if images is not None:
            inputs['pixel_values'] = torch.stack([self.pixels(image) for image in images])
        return BatchFeature(inputs)

    def pixels(self, image: NDArray[np.uint8]) -> torch.Tensor:
        """Resize and scale one image: (h, w, 3) uint8 to (3, height, width) in -1..1."""
        height, width = self.image_size
        if image.shape[:2] != (height, width):
            resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
            image = np.asarray(resized, dtype=np.uint8)
        return torch.from_numpy(image).permute(2, 0, 1).float() / 127.5 - 1.0

    def prompt(self, instruction: str) -> str:
        """Return the text that asks for an instruction's answer."""
        return f'<s>{clean(instruction)}{IMAGE}{ANSWER}'


def _tidy(prompt: str) -> str:
    """Clean what stands between the special tokens of a prompt."""
    parts = re.split('(' + '|'.join(_SPECIAL) + ')', prompt)
    return ' '.join(part if part in _SPECIAL else clean(part) for part in parts if part)


def clean(text: str) -> str:
    """Lower-case words and commas; everything else that people type becomes a space."""
    return ' '.join(re.findall(r"[a-z0-9']+|,", text.lower()))


def build_tokenizer(words: Iterable[str], *, location_bins: int) -> PreTrainedTokenizerFast:
    """
    Build the word-level tokenizer: special tokens, words, `<x_i>`, `<y_i>`.

    A word that is not in the vocabulary becomes `<unk>`.
    """
    locations = [f'<{axis}_{i}>' for axis in 'xy' for i in range(location_bins)]
    vocabulary = {token: i for i, token in enumerate([*_SPECIAL, *sorted(set(words)), *locations])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token='<unk>'))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token='<pad>',
        bos_token='<s>',
        eos_token='</s>',
        unk_token='<unk>',
        padding_side='left',
        clean_up_tokenization_spaces=False,
    )
    fast.add_special_tokens({'additional_special_tokens': [IMAGE, ANSWER]})
    fast.add_tokens(locations)
    return fast
