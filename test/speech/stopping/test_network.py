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

"""The stop network: a stream at once is as hop by hop, and what cannot fit is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.stopping.checkpoint import load_network, save_network
from vlm_robot.speech.stopping.mels import BANDS, FRAMES
from vlm_robot.speech.stopping.network import Convolution, StopNetwork

pytest.importorskip('safetensors')


def convolution(*shape: int, stride: int = 1, dilation: int = 1) -> Convolution:
    rng = np.random.default_rng(shape)
    weight = rng.standard_normal(shape).astype(np.float32) / np.sqrt(shape[1] * shape[2])
    return Convolution(weight, np.full(shape[0], 0.1, np.float32), stride, dilation)


def network() -> StopNetwork:
    rng = np.random.default_rng(0)
    layers = (
        convolution(6, 5, BANDS, stride=2),
        convolution(7, 3, 6, stride=2),
        convolution(7, 3, 7, dilation=4),
    )
    weight = rng.standard_normal((3, 7)).astype(np.float32)
    return StopNetwork(
        ('stop', 'halt'), 0.5, layers, weight, np.zeros(3, np.float32), {'recall': 0.9}
    )


def stream(n: int = 20) -> np.ndarray:
    return np.random.default_rng(3).normal(5, 2, (n, FRAMES, BANDS)).astype(np.float32)


def whole(heard: np.ndarray) -> np.ndarray:
    return network().scores(heard, network().silence())[0]


def test_a_convolution_is_the_sum_over_its_taps() -> None:
    layer = convolution(2, 3, 4, stride=2, dilation=2)
    x = np.random.default_rng(1).standard_normal((6, 4)).astype(np.float32)
    before = np.zeros((layer.memory, 4), np.float32)
    padded = np.concatenate([before, x])
    expected = [
        sum(layer.weight[:, tap] @ padded[2 * i + 2 * tap] for tap in range(3)) + layer.bias
        for i in range(3)
    ]
    np.testing.assert_allclose(layer(before, x), expected, atol=1e-6)


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=6))
def test_a_stream_in_parts_scores_as_the_whole(cuts: list[int]) -> None:
    heard, state, found = stream(), network().silence(), []
    for part in np.split(heard, np.minimum(np.cumsum(cuts), len(heard)).astype(int)):
        scores, state = network().scores(part, state)
        found.append(scores)
    np.testing.assert_allclose(np.concatenate(found), whole(heard), atol=1e-6)


def test_what_comes_later_does_not_change_a_score() -> None:
    changed = stream()
    changed[10:] = 0
    np.testing.assert_allclose(whole(changed)[:10], whole(stream())[:10], atol=1e-6)
    assert np.abs(whole(changed)[10:] - whole(stream())[10:]).max() > 1e-3


def test_the_scores_of_the_words_and_of_none_share_one() -> None:
    scores = whole(stream())
    assert scores.shape == (20, 2)
    assert (scores >= 0).all()
    assert (scores.sum(axis=1) <= 1 + 1e-6).all()


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save_network(network(), tmp_path / 'stop.safetensors')
    loaded = load_network(tmp_path / 'stop.safetensors')
    assert (loaded.words, loaded.threshold) == (network().words, network().threshold)
    assert loaded.figures == network().figures
    scores, _ = loaded.scores(stream(), loaded.silence())
    np.testing.assert_allclose(scores, whole(stream()), atol=1e-6)


def test_the_network_that_ships_knows_the_stop_words() -> None:
    assert load_network().words == ('stop', 'halt', 'freeze')


def test_a_file_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r'nowhere\.safetensors'):
        load_network(tmp_path / 'nowhere.safetensors')


def test_a_file_that_holds_no_tensors_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'stop.safetensors'
    save_network(network(), path)
    path.write_bytes(b'\xff' * 64)
    with pytest.raises(ConfigurationError, match=r'stop\.safetensors'):
        load_network(path)


@pytest.mark.parametrize('about', ['[]', '{"words": 3}', '{', '{"words": ["stop"]}', '\x00'])
def test_a_description_that_is_none_is_refused(tmp_path: Path, about: str) -> None:
    path = tmp_path / 'stop.safetensors'
    save_network(network(), path)
    path.with_suffix('.json').write_text(about)
    with pytest.raises(ConfigurationError, match='holds no stop spotter'):
        load_network(path)


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('threshold', 0.0),
        ('threshold', 1.0),
        ('threshold', float('nan')),
        ('words', ['stop']),
        ('strides', [2, 1, 1]),
        ('strides', [0, 2, 1]),
        ('strides', [1, 1, 9]),
        ('dilations', [1, 1, -4]),
    ],
)
def test_a_description_that_does_not_fit_is_refused(
    tmp_path: Path, key: str, value: object
) -> None:
    path = tmp_path / 'stop.safetensors'
    save_network(network(), path)
    about = json.loads(path.with_suffix('.json').read_text()) | {key: value}
    path.with_suffix('.json').write_text(json.dumps(about))
    with pytest.raises(ConfigurationError, match='makes no stop spotter'):
        load_network(path)


def test_layers_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    good, path = network(), tmp_path / 'stop.safetensors'
    first, *others = good.layers
    for wrong in (
        replace(good, layers=(replace(first, weight=first.weight[:, :, 1:]), *others)),
        replace(good, layers=(replace(first, weight=first.weight[0]), *others)),
        replace(good, layers=(replace(first, bias=first.bias[1:]), *others)),
        replace(good, layers=tuple(others)),
        replace(good, weight=good.weight[:, 1:]),
        replace(good, bias=good.bias[1:]),
    ):
        save_network(wrong, path)
        with pytest.raises(ConfigurationError, match='makes no stop spotter'):
            load_network(path)
