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

from vlm_robot.speech.sound import RATE_HZ, SoundError, SoundFault
from vlm_robot.speech.sources.intake import Intake
from vlm_robot.speech.sources.resampling import Resampler, check_format


def tone(rate_hz: int, seconds: float, hertz: float = 440.0) -> np.ndarray:
    t = np.arange(round(rate_hz * seconds)) / rate_hz
    return (0.5 * np.sin(2 * np.pi * hertz * t)).astype(np.float32)[:, None]


def in_blocks(resampler: Resampler, frames: np.ndarray, n: int) -> np.ndarray:
    parts = [resampler.feed(frames[i : i + n]) for i in range(0, len(frames), n)]
    parts.append(resampler.feed(frames[:0], is_last=True))
    return np.concatenate(parts)


@given(
    rate_hz=st.sampled_from([4000, 8000, 11025, 22050, 44100, 48000, 96000, 192000]),
    n=st.integers(200, 5000),
)
@settings(max_examples=15)
def test_a_tone_stays_the_same_tone_in_blocks_of_any_length(rate_hz: int, n: int) -> None:
    samples = in_blocks(Resampler(rate_hz, 1), tone(rate_hz, 0.5), n)
    expected = tone(RATE_HZ, 0.5)[:, 0]
    assert abs(samples.size - expected.size) <= 2
    inner = slice(800, expected.size - 800)
    assert np.abs(samples[inner] - expected[inner]).max() < 0.01


def test_what_is_too_high_for_16_khz_is_filtered_out_and_does_not_fold() -> None:
    samples = in_blocks(Resampler(48_000, 1), tone(48_000, 0.5, hertz=11_000), 960)
    assert np.abs(samples[800:-800]).max() < 0.001


def test_at_16_khz_nothing_is_changed_or_held_back() -> None:
    resampler = Resampler(RATE_HZ, 1)
    assert np.array_equal(resampler.feed(tone(RATE_HZ, 0.1)), tone(RATE_HZ, 0.1)[:, 0])
    assert resampler.lag_s == 0


def test_channels_are_averaged_or_the_named_one_is_taken() -> None:
    both = np.hstack([tone(RATE_HZ, 0.1), np.zeros_like(tone(RATE_HZ, 0.1))])
    assert np.allclose(Resampler(RATE_HZ, 2).feed(both), both[:, 0] / 2)
    assert np.array_equal(Resampler(RATE_HZ, 2, channel=0).feed(both), both[:, 0])
    assert not Resampler(RATE_HZ, 2, channel=1).feed(both).any()


@pytest.mark.parametrize(
    ('rate_hz', 'channels', 'channel', 'offending'),
    [(0, 1, -1, '0 Hz'), (-8000, 1, -1, '-8000'), (10**9, 1, -1, '1000000000'),
     (16_000, 0, -1, '0 channels'), (16_000, 10_000, -1, '10000'), (16_000, 2, 2, 'channel 2'),
     (16_000, 2, -2, 'channel -2')],
)  # fmt: skip
def test_a_format_that_cannot_be_used_is_refused_with_its_number(
    rate_hz: int, channels: int, channel: int, offending: str
) -> None:
    with pytest.raises(SoundError, match=offending) as caught:
        check_format('desk', rate_hz, channels, channel)
    assert caught.value.fault is SoundFault.WRONG_FORMAT


def test_another_rate_or_number_of_channels_in_mid_stream_begins_a_new_stream() -> None:
    intake = Intake('desk')
    first = intake.block(tone(48_000, 1.0), 48_000, heard_s=1.0)
    stereo = np.hstack([tone(8_000, 1.0)] * 2)
    second = intake.block(stereo, 8_000, heard_s=2.0)
    rest = intake.rest(heard_s=2.0)
    heard = np.concatenate([second.samples, rest.samples])
    assert 0.9 * RATE_HZ < first.samples.size <= RATE_HZ
    assert np.abs(heard[800:-800] - tone(RATE_HZ, 1.0)[800:-800, 0]).max() < 0.01


def test_a_block_says_when_its_own_last_sample_was_heard() -> None:
    intake = Intake('desk')
    block = intake.block(tone(48_000, 1.0), 48_000, heard_s=11.0)
    assert block.heard_s == pytest.approx(10.0 + block.samples.size / RATE_HZ, abs=1e-4)
