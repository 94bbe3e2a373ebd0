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

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from vlm_robot.speech.sound import SoundError, SoundFault
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.sources.patience import PatientSource

BLOCK = Block(np.zeros(10, np.float32), 0.0)


class Tries:
    """Sources, each of which gives blocks and then perhaps an error."""

    def __init__(self, *tries: tuple[int, SoundError | None]) -> None:
        self._tries = list(tries)
        self.opened = 0
        self.faults: list[str] = []
        self.sounds = 0

    def listen(self) -> PatientSource:
        return PatientSource(
            'desk', self._open, on_fault=self._fault, on_sound=self._sound, back_off_s=(0.0,)
        )

    def _open(self) -> _Try:
        self.opened += 1
        return _Try(*self._tries.pop(0))

    def _fault(self, error: SoundError) -> None:
        self.faults.append(error.message)

    def _sound(self) -> None:
        self.sounds += 1


class _Try:
    name = 'desk'

    def __init__(self, n: int, error: SoundError | None) -> None:
        self._n, self._error = n, error

    def blocks(self) -> Iterator[Block]:
        yield from [BLOCK] * self._n
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self._n = 0


def error(fault: SoundFault, message: str = '') -> SoundError:
    return SoundError(fault, message or fault.value)


def test_a_microphone_that_went_away_is_opened_again_and_each_fault_is_told_once() -> None:
    tries = Tries(
        (3, error(SoundFault.LOST)),
        (0, error(SoundFault.ABSENT)),
        (0, error(SoundFault.ABSENT)),
        (0, error(SoundFault.BUSY)),
        (2, error(SoundFault.LOST)),
        (1, None),
    )
    assert len(list(tries.listen().blocks())) == 6
    assert tries.faults == ['lost', 'absent', 'busy', 'lost']
    assert tries.sounds == 3


def test_what_ends_by_itself_is_not_opened_again() -> None:
    tries = Tries((2, None))
    assert len(list(tries.listen().blocks())) == 2
    assert (tries.opened, tries.faults) == (1, [])


def test_a_file_that_breaks_off_does_not_say_its_commands_again() -> None:
    tries = Tries((2, error(SoundFault.NOT_SOUND, 'breaks off')))
    assert len(list(tries.listen().blocks())) == 2
    assert (tries.opened, tries.faults) == (1, ['breaks off'])


def test_a_file_that_was_no_sound_is_heard_when_it_has_been_replaced() -> None:
    tries = Tries((0, error(SoundFault.NOT_SOUND)), (2, None))
    assert len(list(tries.listen().blocks())) == 2


def test_closing_ends_the_waiting() -> None:
    told = threading.Event()

    def fail() -> _Try:
        raise error(SoundFault.ABSENT)

    source = PatientSource('desk', fail, on_fault=lambda _: told.set(), back_off_s=(3600.0,))
    listening = threading.Thread(target=lambda: list(source.blocks()))
    listening.start()
    assert told.wait(30.0)
    source.close()
    listening.join(30.0)
    assert not listening.is_alive()


def test_an_error_that_is_not_of_sound_is_not_hidden() -> None:
    def fail() -> _Try:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(PatientSource('desk', fail, on_fault=lambda _: None).blocks())
