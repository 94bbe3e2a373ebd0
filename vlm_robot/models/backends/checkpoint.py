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

"""Loads models with transformers: offline where possible, never running code from a checkpoint."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForImageTextToText, AutoProcessor, PreTrainedModel
from transformers.utils import logging as transformers_logging

import vlm_robot.models.tabletop  # noqa: F401  registers the embedded model
from vlm_robot.core.errors import ConfigurationError

_PACKAGE = 'package:'
_CHECKPOINTS = Path(__file__).parent.parent / 'checkpoints'


def resolve(source: str) -> str:
    """
    Return a path or hub id for a profile's source.

    :raises ConfigurationError: for a checkpoint folder that is missing or lacks its weights.
    """
    folder = (
        _CHECKPOINTS / source.removeprefix(_PACKAGE)
        if source.startswith(_PACKAGE)
        else Path(source)
    )
    looks_like_path = source.startswith((_PACKAGE, '/', '.', '~'))
    if not looks_like_path and not folder.is_dir():
        return source
    folder = folder.expanduser()
    if not folder.is_dir():
        raise ConfigurationError(f'checkpoint {str(folder)!r} does not exist: expected a folder')
    if not list(folder.glob('*.safetensors')):
        raise ConfigurationError(
            f'checkpoint {str(folder)!r} has no .safetensors file: pickled weights are not loaded'
        )
    return str(folder)


def load(source: str, *, device: str, dtype: str) -> tuple[PreTrainedModel, Any]:
    """
    Load a model and its processor.

    :param device: 'cpu', 'cuda', or 'auto': CUDA where there is one.
    :param dtype: a torch dtype by name, for example 'bfloat16'.
    :raises ConfigurationError: whatever is wrong with the source, as one sentence.
    """
    where = resolve(source)
    if device == 'auto':
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        with _quiet():
            processor = AutoProcessor.from_pretrained(where, trust_remote_code=False)
            model = AutoModelForImageTextToText.from_pretrained(
                where,
                dtype=getattr(torch, dtype),
                attn_implementation='sdpa',
                use_safetensors=True,
                trust_remote_code=False,
            )
        return model.to(device).eval(), processor
    except Exception as err:  # third-party loaders raise anything for a damaged file
        reason = str(err).strip().split('\n')[0] or type(err).__name__
        raise ConfigurationError(f'model {where!r} cannot be loaded: {reason}') from err


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep loading bars and warnings off the terminal."""
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        transformers_logging.enable_progress_bar()
