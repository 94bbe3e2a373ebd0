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

"""What the stop network learns from: seconds of scenes, and which word has just ended in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.acoustic.levelling import levelled
from vlm_robot.speech.sound import RATE_HZ
from vlm_robot.speech.stopping.base import STOP_WORDS
from vlm_robot.speech.stopping.network import WINDOW
from vlm_robot.tuning.speech.rooms import Rooms
from vlm_robot.tuning.speech.speakers import TRAINING_SPEAKERS, Speaker
from vlm_robot.tuning.speech.stop_corpus import Scene, SceneWriter, background, disturbed, someone

_STEP = RATE_HZ // 100
_PIECES = 12
_STOPS = (0.45, 0.45, 0.1)
_NOISE_S = 30.0
_TELL = (4, 25)  # steps of 10 ms after its end in which a word should be told
_TELL_GUESSED = (2, 26)  # the same where its end is a guess
_IGNORED = (-12, 55)  # steps about its end of which nothing is asked

Windows = NDArray[np.int64]
"""(n, 3) the number of a scene, the step before which a window ends, its class."""


@dataclass(frozen=True)
class Heard:
    """
    A scene to learn from.

    :param samples: (N,) int16 at `RATE_HZ`: a training has hours of them in memory.
    :param said: (n, 4) number of each word, where it starts and ends in steps of 10 ms, whether
        exactly.
    """

    samples: NDArray[np.int16]
    said: NDArray[np.int64]


def heard(scene: Scene) -> Heard:
    """Return a scene to learn from."""
    rows = [
        (STOP_WORDS.index(x.word), x.start // _STEP, x.end // _STEP, x.exact) for x in scene.said
    ]
    samples = np.round(np.clip(scene.samples, -1, 1) * 32767).astype(np.int16)
    return Heard(samples, np.array(rows, np.int64).reshape(-1, 4))


def scenes(
    count: int,
    folder: Path,
    seed: tuple[int, ...],
    *,
    speakers: tuple[Speaker, ...] = TRAINING_SPEAKERS,
) -> Iterable[Heard]:
    """
    Yield scenes, now and then one in which nobody speaks.

    :param folder: where synthesised speech is kept.
    """
    rng = np.random.default_rng(seed)
    rooms = Rooms.made(4, rng)
    for number in range(count):
        if number % 12 == 11:
            yield heard(background(_NOISE_S, rooms, rng))
            continue
        writer = SceneWriter(someone(speakers, folder, rng), rng, stops=_STOPS[number % 3])
        yield heard(disturbed(writer.scene(_PIECES), rooms, rng))


class WindowDraw:
    """Draws windows: those in which a word should be told, and those in which none should."""

    def __init__(self, heard: Sequence[Heard], *, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._heard = heard
        self._told = np.concatenate([_told(i, one) for i, one in enumerate(heard)])
        self._quiet = np.concatenate([_quiet(i, one) for i, one in enumerate(heard)])

    def told(self, count: int) -> Windows:
        """Return windows in which a word has just ended."""
        return self._told[self._rng.integers(len(self._told), size=count)]

    def quiet(self, count: int) -> Windows:
        """Return windows in which none has."""
        return self._quiet[self._rng.integers(len(self._quiet), size=count)]

    def sound(self, windows: Windows) -> NDArray[np.float32]:
        """Return windows as the acoustic network takes them, (n, samples)."""
        cut = (
            self._heard[scene].samples[end * _STEP - WINDOW : end * _STEP]
            for scene, end, _ in windows
        )
        return np.stack([levelled(one.astype(np.float32) / np.float32(32767)) for one in cut])


def _told(number: int, one: Heard) -> Windows:
    """Return the windows of a scene in which a word should be told."""
    found = []
    for word, _, end, exact in one.said:
        first, last = _TELL if exact else _TELL_GUESSED
        ends = np.arange(max(_first(), end + first), min(_last(one), end + last))
        found.append(np.stack([np.full_like(ends, number), ends, np.full_like(ends, word + 1)], 1))
    return np.concatenate([np.zeros((0, 3), np.int64), *found])


def _quiet(number: int, one: Heard) -> Windows:
    """Return the windows of a scene in which nothing should be told."""
    free = np.ones(_last(one), bool)
    for _, _, end, _ in one.said:
        free[max(0, end + _IGNORED[0]) : max(0, end + _IGNORED[1])] = False
    ends = np.flatnonzero(free)
    ends = ends[ends >= _first()]
    return np.stack([np.full_like(ends, number), ends, np.zeros_like(ends)], 1)


def _first() -> int:
    return -(-WINDOW // _STEP)


def _last(one: Heard) -> int:
    return one.samples.size // _STEP + 1
