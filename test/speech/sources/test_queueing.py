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

import numpy as np

from vlm_robot.speech.sound import SoundFault
from vlm_robot.speech.sources.queueing import SoundQueue, Stretch


def stretch(value: float) -> Stretch:
    """A second."""
    return Stretch(np.full((8_000, 1), value, np.float32), 8_000, value)


def test_what_is_put_is_taken_in_order() -> None:
    queue = SoundQueue()
    queue.put(stretch(1))
    queue.put(stretch(2))
    taken = [queue.take(1.0), queue.take(1.0)]
    assert [s.heard_s for s in taken if s] == [1, 2]
    assert all(s is not None and s.fault is None for s in taken)


def test_when_nobody_takes_it_the_newest_is_kept_and_the_loss_is_said_once() -> None:
    queue = SoundQueue(longest_s=2.0)
    for value in range(10):
        queue.put(stretch(value))
    taken = [queue.take(0.0) for _ in range(3)]
    assert [s and (s.heard_s, s.fault) for s in taken] == [
        (8, SoundFault.OVERRUN),
        (9, None),
        None,
    ]


def test_nothing_comes_out_of_an_empty_queue_in_time() -> None:
    assert SoundQueue().take(0.0) is None


def test_who_waits_is_woken_when_the_queue_is_closed() -> None:
    queue = SoundQueue()
    got: list[Stretch | None] = []
    waiting = threading.Thread(target=lambda: got.append(queue.take(60.0)))
    waiting.start()
    queue.close()
    waiting.join(30.0)
    assert got == [None]
    assert queue.is_closed
