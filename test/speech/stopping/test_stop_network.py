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

"""The stop network comes back from its file as it was, and other files are refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip('torch')

from vlm_robot.core.errors import ConfigurationError  # noqa: E402
from vlm_robot.speech.acoustic.levelling import levelled  # noqa: E402
from vlm_robot.speech.acoustic.model import WEIGHTS  # noqa: E402
from vlm_robot.speech.acoustic.network import Shape  # noqa: E402
from vlm_robot.speech.stopping.base import STOP_WORDS  # noqa: E402
from vlm_robot.speech.stopping.checkpoint import load_network, save_network  # noqa: E402
from vlm_robot.speech.stopping.network import ROWS, WINDOW, StopNetwork, log_odds  # noqa: E402

SMALL = Shape(width=16, inner=16, layers=1, heads=2)


def second() -> torch.Tensor:
    samples = np.random.default_rng(0).standard_normal(WINDOW).astype(np.float32)
    return torch.from_numpy(levelled(samples))[None]


def saved(folder: Path, *, threshold: float = 0.4) -> tuple[StopNetwork, Path]:
    torch.manual_seed(0)
    network = StopNetwork(SMALL).eval()
    path = folder / 'stop.safetensors'
    ear = folder / 'ear.safetensors'
    ear.write_bytes(b'any acoustic model')
    save_network(network, path, shape=SMALL.table(), ear=ear, threshold=threshold)
    return network, path


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    network, path = saved(tmp_path)
    loaded, threshold = load_network(path, ear=tmp_path / 'ear.safetensors')
    with torch.inference_mode():
        torch.testing.assert_close(loaded(second()), network(second()), atol=2e-2, rtol=2e-2)
    assert threshold == 0.4


def test_the_network_that_ships_tells_a_class_for_each_word_and_for_none() -> None:
    network, threshold = load_network(ear=WEIGHTS)
    assert 0 < threshold < 1
    with torch.inference_mode():
        assert network.inside(second()).shape == (1, ROWS, Shape().width)
        assert network(second()).shape == (1, 1 + len(STOP_WORDS))


@pytest.mark.parametrize('content', [None, b'', b'no tensors', b'\x00' * 64])
def test_a_file_that_holds_no_network_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / 'other.safetensors'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r'other\.safetensors.*holds no stop spotter'):
        load_network(path, ear=WEIGHTS)


def test_another_network_s_file_is_refused() -> None:
    with pytest.raises(ConfigurationError, match='holds no stop spotter'):
        load_network(WEIGHTS, ear=WEIGHTS)


def test_a_network_for_another_acoustic_model_is_refused(tmp_path: Path) -> None:
    _, path = saved(tmp_path)
    with pytest.raises(ConfigurationError, match=r'stop\.safetensors.*another acoustic model'):
        load_network(path, ear=WEIGHTS)


def test_the_odds_are_those_of_any_word_against_none() -> None:
    logits = torch.randn(5, 1 + len(STOP_WORDS))
    some = torch.softmax(logits, dim=1)[:, 1:].sum(1)
    torch.testing.assert_close(log_odds(logits), torch.log(some / (1 - some)))
