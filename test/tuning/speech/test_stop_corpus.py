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

"""The end of a stop word in a scene is where the word ends."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest

from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.stopping.base import STOP_WORDS
from vlm_robot.tuning.speech import speakers
from vlm_robot.tuning.speech.chatter import KINDS, chatter
from vlm_robot.tuning.speech.rooms import Rooms
from vlm_robot.tuning.speech.speakers import TRAINING_SPEAKERS, Speaker
from vlm_robot.tuning.speech.stop_corpus import (
    Person,
    Said,
    Scene,
    SceneWriter,
    background,
    disturbed,
    someone,
    trimmed,
)
from vlm_robot.tuning.speech.stop_texts import (
    JUDGED_SENTENCES,
    LOOKALIKES,
    SENTENCES,
    command,
    talk,
)

needs_espeak = pytest.mark.skipif(shutil.which('espeak-ng') is None, reason='no espeak-ng')
SPEAKER = Speaker('espeak', 'en-us+Mike')


@pytest.fixture(scope='module')
def rooms() -> Rooms:
    return Rooms.made(2, np.random.default_rng(0))


def tone(seconds: float) -> Samples:
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return np.sin(2 * np.pi * 300 * t).astype(np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ), np.float32)


def test_the_silence_around_speech_is_cut_off_and_that_in_it_is_not() -> None:
    wave = np.concatenate([silence(0.3), tone(0.2), silence(0.1), tone(0.2), silence(0.4)])
    assert trimmed(wave).size / RATE_HZ == pytest.approx(0.5, abs=0.021)
    assert trimmed(silence(0.5)).size == 0
    assert trimmed(silence(0)).size == 0


@needs_espeak
def test_words_of_a_scene_lie_in_it_one_after_the_other(tmp_path: Path) -> None:
    writer = SceneWriter(Person(SPEAKER, tmp_path), np.random.default_rng(0), stops=0.8)
    scene = writer.scene(8)
    assert len(scene.said) >= 3
    for word in scene.said:
        assert word.word in STOP_WORDS
        assert 0 <= word.start < word.end <= scene.samples.size
    for first, then in itertools.pairwise(scene.said):
        assert first.end <= then.start


@needs_espeak
def test_a_word_said_alone_ends_where_its_sound_does(tmp_path: Path) -> None:
    person = Person(SPEAKER, tmp_path)
    for seed in range(6):
        scene = SceneWriter(person, np.random.default_rng(seed), stops=1.0).scene(1)
        (word,) = scene.said
        if word.exact:
            assert word.end == scene.samples.size
            assert np.abs(scene.samples[word.end - 320 : word.end]).max() > 0
        assert trimmed(scene.samples[word.start : word.end]).size > 0.1 * RATE_HZ


@needs_espeak
def test_a_scene_without_stop_words_has_none(tmp_path: Path) -> None:
    writer = SceneWriter(Person(SPEAKER, tmp_path), np.random.default_rng(1), stops=0.0)
    assert writer.scene(4).said == ()


@pytest.mark.parametrize('seed', range(5))
def test_disturbed_sound_keeps_its_words_where_they_were_heard(rooms: Rooms, seed: int) -> None:
    wave = np.concatenate([silence(0.5), tone(0.3), silence(0.5)])
    start, end = int(0.5 * RATE_HZ), int(0.8 * RATE_HZ)
    scene = disturbed(Scene(wave, (Said('stop', start, end),)), rooms, np.random.default_rng(seed))
    (word,) = scene.said
    inside, before = scene.samples[word.start : word.end], scene.samples[: word.start - 160]
    assert np.abs(scene.samples).max() <= 1.0
    assert np.mean(inside**2) > 1.3 * np.mean(before**2)


def test_a_background_says_nothing_and_has_its_length(rooms: Rooms) -> None:
    scene = background(1.5, rooms, np.random.default_rng(0))
    assert scene.said == ()
    assert scene.samples.size == 1.5 * RATE_HZ
    assert 0 < np.abs(scene.samples).max() < 1


@pytest.mark.parametrize('texts', [SENTENCES, LOOKALIKES, JUDGED_SENTENCES])
def test_what_is_no_stop_word_holds_none(texts: tuple[str, ...]) -> None:
    assert not {word for text in texts for word in text.lower().split()} & set(STOP_WORDS)


def test_commands_and_talk_hold_no_stop_word() -> None:
    rng = np.random.default_rng(0)
    texts = [*(command(rng) for _ in range(200)), *(talk(rng) for _ in range(200))]
    assert not {word for text in texts for word in text.lower().split()} & set(STOP_WORDS)


def test_nothing_is_trained_on_what_is_judged_on() -> None:
    rng = np.random.default_rng(0)
    judged = {*JUDGED_SENTENCES, *(chatter(rng, kind) for kind in KINDS for _ in range(300))}
    assert not {*SENTENCES, *(talk(rng) for _ in range(2000))} & judged


def test_engines_with_few_voices_speak_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speakers, 'is_installed', lambda engine: True)
    rng = np.random.default_rng(0)
    engines = {someone(TRAINING_SPEAKERS, Path(), rng).speaker.engine for _ in range(100)}
    assert engines == {'espeak', 'flite', 'pico'}
