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
import hashlib
import importlib.util
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    BitsAndBytesConfig,
    PreTrainedModel,
)
from transformers.utils import logging as transformers_logging

import vlm_robot.models.tabletop  # noqa: F401  registers the embedded model
from vlm_robot.core.errors import ConfigurationError, MissingPackageError

_PACKAGE = 'package:'
_CHECKPOINTS = Path(__file__).parent.parent / 'checkpoints'
_SUMS = 'SHA256SUMS'
_NEEDS = re.compile(r'(?:requires the |Package `)(\w+)')
_SUM = re.compile(r'(?m)^([0-9a-fA-F]{64}) [ *](.+)$')


def resolve(source: str) -> str:
    """
    Return a path or hub id for a profile's source.

    A folder with a file SHA256SUMS, as sha256sum writes it, must have the files that it lists.

    :raises ConfigurationError: for a checkpoint folder that is missing, lacks its weights or has
        others than it should.
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
    _check_sums(folder)
    return str(folder)


def load(
    source: str,
    *,
    device: str = 'auto',
    dtype: str = 'auto',
    adapter: str = '',
    quantisation: str = '',
    trust_remote_code: bool = False,
) -> tuple[PreTrainedModel, Any]:
    """
    Load a model and its processor.

    :param device: 'cpu', 'cuda', or 'auto': CUDA where there is one.
    :param dtype: a torch dtype by name, or 'auto': bfloat16 on a CUDA device, else float32.
    :param adapter: path or hub id of a LoRA adapter, which is merged into the weights.
    :param quantisation: '4bit' for weights of four bits, which takes a CUDA device.
    :raises ConfigurationError: whatever is wrong with the source, as one sentence.
    :raises MissingPackageError: for a package that the model, its adapter or quantisation needs.
    """
    where = resolve(source)
    device = _device(device)
    options = _quantised(quantisation, device)
    adapter = _adapter(adapter)
    try:
        with quiet():
            processor = AutoProcessor.from_pretrained(where, trust_remote_code=trust_remote_code)
            model, report = AutoModelForImageTextToText.from_pretrained(
                where,
                dtype=_dtype(dtype, device),
                attn_implementation='sdpa',
                use_safetensors=True,
                trust_remote_code=trust_remote_code,
                output_loading_info=True,
                **options,
            )
            _check_whole(where, report)
            model = model if options else model.to(device)
            model = _adapted(model, adapter, merged=not options) if adapter else model
        return model.eval(), processor
    except ConfigurationError:
        raise
    except ImportError as err:
        raise MissingPackageError(_missing_package(err), 'processors') from err
    except Exception as err:  # third-party loaders raise anything for a damaged file
        reason = str(err).strip().split('\n')[0] or type(err).__name__
        raise ConfigurationError(f'model {where!r} cannot be loaded: {reason}') from err


def _device(name: str) -> str:
    if name == 'auto':
        return 'cuda' if torch.cuda.is_available() else 'cpu'
    if name.partition(':')[0] == 'cuda' and not torch.cuda.is_available():
        raise ConfigurationError(f'device {name!r} is not there: expected cpu')
    return name


def _dtype(name: str, device: str) -> torch.dtype:
    if name == 'auto':
        return torch.bfloat16 if device.startswith('cuda') else torch.float32
    dtype: torch.dtype = getattr(torch, name)
    return dtype


def _quantised(kind: str, device: str) -> dict[str, Any]:
    """Return what loads a model with few bits a weight; such a model stays where it is loaded."""
    if not kind:
        return {}
    if not device.startswith('cuda'):
        raise ConfigurationError(
            f'quantisation {kind!r} needs a CUDA device, not {device!r}: leave it empty'
        )
    _need('bitsandbytes', 'quantisation')
    config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16)
    return {'quantization_config': config, 'device_map': {'': device}}


def _adapter(source: str) -> str:
    if not source:
        return ''
    _need('peft', 'adapter')
    return resolve(source)


def _adapted(model: PreTrainedModel, adapter: str, *, merged: bool) -> PreTrainedModel:
    from peft import PeftModel

    wrapped = PeftModel.from_pretrained(model, adapter, use_safetensors=True)
    # merged weights cost nothing a pass; weights of four bits would lose by it
    return wrapped.merge_and_unload() if merged else wrapped.base_model.model


def _need(package: str, extra: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise MissingPackageError(package, extra)


def _missing_package(err: ImportError) -> str:
    """Transformers names what a processor needs in its message alone."""
    named = _NEEDS.search(str(err))
    return err.name or (named[1].lower() if named else str(err).strip().split('\n')[0])


def _check_whole(where: str, report: dict[str, Any]) -> None:
    """Refuse weights that are of another model: what is missing would be random."""
    missing = sorted(report['missing_keys'])
    if missing:
        raise ConfigurationError(
            f'model {where!r} lacks {len(missing)} of its weights, {missing[0]!r} among them: '
            'they are of another class, or a file is missing'
        )


def _check_sums(folder: Path) -> None:
    path = folder / _SUMS
    if not path.is_file():
        return
    for digest, name in _SUM.findall(path.read_text(encoding='utf-8', errors='replace')):
        file = folder / name
        if not file.is_file():
            raise ConfigurationError(f'checkpoint {str(folder)!r} lacks {name!r} of its {_SUMS}')
        with file.open('rb') as content:
            found = hashlib.file_digest(content, 'sha256').hexdigest()
        if found != digest.lower():
            raise ConfigurationError(
                f'checkpoint {str(folder)!r} is damaged: the checksum of {name!r} is '
                f'{found[:12]}, expected {digest[:12].lower()}'
            )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
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
