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

"""Stop words inside running speech beside a motor: which are heard, and how soon."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.recognisers.base import Recogniser
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.stopping.base import STOP_WORDS, StopSpotter
from vlm_robot.tuning.speech import noise
from vlm_robot.tuning.speech.chatter import KINDS, chatter
from vlm_robot.tuning.speech.commands import Commander
from vlm_robot.tuning.speech.judge_corpus import SPEEDS, one
from vlm_robot.tuning.speech.listener import blocks
from vlm_robot.tuning.speech.speakers import HELD_OUT_SPEAKERS
from vlm_robot.tuning.speech.stop_corpus import Person

SNR_DB = 10.0
WINDOW_S = 0.7
"""A word that is heard later than this after its end counts as missed."""

_GAP_S = (0.02, 0.15)
_AFTER_S = 0.5
_OF_A_COMMAND = 0.4


@dataclass(frozen=True)
class StopCase:
    """A stop word inside speech, by its seed."""

    word: str
    speaker: int  # of `HELD_OUT_SPEAKERS`
    seed: int


@dataclass(frozen=True)
class StopScene:
    """
    A stop word inside speech.

    :param from_s: when the word begins, and `to_s` when it ends.
    """

    samples: Samples
    from_s: float
    to_s: float
    before: str
    after: str


@dataclass(frozen=True)
class StopJudged:
    """
    What the spotter made of one.

    :param latency_s: from the end of the word to its block, with what computing took; NaN when it
        was missed. Below 0 where it was heard before its end.
    :param block_s: what each block took, the longest of the scene.
    :param busy: whether a recogniser ran meanwhile.
    """

    word: str
    speaker: str
    seed: int
    before: str
    after: str
    heard: str
    score: float
    latency_s: float
    block_s: float
    busy: bool


def stop_cases(count: int, seed: int = 0) -> list[StopCase]:
    """Return stop words by speakers that take turns: half of them "stop"."""
    words = (STOP_WORDS[0], STOP_WORDS[0], *STOP_WORDS[1:])
    return [
        StopCase(words[i // len(HELD_OUT_SPEAKERS) % 4], i % len(HELD_OUT_SPEAKERS), seed + i)
        for i in range(count)
    ]


def stop_scene(case: StopCase, cache: Path) -> StopScene:
    """Return speech with a stop word in its middle, hardly a pause around it, and a motor."""
    rng = np.random.default_rng([case.seed, 17])
    person = Person(HELD_OUT_SPEAKERS[case.speaker], cache, one(rng, SPEEDS))
    before, after = _carrier(rng), _carrier(rng)
    parts = [person.say(before), _gap(rng), person.say(case.word), _gap(rng), person.say(after)]
    start, end = (sum(part.size for part in parts[:n]) / RATE_HZ for n in (2, 3))
    rest = np.zeros(round(_AFTER_S * RATE_HZ), np.float32)
    speech = np.concatenate([*parts, rest])
    samples = noise.mixed(speech, noise.motor(speech.size, rng), SNR_DB)
    return StopScene(samples, start, end, before, after)


def judge_stop(
    case: StopCase, scene: StopScene, spotter: StopSpotter, *, busy: bool = False
) -> StopJudged:
    """
    Return what a spotter makes of a scene.

    :param busy: is written down.
    """
    spotter.reset()
    heard, score, latency_s, longest_s = '', math.nan, math.nan, 0.0
    for block in blocks(scene.samples):
        began = time.perf_counter()
        hit = spotter.feed(block.samples)
        took = time.perf_counter() - began
        longest_s = max(longest_s, took)
        if hit and not heard and scene.from_s < block.heard_s <= scene.to_s + WINDOW_S:
            heard, score, latency_s = hit.word, hit.score, block.heard_s + took - scene.to_s
    return StopJudged(
        case.word, HELD_OUT_SPEAKERS[case.speaker].name, case.seed, scene.before, scene.after,
        heard, score, latency_s, longest_s, busy,
    )  # fmt: skip


@contextmanager
def recognising(recogniser: Recogniser, samples: Samples) -> Iterator[None]:
    """Keep a recogniser busy on a thread of its own."""
    cancel = CancelToken()

    def work() -> None:
        while not cancel.is_set():
            recogniser.recognise(samples, CancelToken())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        cancel.cancel('judged')
        thread.join()


def _carrier(rng: np.random.Generator) -> str:
    if rng.uniform() < _OF_A_COMMAND:
        return Commander(rng).command()
    return chatter(rng, one(rng, KINDS))


def _gap(rng: np.random.Generator) -> Samples:
    return np.zeros(round(rng.uniform(*_GAP_S) * RATE_HZ), np.float32)
