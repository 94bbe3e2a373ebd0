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

"""A byte-level tokenizer, trained here on plans and English; but for its size it is as Qwen's."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

# Qwen2's, which takes digits one by one
_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
    r'\s*[\r\n]+|\s+(?!\S)|\s+'
)
_SPECIAL = (
    '<|endoftext|>', '<|im_start|>', '<|im_end|>', '<|vision_start|>', '<|vision_end|>',
    '<|image_pad|>', '<|video_pad|>', '<image>', '<video>', '<fake_token_around_image>',
    '<global-img>', '<end_of_utterance>',
)  # fmt: skip
_COLOURS = ('red', 'blue', 'green', 'yellow', 'white', 'black')
_KINDS = ('cube', 'ball', 'bowl', 'mug', 'plate', 'tray', 'cylinder')


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer of its own, to which a processor may add tokens."""
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(_trained()),
        eos_token='<|im_end|>',
        pad_token='<|endoftext|>',
        extra_special_tokens=list(_SPECIAL[3:]),
    )


@functools.cache
def _trained() -> str:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), 'isolated'),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=list(_SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(random.Random(0)), trainer)
    return str(tokenizer.to_str())


def _corpus(rng: random.Random) -> Iterator[str]:
    def thing() -> str:
        return f'{rng.choice(_COLOURS)} {rng.choice(_KINDS)}'

    for _ in range(200):
        point = f'"point":[{rng.randrange(1000)},{rng.randrange(1000)}]'
        pick = f'{{"skill":"pick",{point},"label":"{thing()}"}}'
        relation = rng.choice(['in', 'on', 'next_to'])
        place = f'{{"skill":"place","relation":"{relation}",{point},"label":"{thing()}"}}'
        direction = rng.choice(['left', 'right', 'forward', 'back'])
        push = f'{{"skill":"push","direction":"{direction}",{point},"label":"{thing()}"}}'
        yield f'{{"outcome":"ok","steps":[{pick},{place}]}}'
        yield f'{{"outcome":"ok","steps":[{push}]}}'
        yield f'{{"outcome":"ambiguous","candidates":[{{{point},"label":"{thing()}"}}]}}'
        yield f'{{"outcome":"not_found","label":"{thing()}"}} {{"outcome":"unsupported"}}'
        yield f'Instruction: put the {thing()} in the {thing()}, pick up the {thing()}'
        yield f'push the {thing()} to the left; system user assistant'
