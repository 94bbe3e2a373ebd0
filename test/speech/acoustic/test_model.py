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

"""The embedded acoustic model."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip('torch')
from safetensors.torch import save_file  # noqa: E402

from vlm_robot.core.errors import ConfigurationError  # noqa: E402
from vlm_robot.speech.acoustic.model import AcousticModel  # noqa: E402
from vlm_robot.speech.acoustic.network import AcousticNetwork, Shape  # noqa: E402
from vlm_robot.speech.acoustic.phones import FRAME, PHONES, indices  # noqa: E402
from vlm_robot.speech.sound import Samples  # noqa: E402
from vlm_robot.tuning.speech.speakers import Speaker, speech  # noqa: E402

pytestmark = pytest.mark.torch
SMALL = Shape(width=16, inner=16, layers=1, heads=2)


@pytest.fixture(scope='module')
def shipped() -> AcousticModel:
    return AcousticModel()


def checkpoint(path: Path, *, table: dict[str, str] | None = None, drop: str = '') -> Path:
    state = {k: v for k, v in AcousticNetwork(SMALL).state_dict().items() if k != drop}
    save_file(state, path, metadata=SMALL.table() if table is None else table)
    return path


def best_path(model: AcousticModel, samples: Samples) -> list[str]:
    columns = model.log_probabilities(samples).argmax(axis=1)
    changes = np.flatnonzero(np.diff(columns, prepend=-1))
    return [PHONES[column] for column in columns[changes] if column]


@pytest.mark.parametrize('n', [0, 1, FRAME - 1, FRAME, 2 * FRAME + 1, 16_000])
def test_any_number_of_samples_has_a_row_per_whole_frame(shipped: AcousticModel, n: int) -> None:
    answer = shipped.log_probabilities(np.zeros(n, np.float32))
    assert answer.shape == (n // FRAME, len(PHONES))
    assert answer.dtype == np.float32
    np.testing.assert_allclose(np.exp(answer).sum(axis=1), 1, atol=1e-4)


def test_the_same_samples_are_answered_the_same_and_threads_are_left_alone(
    shipped: AcousticModel,
) -> None:
    samples = np.random.default_rng(0).standard_normal(20_000).astype(np.float32)
    threads = torch.get_num_threads()
    first = shipped.log_probabilities(samples)
    np.testing.assert_array_equal(shipped.log_probabilities(samples), first)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize('seed', [0, 1])
def test_silence_and_hiss_have_next_to_no_phones(shipped: AcousticModel, seed: int) -> None:
    hiss = 0.05 * np.random.default_rng(seed).standard_normal(48_000).astype(np.float32)
    assert len(best_path(shipped, hiss * seed)) <= 2


@pytest.mark.skipif(not shutil.which('espeak-ng'), reason='espeak-ng is not installed')
@pytest.mark.parametrize('gain', [1.0, 0.05])
def test_a_command_is_told_by_its_phones(shipped: AcousticModel, gain: float) -> None:
    samples = speech(Speaker('espeak', 'en-us+Hugo'), 'push the red ball')
    meant = ['P', 'UH', 'SH', 'DH', 'AH', 'R', 'EH', 'D', 'B', 'AO', 'L']
    told = best_path(shipped, samples * np.float32(gain))
    assert len(set(told) & set(meant)) >= 8
    assert abs(len(told) - len(meant)) <= 3
    assert indices(told)


def test_a_checkpoint_of_another_shape_can_be_used(tmp_path: Path) -> None:
    model = AcousticModel(checkpoint(tmp_path / 'small.safetensors'))
    assert model.log_probabilities(np.ones(2 * FRAME, np.float32)).shape == (2, len(PHONES))


def test_a_checkpoint_that_is_none_is_named(tmp_path: Path) -> None:
    garbage = tmp_path / 'garbage.safetensors'
    garbage.write_bytes(b'no tensors in here')
    wrong = SMALL.table() | {'width': '32'}
    for path in (
        tmp_path / 'missing.safetensors',
        garbage,
        checkpoint(tmp_path / 'untold.safetensors', table={}),
        checkpoint(tmp_path / 'wrong.safetensors', table=wrong),
        checkpoint(tmp_path / 'part.safetensors', drop='head.bias'),
    ):
        with pytest.raises(
            ConfigurationError, match=rf"{path.name}' is not an acoustic model: \S"
        ):
            AcousticModel(path)
