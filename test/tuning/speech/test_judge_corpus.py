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

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlm_robot.speech.sound import RATE_HZ
from vlm_robot.tuning.speech.chatter import KINDS, chatter, is_chatter
from vlm_robot.tuning.speech.commands import Commander
from vlm_robot.tuning.speech.judge_corpus import (
    CONDITIONS,
    SPEEDS,
    cases,
    draw_texts,
    stream,
)
from vlm_robot.tuning.speech.judge_triggers import (
    MINUTE,
    SCENES,
    Minute,
    Sentence,
    minutes,
    near,
    sound,
)
from vlm_robot.tuning.speech.speakers import HELD_OUT_SPEAKERS, Speaker

ESPEAK = Speaker('espeak', 'en-us')


@given(st.integers(0, 2**32 - 1), st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_chatter_is_no_command_and_has_no_stop_word(seed: int, kind: str) -> None:
    text = chatter(np.random.default_rng(seed), kind)
    assert is_chatter(text)
    assert '{' not in text


def test_commands_and_stop_words_are_no_chatter() -> None:
    assert not is_chatter('put the cube in the bowl')
    assert not is_chatter('yes')
    assert not is_chatter('the bus stop is over there')


def test_every_text_is_said_in_every_condition_and_all_speakers_and_speeds_take_part() -> None:
    commander = Commander(np.random.default_rng(0))
    texts = draw_texts(42, np.random.default_rng(0), commander.command)
    assert len(set(texts)) == 42
    drawn = cases(texts)
    for condition in CONDITIONS:
        group = [case for case in drawn if case.condition == condition]
        assert [case.text for case in group] == texts
        assert {(case.speaker, case.speed) for case in group} == {
            (speaker, speed) for speaker in HELD_OUT_SPEAKERS for speed in SPEEDS
        }


@pytest.mark.skipif(not ESPEAK.is_there, reason='espeak-ng is not installed')
def test_a_stream_is_as_noisy_as_its_condition_says_and_the_same_each_time(tmp_path: Path) -> None:
    drawn = cases(['push the cup left'], speakers=[ESPEAK])
    heard = [stream(case, tmp_path) for case in drawn]
    quiet = heard[0].samples
    loud = quiet[np.abs(quiet) > 0.05 * np.abs(quiet).max()]
    for condition, other in zip(CONDITIONS[1:], heard[1:], strict=True):
        noise = other.samples - quiet
        snr_db = 10 * np.log10(np.mean(loud**2) / np.mean(noise**2))
        assert snr_db == pytest.approx(condition.snr_db, abs=0.5)
        assert (other.from_s, other.to_s) == (heard[0].from_s, heard[0].to_s)
    np.testing.assert_array_equal(stream(drawn[-1], tmp_path).samples, heard[-1].samples)


@pytest.mark.skipif(not ESPEAK.is_there, reason='espeak-ng is not installed')
def test_speech_lies_between_its_begin_and_its_end_and_nowhere_else(tmp_path: Path) -> None:
    case = cases(['push the cup left'], speakers=[ESPEAK])[0]
    heard = stream(case, tmp_path)
    start, end = (round(at * RATE_HZ) for at in (heard.from_s, heard.to_s))
    around = np.concatenate([heard.samples[:start], heard.samples[end:]])
    assert np.abs(around).max() < 0.02 * np.abs(heard.samples).max()
    assert 0.7 < heard.from_s < heard.to_s < heard.samples.size / RATE_HZ - 1.5


def test_an_hour_has_every_scene_in_its_share() -> None:
    hour = minutes(1.0)
    assert len(hour) == 60
    assert {minute.scene for minute in hour} == set(SCENES)
    assert len({minute.seed for minute in hour}) == 60
    for scene, share in SCENES.items():
        count = sum(minute.scene == scene for minute in hour)
        assert count == pytest.approx(60 * share, abs=2.1)


@pytest.mark.parametrize('scene', ['silence', 'room'])
def test_a_minute_without_talk_is_a_minute_that_cannot_be_too_loud(scene: str) -> None:
    samples, said = sound(Minute(scene, 7), Path('unused'))
    assert samples.shape == (MINUTE,)
    assert 0 < np.abs(samples).max() <= 1
    assert said == ()


def test_what_was_said_in_a_stretch_is_found_by_its_time() -> None:
    said = (Sentence('first', 'a', 1.0, 2.0), Sentence('second', 'b', 3.0, 4.0))
    assert near(said, 1.5, 1.6) == 'first'
    assert near(said, 1.5, 3.5) == 'first / second'
    assert near(said, 2.1, 2.9) == ''
