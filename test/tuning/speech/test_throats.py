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

"""Other throats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.tuning.speech.throats import of_another, stretched


def vowel(pitch_hz: float, resonance_hz: float, n: int = RATE_HZ) -> Samples:
    """Return pulses through one resonance."""
    pulses = np.zeros(n)
    pulses[:: int(RATE_HZ / pitch_hz)] = 1.0
    t = np.arange(400) / RATE_HZ
    ringing = np.exp(-t * 300) * np.sin(2 * np.pi * resonance_hz * t)
    return (0.3 * np.convolve(pulses, ringing)[:n]).astype(np.float32)


def pitch_hz(samples: Samples) -> float:
    middle = samples[samples.size // 3 : samples.size // 3 + 2048].astype(float)
    again = np.correlate(middle, middle, 'full')[2047:]
    lags = np.arange(RATE_HZ // 400, RATE_HZ // 60)
    return RATE_HZ / lags[again[lags].argmax()]


def brightness_hz(samples: Samples) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float((np.fft.rfftfreq(samples.size, 1 / RATE_HZ) * power).sum() / power.sum())


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 4000), factor=st.floats(0.5, 2.5))
def test_what_is_stretched_lasts_longer_by_the_factor_and_is_finite(n: int, factor: float) -> None:
    longer = stretched(vowel(100, 700, n), factor)
    assert np.isfinite(longer).all()
    assert abs(longer.size - n * factor) <= 242


def test_what_is_stretched_by_one_is_about_what_it_was() -> None:
    samples = vowel(110, 900)
    again = stretched(samples, 1.0)[1000:12_000]
    lag = int(np.correlate(samples[:14_000], again, 'valid').argmax())
    np.testing.assert_allclose(again, samples[lag : lag + again.size], atol=0.02)


@pytest.mark.parametrize('factor', [0.7, 1.6])
def test_what_is_stretched_keeps_its_pitch(factor: float) -> None:
    assert pitch_hz(stretched(vowel(125, 800), factor)) == pytest.approx(125, rel=0.03)


@pytest.mark.parametrize('pitch', [0.8, 1.3, 1.8])
def test_another_s_pitch_is_higher_and_the_resonance_stays(pitch: float) -> None:
    samples = vowel(100, 1000)
    other = of_another(samples, pitch=pitch, resonances=1.0)
    assert other.size == pytest.approx(samples.size / pitch, abs=2)
    assert pitch_hz(other) == pytest.approx(100 * pitch, rel=0.04)
    assert brightness_hz(other) == pytest.approx(brightness_hz(samples), rel=0.12)


@pytest.mark.parametrize('resonances', [0.85, 1.2])
def test_another_s_resonances_move_and_the_pitch_stays(resonances: float) -> None:
    samples = vowel(100, 1500)
    other = of_another(samples, pitch=1.0, resonances=resonances)
    assert pitch_hz(other) == pytest.approx(100, rel=0.03)
    moved = brightness_hz(other) / brightness_hz(samples)
    assert moved == pytest.approx(resonances, rel=0.08)


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 3000), pitch=st.floats(0.7, 2.0), resonances=st.floats(0.8, 1.3))
def test_silence_of_any_length_stays_silence(n: int, pitch: float, resonances: float) -> None:
    other = of_another(np.zeros(n, np.float32), pitch=pitch, resonances=resonances)
    assert not other.any()
