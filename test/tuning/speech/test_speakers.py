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

"""Synthetic speakers sound differently, and what is missing is named."""

from __future__ import annotations

import hashlib
import shutil
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from vlm_robot.core.errors import VlmRobotError
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.tuning.speech import speakers
from vlm_robot.tuning.speech.speakers import (
    HELD_OUT_SPEAKERS,
    TRAINING_SPEAKERS,
    Speaker,
    drawn_speaker,
    speech,
)

needs_espeak = pytest.mark.skipif(shutil.which('espeak-ng') is None, reason='no espeak-ng')
needs_pico = pytest.mark.skipif(find_spec('ttspico') is None, reason='no ttspico')


def sound_of(speaker: Speaker) -> str:
    return hashlib.sha1(speech(speaker, 'red ball').tobytes()).hexdigest()


def voice_hz(samples: Samples) -> float:
    """Return the pitch of what is voiced, where that is from 100 to 400 Hz."""
    spectrum = np.abs(np.fft.rfft(samples, 1 << 18)) ** 2
    lags = np.fft.irfft(spectrum)[RATE_HZ // 400 : RATE_HZ // 100]
    return RATE_HZ / (RATE_HZ // 400 + float(np.argmax(lags)))


@needs_espeak
def test_no_speaker_that_is_judged_sounds_as_one_that_is_trained_on() -> None:
    judged = [speaker for speaker in HELD_OUT_SPEAKERS if speaker.engine == 'espeak']
    accents = {speaker.voice.partition('+')[0] for speaker in judged}
    trained = [s for s in TRAINING_SPEAKERS if s.voice.partition('+')[0] in accents]
    assert len(trained) > 100
    known = {sound_of(speaker) for speaker in trained}
    assert known.isdisjoint(sound_of(speaker) for speaker in judged)
    assert len(known) > 0.9 * len(trained)


def test_an_engine_that_is_missing_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speakers.shutil, 'which', lambda program: None)
    with pytest.raises(VlmRobotError, match=r'espeak:en-us.*apt-get install espeak-ng'):
        speech(Speaker('espeak', 'en-us'), 'red ball')


def test_a_voice_of_pypi_that_is_missing_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speakers, 'find_spec', lambda package: None)
    with pytest.raises(VlmRobotError, match=r'pico:en-US.*vlm_robot\[speech-training\]'):
        speech(Speaker('pico', 'en-US'), 'red ball')


def test_who_speaks_is_drawn_of_the_engines_that_are_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = {'flite', 'pico'}
    monkeypatch.setattr(speakers, 'is_installed', lambda engine: engine in there)
    rng, shares = np.random.default_rng(0), {'espeak': 0.8, 'flite': 0.15, 'pico': 0.05}
    drawn = [drawn_speaker(TRAINING_SPEAKERS, shares, rng).engine for _ in range(400)]
    assert set(drawn) == there
    assert drawn.count('flite') == pytest.approx(300, abs=40)
    there.clear()
    with pytest.raises(VlmRobotError, match=r'nobody is there to speak: .*espeak-ng.*flite'):
        drawn_speaker(TRAINING_SPEAKERS, shares, rng)


def test_pico_is_asked_in_its_own_units(monkeypatch: pytest.MonkeyPatch) -> None:
    class Engine(SimpleNamespace):
        def speak(self, text: str) -> bytes:
            asked.update(vars(self), text=text)
            return np.array([0, 4000, -8000], np.int16).tobytes()

    asked: dict[str, object] = {}
    monkeypatch.setattr(speakers, '_pico', lambda voice: Engine(voice=voice))
    monkeypatch.setattr(speakers, 'is_installed', lambda engine: True)
    said = speech(Speaker('pico', 'en-GB'), 'red ball', speed=1.25, pitch=50)
    assert said.tolist() == pytest.approx([0.0, 0.25, -0.5])
    assert asked == {'voice': 'en-GB', 'rate': 125, 'pitch': 100, 'volume': 50, 'text': 'red ball'}


@needs_pico
def test_pico_speaks_faster_and_higher() -> None:
    slow = speech(Speaker('pico', 'en-GB'), 'take the red ball', speed=0.8, pitch=20)
    fast = speech(Speaker('pico', 'en-GB'), 'take the red ball', speed=1.3, pitch=80)
    assert fast.size < 0.75 * slow.size
    assert np.abs(fast).max() == pytest.approx(0.5)
    assert voice_hz(fast) > 1.15 * voice_hz(slow)
