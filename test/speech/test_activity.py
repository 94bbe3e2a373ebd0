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

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.activity import Segmenter
from vlm_robot.speech.activity_settings import ActivitySettings, Listening
from vlm_robot.speech.events import Ended, Event, Paused, Started
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.sources.base import Block

RNG = np.random.default_rng(1)


def voice(seconds: float) -> Samples:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = sum(np.sin(2 * np.pi * hertz * t) for hertz in (220, 660, 1320, 2200, 3300, 5000))
    return (0.1 * np.asarray(wave)).astype(np.float32)


def silence(seconds: float) -> Samples:
    return (1e-4 * RNG.standard_normal(round(seconds * RATE_HZ))).astype(np.float32)


def is_voice(samples: Samples) -> float:
    return float(np.abs(samples).max() > 0.05)


def listen(segmenter: Segmenter, *parts: Samples, block: int = 320, at_s: float = 0.0) -> list:
    """Feed sound whose first sample is heard at a time."""
    sound = np.concatenate(parts)
    events: list[Event] = []
    for i in range(0, sound.size, block):
        some = sound[i : i + block]
        events += segmenter.feed(Block(some, at_s + (i + some.size) / RATE_HZ))
    return events


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


def make(**changes: object) -> Segmenter:
    return Segmenter(ActivitySettings(**changes), is_voice)  # type: ignore[arg-type]


def test_an_utterance_has_its_pre_roll_and_the_time_of_its_last_word() -> None:
    events = listen(make(), silence(1.0), voice(0.8), silence(1.2), at_s=50.0)
    assert kinds(events) == [Started, Paused, Ended]
    paused, ended = events[1].utterance, events[2].utterance
    assert paused.number == ended.number == events[0].number
    assert paused.start_s == pytest.approx(50.7, abs=0.05)
    assert paused.spoken_s == pytest.approx(51.8, abs=0.02)
    assert ended.spoken_s == pytest.approx(paused.spoken_s)
    assert ended.samples.size > paused.samples.size
    assert not events[2].cut


@given(block=st.integers(1, 9000))
@settings(max_examples=15)
def test_the_utterance_is_the_same_in_blocks_of_any_length(block: int) -> None:
    parts = (silence(0.5), voice(0.5), silence(1.0))
    one = [e for e in listen(make(), *parts) if isinstance(e, Ended)]
    other = [e for e in listen(make(), *parts, block=block) if isinstance(e, Ended)]
    assert len(one) == len(other) == 1
    assert np.array_equal(one[0].utterance.samples, other[0].utterance.samples)
    assert one[0].utterance.spoken_s == pytest.approx(other[0].utterance.spoken_s, abs=1e-6)


def test_a_pause_between_words_is_told_and_the_utterance_goes_on() -> None:
    events = listen(make(), silence(1), voice(0.4), silence(0.5), voice(0.4), silence(1))
    assert kinds(events) == [Started, Paused, Paused, Ended]
    assert events[3].utterance.samples.size > 1.2 * RATE_HZ


def test_an_accepted_pause_ends_the_utterance_and_what_follows_is_another() -> None:
    segmenter = make()
    first = listen(segmenter, silence(1), voice(0.4), silence(0.35))
    assert kinds(first) == [Started, Paused]
    assert segmenter.accept(first[0].number)
    assert not segmenter.accept(first[0].number)
    second = listen(segmenter, voice(0.4), silence(1), at_s=1.75)
    assert kinds(second) == [Started, Paused, Ended]
    assert second[0].number == first[0].number + 1
    earlier = first[1].utterance
    assert second[2].utterance.start_s >= earlier.start_s + earlier.samples.size / RATE_HZ - 1e-6


def test_a_pause_is_not_accepted_when_its_speaker_has_gone_on() -> None:
    segmenter = make()
    events = listen(segmenter, silence(1), voice(0.4), silence(0.4), voice(0.4))
    assert kinds(events) == [Started, Paused]
    assert not segmenter.accept(events[0].number)
    later = listen(segmenter, silence(0.4))
    assert kinds(later) == [Paused]
    assert not segmenter.accept(events[0].number, events[1].utterance.spoken_s)
    assert not segmenter.accept(events[0].number - 1)
    assert segmenter.accept(events[0].number, later[0].utterance.spoken_s)


