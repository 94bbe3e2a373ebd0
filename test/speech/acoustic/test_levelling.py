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

"""Samples as the acoustic network takes them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.speech.acoustic.levelling import REACH, levelled
from vlm_robot.speech.acoustic.phones import FRAME
from vlm_robot.speech.sound import Samples


def hiss(n: int, seed: int = 0) -> Samples:
    return 0.1 * np.random.default_rng(seed).standard_normal(n).astype(np.float32)


@given(n=st.integers(0, 5000))
def test_each_whole_frame_has_a_row_of_the_network_s_convolutions(n: int) -> None:
    sound = levelled(hiss(n))
    rows = max(0, (sound.size - REACH) // FRAME + 1)
    assert rows == n // FRAME
    assert sound.dtype == np.float32


@pytest.mark.parametrize('gain', [1e-3, 0.3, 30.0])
def test_how_loud_it_is_makes_no_difference(gain: float) -> None:
    samples = hiss(8000)
    np.testing.assert_allclose(levelled(samples * np.float32(gain)), levelled(samples), rtol=1e-4)


@pytest.mark.parametrize('level', [0.0, 1e-9, 1.0, -1.0])
def test_silence_stays_silence_and_a_constant_is_finite(level: float) -> None:
    sound = levelled(np.full(4800, level, np.float32))
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 0.07
    assert sound.any() == (level != 0)


def test_what_is_no_number_counts_as_silence() -> None:
    broken = hiss(4800)
    whole = broken.copy()
    for at, value in ((100, np.nan), (2000, np.inf), (4799, -np.inf)):
        broken[at], whole[at] = value, 0.0
    np.testing.assert_array_equal(levelled(broken), levelled(whole))
