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

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vlm_robot.speech.sound import SoundFault
from vlm_robot.speech.sources.examination import Examiner

RATE = 16_000


def tone(peak: float, n: int = RATE) -> np.ndarray:
    wave = peak * np.sin(2 * np.pi * 220 * np.arange(n) / RATE)
    return wave.astype(np.float32)[:, None]


@given(arrays(np.float32, st.tuples(st.integers(0, 20), st.integers(1, 2))))
@settings(max_examples=30)
def test_whatever_comes_is_finite_and_from_minus_one_to_one_afterwards(frames: np.ndarray) -> None:
    fine, _ = Examiner().examine(frames, RATE)
    assert fine.shape == frames.shape
    assert np.isfinite(fine).all()
    assert (np.abs(fine) <= 1).all()


def test_sound_without_a_fault_comes_back_as_it_was() -> None:
    fine, fault = Examiner().examine(tone(0.5), RATE)
    assert fault is None
    assert np.array_equal(fine, tone(0.5))


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite_are_named_and_become_silence(bad: float) -> None:
    frames = tone(0.5)
    frames[7] = bad
    fine, fault = Examiner().examine(frames, RATE)
    assert fault is SoundFault.NOT_FINITE
    assert fine[7] == 0
    assert np.array_equal(np.delete(fine, 7), np.delete(tone(0.5), 7))


def test_a_wave_that_is_cut_off_is_clipped_and_one_that_touches_full_scale_is_not() -> None:
    assert Examiner().examine(np.clip(tone(1.5), -1, 1), RATE)[1] is SoundFault.CLIPPED
    assert Examiner().examine(tone(0.99), RATE)[1] is None


def test_one_clipped_channel_of_two_is_found() -> None:
    both = np.hstack([tone(0.2), np.clip(tone(2.0), -1, 1)])
    assert Examiner().examine(both, RATE)[1] is SoundFault.CLIPPED


def test_zeros_are_a_fault_only_when_they_last() -> None:
    examiner = Examiner(silent_after_s=1.0)
    half = np.zeros((RATE // 2, 1), np.float32)
    faults = [examiner.examine(frames, RATE)[1] for frames in (half, half, tone(0.1), half)]
    assert faults == [None, SoundFault.SILENT, None, None]
