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

"""
Hears sound that is there already as speech_node hears a microphone, faster than it sounds.

Times are the stream's; what computing took is added to them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.activity import Segmenter
from vlm_robot.speech.dialogue import Dialogue
from vlm_robot.speech.guard import Guard
from vlm_robot.speech.heard import Kind
from vlm_robot.speech.hearing import HeardAt, Hearing
from vlm_robot.speech.recognisers.base import Recogniser, Recognition
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.stopping.base import StopSpotter
from vlm_robot.speech.wake import Wake

BLOCK = 512
"""Samples of a block: 32 ms."""


@dataclass(frozen=True)
class Parts:
    """
    What hears.

    :param spotter: None to hear no stop words.
    """

    recogniser: Recogniser
    segmenter: Segmenter
    spotter: StopSpotter | None
    guard: Guard


@dataclass(frozen=True)
class Told:
    """
    One utterance and what is done about it.

    :param text: what is to be done; `said` is what it sounded like, whatever is done about it.
    :param reason: why nothing is done.
    :param start_s: when its sound begins in the stream, and `end_s` when its speech ends.
    :param told_s: when it was done: the time of its block, and what was computed then.
    :param compute_s: what recognising it took.
    """

    kind: Kind
    text: str
    said: str
    confidence: float
    alternatives: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    reason: str = ''
    start_s: float = 0.0
    end_s: float = 0.0
    told_s: float = math.nan
    compute_s: float = math.nan


@dataclass(frozen=True)
class Stopped:
    """
    A stop word that the spotter heard.

    :param at_s: the time of its block; finding it took `compute_s` after that.
    """

    word: str
    score: float
    at_s: float
    compute_s: float


@dataclass(frozen=True)
class Account:
    """What was made of a stream; `ears_s` is a core's time for listening, not recognising."""

    told: tuple[Told, ...]
    stops: tuple[Stopped, ...]
    ears_s: float


class Listener:
    """Hears streams one after the other."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._noting = _Noting(parts.recogniser)

    def hear(self, samples: Samples) -> Account:
        """Return what is made of a stream that begins now, as if nothing was heard before."""
        noting, parts = self._noting, self._parts
        spotter = _Timed(parts.spotter) if parts.spotter else None
        hearing = Hearing(
            parts.segmenter, spotter, noting, Dialogue(parts.guard, Wake('')), partial_s=0.0
        )
        hearing.ears.reset()
        told, stops, ears_s = list[Told](), list[Stopped](), 0.0
        for block in blocks(samples):
            noting.took_s, noting.worked_s, began = 0.0, 0.0, time.thread_time()
            found = hearing.feed(block)
            ears_s += time.thread_time() - began - noting.worked_s
            for heard in found:
                if spotter and _is_spotted(heard):
                    stops.append(_stopped(heard, spotter.took_s))
                else:
                    told.append(noting.told(heard))
        return Account(tuple(told), tuple(stops), ears_s)


class _Timed:
    """A spotter with what its last block took."""

    def __init__(self, spotter: StopSpotter) -> None:
        self._spotter = spotter
        self.took_s = 0.0
        self.reset: Callable[[], None] = spotter.reset

    def feed(self, samples: Samples):  # type: ignore[no-untyped-def]
        """Listen on."""
        began = time.perf_counter()
        heard = self._spotter.feed(samples)
        self.took_s = time.perf_counter() - began
        return heard


class _Noting:
    """A recogniser with what it said last, and what that took."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._last = Recognition()
        self._last_s = math.nan
        self.took_s = self.worked_s = 0.0
        self.name = recogniser.name
        self.close: Callable[[], None] = recogniser.close

    def recognise(self, samples: Samples, cancel: CancelToken) -> Recognition:
        """Return what was said."""
        began, began_work = time.perf_counter(), time.thread_time()
        self._last = Recognition()
        try:
            self._last = self._recogniser.recognise(samples, cancel)
        finally:
            self._last_s = time.perf_counter() - began
            self.took_s += self._last_s
            self.worked_s += time.thread_time() - began_work
        return self._last

    def told(self, at: HeardAt) -> Told:
        """Return what is done about what was recognised last."""
        heard, last = at.heard, self._last
        return Told(
            heard.kind, heard.text, last.text, last.confidence,
            tuple(h.text for h in last.hypotheses[1:]), last.unknown, heard.reason,
            at.span.start_s, at.span.end_s, at.told_s + self.took_s, self._last_s,
        )  # fmt: skip


def blocks(samples: Samples) -> Iterator[Block]:
    """Cut samples into blocks, heard from second 0 on; the last one may be shorter."""
    for start in range(0, samples.size, BLOCK):
        part = samples[start : start + BLOCK]
        yield Block(part, (start + part.size) / RATE_HZ)


def _is_spotted(at: HeardAt) -> bool:
    """Whether the spotter heard it: what is recognised has a length."""
    return at.heard.kind is Kind.STOP and at.span.start_s == at.span.end_s


def _stopped(at: HeardAt, took_s: float) -> Stopped:
    return Stopped(at.heard.text, at.heard.confidence, at.told_s, took_s)
