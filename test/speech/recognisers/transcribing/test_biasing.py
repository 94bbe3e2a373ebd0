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

"""A decoder that is kept to a grammar can write its sentences, and nothing else."""

from __future__ import annotations

import functools

import pytest

pytest.importorskip('torch')

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.rules import choice, optional, sequence
from vlm_robot.speech.grammar.sentences import sentences
from vlm_robot.speech.recognisers.transcribing.biasing import Bias, KeepWithin

pytestmark = pytest.mark.torch

RULE = sequence(
    choice('pick up', 'push'), 'the', optional('red', 'blue'), 'cube', optional('on', 'onto')
)
GRAMMAR = automaton(RULE)


@functools.cache
def tokenizer() -> PreTrainedTokenizerFast:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=['<end>'],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator([' Pick up the red cube.', ' push the blue cube on'], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token='<end>')


@functools.cache
def bias() -> Bias:
    return Bias(GRAMMAR, tokenizer(), vocabulary=len(tokenizer()), end=0)


def can_write(text: str) -> bool:
    """Whether each token of a text may come next, and the end after them."""
    tokens = tokenizer().encode(text, add_special_tokens=False)
    ways = [tokens[:at] for at in range(len(tokens) + 1)]
    return all(after in bias().allowed(way) for way, after in zip(ways, [*tokens, 0], strict=True))


@given(st.integers(0, 2**32 - 1), st.sampled_from(['', '.', '?']), st.booleans())
def test_every_sentence_can_be_written_as_models_write(seed: int, end: str, large: bool) -> None:
    said = next(sentences(RULE, np.random.default_rng(seed)))
    assert can_write(f' {said.capitalize() if large else said}{end}')
    assert can_write(f' {said.replace("the ", "")}{end}')
    assert can_write(f' {said.replace("the", "a")}{end}')


@pytest.mark.parametrize(
    'text', ['', ' pick', ' drop the cube', ' pick up the cubes', ' push the red', 'push thecube']
)
def test_other_texts_cannot_be_written_to_their_end(text: str) -> None:
    assert not can_write(text)


def test_after_what_is_no_sentence_there_is_only_the_end() -> None:
    tokens = tokenizer().encode(' nonsense', add_special_tokens=False)
    assert bias().allowed(tokens).tolist() == [0]


def test_each_beam_is_kept_to_what_it_has_written_itself() -> None:
    texts = (' push', ' pick')
    rows = [tokenizer().encode(text, add_special_tokens=False) for text in texts]
    length = min(map(len, rows))
    prompt = [7, 7]
    ids = torch.tensor([prompt + row[:length] for row in rows])
    scores = torch.zeros(2, len(tokenizer()))
    kept = KeepWithin(bias(), len(prompt))(ids, scores)
    for row, tokens in enumerate(rows):
        allowed = torch.isfinite(kept[row]).nonzero().flatten().tolist()
        assert allowed == bias().allowed(tokens[:length]).tolist()
