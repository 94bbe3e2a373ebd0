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

"""Speech is played on a thread, can be interrupted, and lost loudspeakers come back."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from vlm_robot.core.errors import MissingPackageError, Refusal, VlmRobotError
from vlm_robot.core.outcome import Outcome
from vlm_robot.speech.sound import RATE_HZ, Samples, SoundError, SoundFault
from vlm_robot.speech.voices.output import Output
from vlm_robot.speech.voices.player import Player

DEADLINE_S = 10.0
SECOND = np.full(RATE_HZ, 0.1, np.float32)


class Speaker:
    """A loudspeaker that keeps what it is given, and waits where it is told to."""

    latency_s = 0.0

    def __init__(self, *, after: int = 0) -> None:
        self.written: list[Samples] = []
        self.reached, self.go_on, self.closed = (threading.Event() for _ in range(3))
        self.dropped = False
        self._after = after
        if not after:
            self.go_on.set()

    def write(self, samples: Samples) -> None:
        self.written.append(samples)
        if len(self.written) == self._after:
            self.reached.set()
            assert self.go_on.wait(DEADLINE_S)

    def close(self, *, at_once: bool) -> None:
        self.dropped = at_once
        self.closed.set()


class Voice:
    """Says a second of sound, or fails."""

    name = 'test'

    def __init__(self, failure: Exception | None = None) -> None:
        self._failure = failure

    def speak(self, text: str) -> Samples:
        if self._failure is not None:
            raise self._failure
        return SECOND


class Room:
    """Opens loudspeakers one after the other; an error stands for one that is not there."""

    def __init__(self, *speakers: Speaker | VlmRobotError) -> None:
        self._speakers = list(speakers)
        self.faults: list[VlmRobotError] = []
        self.player = Player(self.open, on_fault=self.faults.append)

    def open(self) -> Output:
        speaker = self._speakers.pop(0)
        if isinstance(speaker, VlmRobotError):
            raise speaker
        return speaker

    def wait_for_silence(self) -> None:
        end = time.monotonic() + DEADLINE_S
        while self.player.speaking:
            assert time.monotonic() < end, 'it speaks for too long'


@pytest.fixture
def rooms() -> Iterator[list[Room]]:
    made: list[Room] = []
    yield made
    for room in made:
        room.player.close()
        room.player.close()


def room_with(rooms: list[Room], *speakers: Speaker | VlmRobotError) -> Room:
    rooms.append(Room(*speakers))
    return rooms[-1]


def absent() -> SoundError:
    return SoundError(SoundFault.ABSENT, 'there is no loudspeaker')


def test_all_that_is_played_arrives_in_order(rooms: list[Room]) -> None:
    speaker = Speaker()
    room = room_with(rooms, speaker)
    sound = np.linspace(-1, 1, 12_345, dtype=np.float32)
    room.player.play(sound)
    assert speaker.closed.wait(DEADLINE_S)
    assert np.array_equal(np.concatenate(speaker.written), sound)
    assert not speaker.dropped


def test_a_stop_drops_the_rest_and_what_waits(rooms: list[Room]) -> None:
    speaker = Speaker(after=3)
    room = room_with(rooms, speaker)
    room.player.say(Voice(), 'a long story')
    room.player.say(Voice(), 'another one')
    assert speaker.reached.wait(DEADLINE_S)
    assert room.player.speaking
    room.player.stop()
    speaker.go_on.set()
    room.wait_for_silence()
    assert len(speaker.written) == 3
    assert speaker.dropped
    assert room.faults == [], 'no second loudspeaker was opened'


def test_something_can_be_said_after_a_stop(rooms: list[Room]) -> None:
    speaker = Speaker()
    room = room_with(rooms, speaker)
    room.player.stop()
    room.player.say(Voice(), 'hello')
    assert speaker.closed.wait(DEADLINE_S)
    assert np.concatenate(speaker.written).size == SECOND.size


def test_it_knows_when_its_own_speech_is_in_the_air(rooms: list[Room]) -> None:
    speaker = Speaker(after=1)
    room = room_with(rooms, speaker)
    before_s = time.monotonic()
    assert room.player.until_s == -math.inf
    assert not room.player.heard(before_s - 1, before_s + 60)
    room.player.say(Voice(), 'hello')
    assert speaker.reached.wait(DEADLINE_S)
    assert room.player.until_s >= before_s + 1.0
    assert room.player.heard(before_s, time.monotonic())
    speaker.go_on.set()
    room.wait_for_silence()
    after_s = time.monotonic()
    assert before_s <= room.player.until_s <= after_s
    assert not room.player.heard(after_s, after_s + 1)
    assert not room.player.heard(before_s - 2, before_s)


def test_an_absent_loudspeaker_is_told_of_once_until_one_came_back(rooms: list[Room]) -> None:
    speaker = Speaker()
    room = room_with(rooms, absent(), absent(), speaker, absent())
    for _ in range(4):
        room.player.say(Voice(), 'hello')
        room.wait_for_silence()
    assert speaker.closed.is_set()
    assert [str(fault) for fault in room.faults] == ['there is no loudspeaker'] * 2


def test_a_missing_package_is_told_of_once(rooms: list[Room]) -> None:
    missing = MissingPackageError('sounddevice', 'speech')
    room = room_with(rooms, missing, missing)
    for _ in range(2):
        room.player.play(SECOND)
        room.wait_for_silence()
    assert room.faults == [missing]


@pytest.mark.parametrize('failure', [Refusal(Outcome.MODEL_ERROR, 'hoarse'), KeyError('hoarse')])
def test_a_voice_that_fails_is_told_of_and_the_next_text_is_said(
    rooms: list[Room], failure: Exception
) -> None:
    speaker = Speaker()
    room = room_with(rooms, speaker)
    room.player.say(Voice(failure), 'hello')
    room.player.say(Voice(), 'hello')
    assert speaker.closed.wait(DEADLINE_S)
    assert len(room.faults) == 1
    assert 'hoarse' in str(room.faults[0])


def test_old_texts_give_way_to_new_ones(rooms: list[Room]) -> None:
    first, others = Speaker(after=1), [Speaker() for _ in range(9)]
    room = room_with(rooms, first, *others)
    room.player.play(SECOND)
    assert first.reached.wait(DEADLINE_S)
    for number in range(9):
        room.player.play(np.full(10, number / 10, np.float32))
    first.go_on.set()
    room.wait_for_silence()
    said = [round(float(np.concatenate(s.written)[0]) * 10) for s in others if s.written]
    assert said == [5, 6, 7, 8]


def test_nothing_is_said_after_the_end(rooms: list[Room]) -> None:
    room = room_with(rooms)
    room.player.close()
    room.player.say(Voice(), 'hello')
    assert not room.player.speaking
    assert room.faults == []
