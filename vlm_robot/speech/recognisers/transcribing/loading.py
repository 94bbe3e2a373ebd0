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

"""Loads models of speech with transformers; no code of a checkpoint is ever run."""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCTC,
    AutoModelForSpeechSeq2Seq,
    AutoProcessor,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CTC_MAPPING_NAMES,
    MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES,
)

from vlm_robot.core.errors import ConfigurationError, MissingPackageError
from vlm_robot.models.backends.checkpoint import quiet, resolve
from vlm_robot.speech.sound import RATE_HZ

_MADE_ANEW = ('masked_spec_embed',)
"""Weights that only training uses; published checkpoints lack them."""


def load(source: str, device: str = '') -> tuple[PreTrainedModel, Any]:
    """
    Load a model that writes down speech, and its processor.

    :param source: a path or hub name.
    :param device: 'cpu', 'cuda' or '': CUDA where there is one.
    :raises ConfigurationError: whatever is wrong with the source, as one sentence.
    :raises MissingPackageError: for a package that the model needs.
    """
    where, place = resolve(source), _device(device)
    try:
        with quiet():
            config = AutoConfig.from_pretrained(where, trust_remote_code=False)
            auto = _auto(where, config)
            processor = AutoProcessor.from_pretrained(where, trust_remote_code=False)
            model, report = auto.from_pretrained(
                where,
                dtype=_dtype(place),
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
        _check(where, report, processor)
        return model.to(place).eval(), processor
    except (ConfigurationError, MissingPackageError):
        raise
    except ImportError as err:
        raise MissingPackageError(err.name or _reason(err), 'speech') from err
    except Exception as err:  # third-party loaders raise anything for a damaged file
        raise ConfigurationError(f'model {where!r} cannot be loaded: {_reason(err)}') from err


def _auto(where: str, config: PreTrainedConfig) -> Any:
    if config.model_type in MODEL_FOR_CTC_MAPPING_NAMES:
        return AutoModelForCTC
    if config.model_type in MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES and config.is_encoder_decoder:
        return AutoModelForSpeechSeq2Seq
    raise ConfigurationError(
        f'model {where!r} is of type {config.model_type!r}: expected one that writes down speech, '
        'as whisper, moonshine, wav2vec2, hubert or parakeet_ctc'
    )


def _device(name: str) -> str:
    if name in ('', 'auto'):
        return 'cuda' if torch.cuda.is_available() else 'cpu'
    if name.partition(':')[0] not in ('cpu', 'cuda'):
        raise ConfigurationError(f'device {name!r} is not known: expected cpu or cuda')
    if name.startswith('cuda') and not torch.cuda.is_available():
        raise ConfigurationError(f'device {name!r} is not there: expected cpu')
    return name


def _dtype(device: str) -> torch.dtype:
    if not device.startswith('cuda'):
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def _check(where: str, report: dict[str, Any], processor: Any) -> None:
    """Refuse weights that are of another model: what is missing would be random."""
    missing = sorted(key for key in report['missing_keys'] if not key.endswith(_MADE_ANEW))
    if missing:
        raise ConfigurationError(
            f'model {where!r} lacks {len(missing)} of its weights, {missing[0]!r} among them: '
            'they are of another class, or a file is missing'
        )
    extractor = getattr(processor, 'feature_extractor', None)
    rate_hz = getattr(extractor, 'sampling_rate', None)
    if rate_hz != RATE_HZ or not hasattr(processor, 'tokenizer'):
        raise ConfigurationError(
            f'the processor of {where!r} takes sound of {rate_hz!r} Hz: expected {RATE_HZ}, and a '
            'tokenizer'
        )


def _reason(err: Exception) -> str:
    return str(err).strip().split('\n')[0] or type(err).__name__
