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

"""What the acoustic network sees of sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.speech.acoustic.features import BANDS, HOPS, features
from vlm_robot.speech.acoustic.phones import FRAME
from vlm_robot.speech.sound import RATE_HZ, Samples


def hiss(n: int, seed: int = 0) -> Samples:
    return (0.1 * np.random.default_rng(seed).standard_normal(n)).astype(np.float32)


def tone(hertz: float, n: int) -> Samples:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(n) / RATE_HZ)).astype(np.float32)


@given(n=st.integers(0, 5000))
def test_there_are_as_many_columns_as_hops_in_the_whole_frames(n: int) -> None:
    assert features(hiss(n)).shape == (HOPS * (n // FRAME), BANDS)


@given(gain=st.floats(1e-2, 10.0), seed=st.integers(0, 9))
def test_how_loud_it_is_changes_nothing(gain: float, seed: int) -> None:
    samples = hiss(8000, seed)
    loud = features(samples * np.float32(gain))
    np.testing.assert_allclose(loud, features(samples), atol=1e-3)


def test_a_microphone_s_colouring_changes_little() -> None:
    samples = np.concatenate([hiss(8000), 0.3 * hiss(8000, 1), hiss(8000, 2)])
    echoed = np.convolve(samples, [1.0, 0.0, 0.4, -0.2])[: samples.size].astype(np.float32)
    assert np.abs(features(echoed) - features(samples)).mean() < 0.15
    assert np.abs(features(hiss(24000, 3)) - features(samples)).mean() > 0.3


@pytest.mark.parametrize('level', [0.0, 1e-30, 1.0, -1.0])
def test_silence_and_a_constant_are_finite(level: float) -> None:
    assert np.isfinite(features(np.full(4800, level, np.float32))).all()


def test_samples_that_are_not_finite_count_as_silence() -> None:
    whole, broken = hiss(4800), hiss(4800)
    whole[1000:1100] = 0
    broken[1000:1100:2], broken[1001:1100:2] = np.nan, np.inf
    np.testing.assert_array_equal(features(broken), features(whole))


def test_sound_that_comes_a_hop_later_is_seen_a_column_later() -> None:
    samples = hiss(FRAME * 20)
    hop = FRAME // HOPS
    late = features(np.concatenate([np.zeros(hop, np.float32), samples]))
    now = features(samples)
    np.testing.assert_allclose(np.diff(late[2:50], axis=0), np.diff(now[1:49], axis=0), atol=1e-3)


def test_a_higher_tone_is_in_a_higher_band_and_warping_moves_it_down() -> None:
    def loudest(hertz: float, warp: float = 1.0) -> int:
        parts = np.concatenate([hiss(4800) * 0.01, tone(hertz, 4800)])
        return int(features(parts, warp=warp)[-12:].mean(axis=0).argmax())

    places = [loudest(hertz) for hertz in (200, 500, 1000, 2000, 4000)]
    assert places == sorted(set(places))
    assert loudest(1000, warp=1.04) < loudest(1000) < loudest(1000, warp=0.92)
