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

"""Recognition has a thread of its own: nobody waits for it, and it can be canceled."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from ros_fixture import wait_until

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.desk import Desk
from vlm_robot.speech.dialogue import Span
from vlm_robot.speech.ears import Said, Stage

DEADLINE_S = 20.0


def said(number: int, stage: Stage = Stage.ENDED) -> Said:
    return Said(stage, np.zeros(1, np.float32), Span(number, number + 1.0), number)


class Recognising:
    """Work that goes on until it is let go, or canceled."""

    def __init__(self) -> None:
        self.begun: queue.Queue[tuple[Said, CancelToken]] = queue.Queue()
        self.go = threading.Semaphore(0)
        self.dropped: list[tuple[int, str]] = []
        self.desk = Desk(self._work, on_dropped=self._drop)

    def _drop(self, what: Said, why: str) -> None:
        self.dropped.append((what.number, why))

    def _work(self, what: Said, cancel: CancelToken) -> None:
        with cancel.listening(self.go.release):
            self.begun.put((what, cancel))
            self.go.acquire()

    def next(self) -> tuple[Said, CancelToken]:
        return self.begun.get(timeout=DEADLINE_S)


@pytest.fixture
def recognising() -> Iterator[Recognising]:
    made = Recognising()
    yield made
    assert made.desk.close()


def test_of_more_utterances_than_may_wait_the_oldest_is_dropped_and_said_so(
    recognising: Recognising,
) -> None:
    recognising.desk.put(said(0))
    recognising.next()

    for number in (1, 2, 3):
        recognising.desk.put(said(number))

    assert recognising.dropped == [(1, 'more than 2 utterances wait to be recognised')]
    recognising.go.release()
    assert recognising.next()[0].number == 2


def test_the_end_of_an_utterance_takes_the_place_of_its_pause_that_still_waits(
    recognising: Recognising,
) -> None:
    recognising.desk.put(said(0))
    recognising.next()

    recognising.desk.put(said(1, Stage.PAUSED))
    recognising.desk.put(said(1))
    recognising.go.release()

    assert recognising.next()[0].stage is Stage.ENDED
    recognising.go.release()
    wait_until(lambda: not recognising.desk.busy)
    assert recognising.dropped == []


def test_a_cancel_ends_what_is_recognised_and_drops_what_waits(recognising: Recognising) -> None:
    recognising.desk.put(said(0))
    _, cancel = recognising.next()
    recognising.desk.put(said(1))

    recognising.desk.cancel_all('enough')

    assert cancel.verdict.message == 'enough'
    assert recognising.dropped == [(1, 'enough')]
    wait_until(lambda: not recognising.desk.busy)
    recognising.desk.put(said(2))
    assert recognising.next()[0].number == 2


def test_a_partial_result_gives_way_to_an_utterance(recognising: Recognising) -> None:
    recognising.desk.put(said(0, Stage.PARTIAL))
    _, cancel = recognising.next()

    recognising.desk.put(said(0, Stage.PAUSED))

    assert cancel.is_set()
    assert recognising.next()[0].stage is Stage.PAUSED


def test_nobody_asks_for_a_partial_result_while_something_else_is_recognised(
    recognising: Recognising,
) -> None:
    recognising.desk.put(said(0))
    recognising.next()

    recognising.desk.put(said(1, Stage.PARTIAL))
    recognising.desk.put(said(2))
    recognising.go.release()

    assert recognising.next()[0].number == 2
    assert recognising.dropped == []