def test_a_click_begins_no_utterance() -> None:
    assert listen(make(), silence(1), voice(0.06), silence(1), voice(0.06), silence(1)) == []


def test_speech_that_is_too_short_is_no_utterance() -> None:
    assert listen(make(shortest_s=0.4), silence(1), voice(0.25), silence(1)) == []


def test_endless_sound_is_cut_off_once_and_heard_again_after_a_pause() -> None:
    segmenter = make(longest_s=2.0)
    events = listen(segmenter, silence(1), voice(8.0), silence(0.6), voice(0.5), silence(1))
    assert kinds(events) == [Started, Ended, Started, Paused, Ended]
    assert [e.cut for e in events if isinstance(e, Ended)] == [True, False]
    assert events[1].utterance.samples.size <= 2.1 * RATE_HZ


def test_what_does_not_stand_out_of_the_noise_begins_nothing() -> None:
    def somebody(samples: Samples) -> float:
        return float(next(probabilities))

    noise = (0.05 * RNG.standard_normal(4 * RATE_HZ)).astype(np.float32)
    probabilities = iter([0.1] * 60 + [0.9] * 30 + [0.1] * 100)
    assert listen(Segmenter(ActivitySettings(), somebody), noise) == []


def test_what_was_said_so_far_grows_and_is_nothing_while_nobody_speaks() -> None:
    segmenter = make()
    assert segmenter.so_far().size == 0
    listen(segmenter, silence(1), voice(0.4))
    first = segmenter.so_far()
    listen(segmenter, voice(0.2))
    second = segmenter.so_far()
    assert np.array_equal(second[: first.size], first)
    assert second.size == first.size + round(0.2 * RATE_HZ)
    listen(segmenter, silence(1))
    assert segmenter.so_far().size == 0


def test_after_a_reset_what_was_heard_before_is_forgotten_and_numbers_go_on() -> None:
    segmenter = make()
    events = listen(segmenter, silence(1), voice(0.4))
    segmenter.reset()
    assert segmenter.so_far().size == 0
    later = listen(segmenter, silence(1), voice(0.4), silence(1))
    assert kinds(later) == [Started, Paused, Ended]
    assert later[0].number == events[0].number + 1


def test_a_held_button_decides_and_the_voice_does_not() -> None:
    segmenter = make(mode=Listening.PUSH)
    assert listen(segmenter, silence(1), voice(0.5), silence(1)) == []
    segmenter.press()
    assert kinds(listen(segmenter, voice(0.5), silence(1), voice(0.5))) == [Started]
    (ended,) = segmenter.release()
    assert isinstance(ended, Ended)
    assert 2.0 * RATE_HZ <= ended.utterance.samples.size <= 2.4 * RATE_HZ
    assert listen(segmenter, voice(0.5), silence(1)) == []


def test_a_button_that_is_held_in_silence_gives_no_utterance() -> None:
    segmenter = make(mode=Listening.PUSH)
    segmenter.press()
    assert kinds(listen(segmenter, silence(1))) == [Started]
    assert segmenter.release() == ()
    assert segmenter.release() == ()


def test_a_button_that_is_held_for_ever_gives_one_utterance_that_is_cut_off() -> None:
    segmenter = make(mode=Listening.PUSH, longest_s=2.0)
    segmenter.press()
    events = listen(segmenter, voice(6.0))
    assert kinds(events) == [Started, Ended]
    assert events[1].cut
    assert segmenter.release() == ()


@pytest.mark.parametrize(
    'changes',
    [{'start': 1.0}, {'stay': 0.6}, {'pause_s': 0.0}, {'pause_s': 0.9}, {'preroll_s': -1.0},
     {'shortest_s': 0.0}, {'longest_s': 1e9}, {'over_floor_db': float('nan')}],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_refused_with_their_value(
    changes: dict[str, float],
) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(changes))):
        ActivitySettings(**changes)  # type: ignore[arg-type]
