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

"""Real architectures that listen, built small, and saved to folders as published ones are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    MoonshineConfig,
    MoonshineForConditionalGeneration,
    PreTrainedTokenizerFast,
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Processor,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperProcessor,
    WhisperTokenizer,
)

from vlm_robot.speech.sound import RATE_HZ, Samples

WINDOW_S = 2
SPECIAL = (
    '<|endoftext|>', '<|startoftranscript|>', '<|en|>', '<|de|>', '<|transcribe|>',
    '<|translate|>', '<|nospeech|>', '<|notimestamps|>',
)  # fmt: skip
SENTENCES = (' Pick up the red cube.', ' Push the blue bowl to the left.', ' Nimm den Becher.')


def sound(seconds: float = 1.6, seed: int = 0) -> Samples:
    """Return a chord in noise."""
    n = int(seconds * RATE_HZ)
    t = np.arange(n) / RATE_HZ
    hiss = np.random.default_rng(seed).normal(scale=0.02, size=n)
    return np.asarray(0.2 * np.sin(2 * np.pi * 440 * t) + hiss, np.float32)


def save_whisper(folder: Path, *, first: str = '') -> Path:
    """
    Save a multilingual Whisper of 2 s.

    :param first: the token that it always writes; '' for anything.
    """
    torch.manual_seed(0)
    processor = WhisperProcessor(
        WhisperFeatureExtractor(feature_size=40, chunk_length=WINDOW_S), _whisper_tokenizer()
    )
    ids = processor.tokenizer.get_vocab()
    config = WhisperConfig(
        vocab_size=len(ids), num_mel_bins=40, d_model=32, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=64,
        decoder_ffn_dim=64, max_source_positions=50 * WINDOW_S, max_target_positions=80,
        dropout=0.0, decoder_start_token_id=ids[SPECIAL[1]], eos_token_id=ids[SPECIAL[0]],
        bos_token_id=ids[SPECIAL[0]], pad_token_id=ids[SPECIAL[0]],
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        is_multilingual=True, decoder_start_token_id=ids[SPECIAL[1]], eos_token_id=ids[SPECIAL[0]],
        bos_token_id=ids[SPECIAL[0]], pad_token_id=ids[SPECIAL[0]],
    )  # fmt: skip
    if first:
        _insist(model, ids[first])
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def save_moonshine(folder: Path) -> Path:
    torch.manual_seed(0)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(_trained()), eos_token='</s>', bos_token='<s>'
    )
    config = MoonshineConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64,
        encoder_num_hidden_layers=1, decoder_num_hidden_layers=1,
        encoder_num_attention_heads=2, decoder_num_attention_heads=2, max_position_embeddings=64,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id, decoder_start_token_id=tokenizer.bos_token_id,
    )  # fmt: skip
    MoonshineForConditionalGeneration(config).save_pretrained(folder)
    Wav2Vec2Processor(Wav2Vec2FeatureExtractor(), tokenizer).save_pretrained(folder)
    return folder


def save_wav2vec2(folder: Path) -> Path:
    torch.manual_seed(0)
    letters = ['<pad>', '<s>', '</s>', '<unk>', '|', *"ETAOINSHRDLUMWCFGYPBVKXJQZ'"]
    folder.mkdir(parents=True)
    vocabulary = folder / 'vocab.json'
    vocabulary.write_text(json.dumps({letter: i for i, letter in enumerate(letters)}))
    processor = Wav2Vec2Processor(
        Wav2Vec2FeatureExtractor(), Wav2Vec2CTCTokenizer(str(vocabulary))
    )
    config = Wav2Vec2Config(
        vocab_size=len(letters), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, conv_dim=(16, 16, 16), conv_stride=(5, 8, 8),
        conv_kernel=(10, 8, 8), num_feat_extract_layers=3, num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2, pad_token_id=0,
    )  # fmt: skip
    Wav2Vec2ForCTC(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


SAVED = {'whisper': save_whisper, 'moonshine': save_moonshine, 'wav2vec2': save_wav2vec2}


def _trained(special: tuple[str, ...] = ('<s>', '</s>')) -> str:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=360,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return str(tokenizer.to_str())


def _whisper_tokenizer() -> WhisperTokenizer:
    model = json.loads(_trained(()))['model']
    merges = [tuple(merge) for merge in model['merges']]
    tokenizer = WhisperTokenizer(vocab=model['vocab'], merges=merges)
    tokenizer.add_special_tokens({'additional_special_tokens': list(SPECIAL[1:])})
    return tokenizer


def _insist(model: WhisperForConditionalGeneration, token: int) -> None:
    """Make the last layer give one token's own vector, whatever was heard."""
    norm = model.model.decoder.layer_norm
    with torch.no_grad():
        norm.weight.zero_()
        vector = model.proj_out.weight[token]
        norm.bias.copy_(20 * vector / vector.norm() ** 2)
