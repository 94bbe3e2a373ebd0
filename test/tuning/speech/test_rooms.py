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

"""Speech as it is heard in rooms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.tuning.speech.rooms import Rooms, coloured, heard, masked


@pytest.fixture(scope='module')
def rooms() -> Rooms:
    return Rooms.made(4, np.random.default_rng(0))


def voice(n: int = RATE_HZ) -> Samples:
    t = np.arange(n) / RATE_HZ
    return (0.5 * np.sin(2 * np.pi * 200 * t) * np.sin(2 * np.pi * 3 * t) ** 2).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_is_heard_is_finite_and_about_as_long(rooms: Rooms, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = heard(voice(), rooms, rng, others=lambda: voice(5000))
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()
    assert 0.88 * RATE_HZ - 1 <= samples.size <= (1.14 + 1.2) * RATE_HZ + 1
    assert np.abs(samples).max() > 1e-3


def test_a_seed_hears_the_same_and_another_does_not(rooms: Rooms) -> None:
    first, again, other = (heard(voice(), rooms, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert other.shape != first.shape or not np.allclose(other, first)


@given(seed=st.integers(0, 1000))
def test_nothing_stays_nothing_in_a_room(seed: int) -> None:
    silent = coloured(np.zeros(2000, np.float32), np.random.default_rng(seed))
    assert silent.shape == (2000,)
    assert not silent.any()


@pytest.mark.parametrize('n', [1, 1000, 20 * RATE_HZ])
def test_noise_is_as_long_as_it_is_wanted(rooms: Rooms, n: int) -> None:
    behind = rooms.noise(n, np.random.default_rng(0))
    assert behind.shape == (n,)
    assert np.isfinite(behind).all()


@given(seed=st.integers(0, 1000), n=st.integers(1, 20_000))
def test_a_mask_leaves_out_two_stretches_at_most_and_changes_nothing_else(
    seed: int, n: int
) -> None:
    samples = np.ones(n, np.float32)
    left = masked(samples, np.random.default_rng(seed))
    gone = left == 0
    np.testing.assert_array_equal(left[~gone], 1)
    assert np.sum(np.diff(gone, prepend=False, append=False)) <= 4
    assert gone.sum() <= 2 * RATE_HZ // 10
    assert (samples == 1).all()
