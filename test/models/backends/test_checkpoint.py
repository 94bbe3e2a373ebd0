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

"""Checkpoints that cannot be used say so in one sentence, and run no code."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip('torch')

from safetensors.torch import load_file, save_file  # noqa: E402

from vlm_robot.core.errors import ConfigurationError, UnknownNameError  # noqa: E402
from vlm_robot.models.backends.checkpoint import load, resolve  # noqa: E402
from vlm_robot.models.backends.registry import make_backend  # noqa: E402

pytestmark = pytest.mark.torch


class _Trap:
    """A pickle that leaves a file behind when it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self._path), 'w')


@pytest.fixture
def damaged(checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of a checkpoint, to be damaged."""
    return Path(shutil.copytree(checkpoint, tmp_path / 'damaged'))


def complaint(source: str, *, dtype: str = 'float32') -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(source, device='cpu', dtype=dtype)
    message = str(caught.value)
    assert '\n' not in message
    assert source in message or 'package:' in source
    return message


def test_a_whole_checkpoint_is_loaded_for_use(damaged: Path) -> None:
    model, processor = load(str(damaged), device='cpu', dtype='float32')
    assert not model.training
    assert processor.tokenizer.eos_token == '</s>'


@pytest.mark.parametrize('source', ['/nowhere/model', './nowhere', '~/nowhere', 'package:nowhere'])
def test_a_folder_that_is_missing_is_named(source: str) -> None:
    with pytest.raises(ConfigurationError, match=r'nowhere.* does not exist: expected a folder'):
        resolve(source)


def test_a_hub_id_is_left_to_the_hub() -> None:
    assert resolve('organisation/model') == 'organisation/model'


def test_pickled_weights_are_not_loaded(damaged: Path, tmp_path: Path) -> None:
    for file in damaged.glob('*.safetensors'):
        file.unlink()
    trap = tmp_path / 'sprung'
    (damaged / 'pytorch_model.bin').write_bytes(pickle.dumps(_Trap(trap)))
    assert 'has no .safetensors file: pickled weights are not loaded' in complaint(str(damaged))
    assert not trap.exists()


def test_a_pickle_that_is_named_safetensors_is_not_loaded(damaged: Path, tmp_path: Path) -> None:
    trap = tmp_path / 'sprung'
    (damaged / 'model.safetensors').write_bytes(pickle.dumps(_Trap(trap)))
    assert 'cannot be loaded' in complaint(str(damaged))
    assert not trap.exists()


def test_truncated_weights_are_refused(damaged: Path) -> None:
    weights = damaged / 'model.safetensors'
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    assert 'cannot be loaded' in complaint(str(damaged))


def test_weights_of_another_model_are_refused(damaged: Path) -> None:
    path = damaged / 'model.safetensors'
    weights = load_file(path)
    removed = sorted(weights)[0]
    del weights[removed]
    save_file(weights, path, metadata={'format': 'pt'})
    assert f"lacks 1 of its weights, '{removed}' among them" in complaint(str(damaged))


def test_a_shard_that_is_missing_is_refused(damaged: Path) -> None:
    weights = load_file(damaged / 'model.safetensors')
    (damaged / 'model.safetensors').unlink()
    names = sorted(weights)
    first = {name: weights[name] for name in names[: len(names) // 2]}
    save_file(first, damaged / 'model-00001-of-00002.safetensors', metadata={'format': 'pt'})
    shards = {name: f'model-0000{1 + (name not in first)}-of-00002.safetensors' for name in names}
    index = {'metadata': {'total_size': 1}, 'weight_map': shards}
    (damaged / 'model.safetensors.index.json').write_text(json.dumps(index), encoding='utf-8')
    assert 'model-00002-of-00002.safetensors' in complaint(str(damaged))


def test_files_must_have_the_checksums_that_are_listed(damaged: Path) -> None:
    weights = damaged / 'model.safetensors'
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    sums = damaged / 'SHA256SUMS'
    sums.write_text(f'{digest}  model.safetensors\n', encoding='utf-8')
    assert resolve(str(damaged)) == str(damaged)
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert "the checksum of 'model.safetensors' is" in complaint(str(damaged))
    sums.write_text(f'{digest} *gone.safetensors\n', encoding='utf-8')
    assert "lacks 'gone.safetensors'" in complaint(str(damaged))


def test_a_device_that_is_not_there_is_refused(damaged: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip('there is one')
    with pytest.raises(ConfigurationError, match="device 'cuda' is not there"):
        load(str(damaged), device='cuda', dtype='float32')


def test_the_type_is_the_devices_own_unless_the_profile_says_so(damaged: Path) -> None:
    assert load(str(damaged), device='cpu')[0].dtype is torch.float32
    assert load(str(damaged), device='cpu', dtype='bfloat16')[0].dtype is torch.bfloat16


def test_a_model_of_an_unknown_class_is_refused(damaged: Path) -> None:
    path = damaged / 'config.json'
    config = json.loads(path.read_text(encoding='utf-8'))
    path.write_text(json.dumps(config | {'model_type': 'unheard_of'}), encoding='utf-8')
    assert 'unheard_of' in complaint(str(damaged))


@pytest.mark.parametrize('content', ['', '[', '[]', '3'])
@pytest.mark.parametrize('name', ['config.json', 'tokenizer.json'])
def test_a_damaged_json_file_is_refused(damaged: Path, name: str, content: str) -> None:
    (damaged / name).write_text(content, encoding='utf-8')
    assert 'cannot be loaded' in complaint(str(damaged))


def test_a_type_that_is_no_number_is_refused(damaged: Path) -> None:
    assert 'cannot be loaded' in complaint(str(damaged), dtype='float7')


def test_an_unknown_model_lists_the_profiles() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown model 'tablet': known are .*tabletop"):
        make_backend('local', {'model': 'tablet'})
