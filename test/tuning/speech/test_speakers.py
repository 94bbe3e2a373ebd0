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

import pytest

from vlm_robot.core.errors import VlmRobotError
from vlm_robot.tuning.speech import speakers
from vlm_robot.tuning.speech.speakers import (
    HELD_OUT_SPEAKERS,
    TRAINING_SPEAKERS,
    Speaker,
    speech,
)

needs_espeak = pytest.mark.skipif(shutil.which('espeak-ng') is None, reason='no espeak-ng')


def sound_of(speaker: Speaker) -> str:
    return hashlib.sha1(speech(speaker, 'red ball').tobytes()).hexdigest()


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
    with pytest.raises(VlmRobotError, match=r"'espeak-ng'.*apt-get install espeak-ng"):
        speech(Speaker('espeak', 'en-us'), 'red ball')
