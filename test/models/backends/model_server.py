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
A real model server: `transformers serve`, with tiny vision-language models made on the spot.

A model's words are wired: its residual stream carries the last token only, so that each token of
the chain calls for the next. Images go through its vision tower all the same.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

START_S = 300.0  # on a machine that has other things to do
TEMPLATE = (
    '{% for message in messages %}{{ message.role }}: {% for part in message.content %}'
    "{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}{% endfor %}\n"
    '{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}'
)
CHAINS = {
    'right': ('missing', ' cube'),
    'json': ('{"outcome":', '"not_found",', '"label":"cube"}'),
    'wrong': ('fly', ' there'),
    'endless': ('missing', ' cube', ' cube'),
}
"""Model -> what it says."""


@dataclass(frozen=True)
class ModelServer:
    """Where it is, and what its models are called."""

    url: str
    models: dict[str, str]


@contextmanager
def serve_tiny_models(folder: Path) -> Iterator[ModelServer]:
    """Serve the models of `CHAINS` until the end of the block."""
    models = {name: str(folder / name) for name in CHAINS}
    for name, chain in CHAINS.items():
        build(Path(models[name]), chain)
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, '-m', 'transformers.cli.transformers', 'serve']
    options = ['--host', '127.0.0.1', '--port', str(port), '--device', 'cpu']
    quiet = {'HF_HUB_OFFLINE': '1', 'OMP_NUM_THREADS': '1'}
    with (folder / 'log').open('wb') as log:
        process = subprocess.Popen(
            [*command, *options], stdout=log, stderr=log, env=os.environ | quiet
        )
        try:
            _wait(f'http://127.0.0.1:{port}/health', process, folder / 'log')
            yield ModelServer(f'http://127.0.0.1:{port}/v1', models)
        finally:
            process.kill()
            process.wait()


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, f'not up within {START_S} s: {log.read_text()}'
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return


def build(folder: Path, chain: Sequence[str]) -> None:
    """Write a LLaVA of a few thousand weights that says the chain's words to everything."""
    import torch
    from transformers import LlavaForConditionalGeneration

    processor = _processor(sorted({*chain}))
    tokenizer = processor.tokenizer
    torch.manual_seed(0)
    model = LlavaForConditionalGeneration(_config(tokenizer))
    layer = model.model.language_model.layers[0]
    loops = len({*chain}) < len(chain)
    ids = tokenizer.convert_tokens_to_ids(['Ġ', *chain])  # the prompt ends with a space
    ids.append(ids[-1] if loops else tokenizer.eos_token_id)
    with torch.no_grad():
        layer.self_attn.o_proj.weight.zero_()
        layer.mlp.down_proj.weight.zero_()
        model.model.language_model.embed_tokens.weight.zero_()
        model.lm_head.weight.zero_()
        for place, (token, following) in enumerate(pairwise(ids)):
            model.model.language_model.embed_tokens.weight[token] = 0.0
            model.model.language_model.embed_tokens.weight[token, place] = 1.0
            model.lm_head.weight[following, place] = 1.0
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def _processor(words: Sequence[str]):  # type: ignore[no-untyped-def]
    """Return a byte-level tokenizer with some whole words, and 2 x 2 image patches."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlavaProcessor, PreTrainedTokenizerFast
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    special = ['<pad>', '<s>', '</s>', '<image>']
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate([*special, *alphabet])}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([AddedToken(word, normalized=False) for word in words])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token='<pad>',
        bos_token='<s>',
        eos_token='</s>',
        extra_special_tokens={'image_token': '<image>'},
    )
    side = {'height': 16, 'width': 16}
    return LlavaProcessor(
        CLIPImageProcessorPil(size=side, crop_size=side),
        fast,
        patch_size=8,
        num_additional_image_tokens=1,
        vision_feature_select_strategy='default',
        chat_template=TEMPLATE,
        image_token='<image>',
    )


def _config(tokenizer):  # type: ignore[no-untyped-def]
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig

    vision = CLIPVisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=16,
        patch_size=8,
        projection_dim=16,
    )
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=8192,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_id=tokenizer.convert_tokens_to_ids('<image>'),
        vision_feature_select_strategy='default',
        vision_feature_layer=-1,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
