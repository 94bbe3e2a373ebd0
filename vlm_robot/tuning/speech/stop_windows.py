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

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.acoustic.features import evened, mel_power
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.stopping.base import STOP_WORDS
from vlm_robot.speech.stopping.network import COLUMNS
from vlm_robot.tuning.speech.rooms import Rooms
from vlm_robot.tuning.speech.speakers import TRAINING_SPEAKERS, Speaker
from vlm_robot.tuning.speech.stop_corpus import Scene, SceneWriter, background, disturbed, someone

_COLUMN = RATE_HZ // 100
_PIECES = 12
_STOPS = (0.45, 0.45, 0.1)
_NOISE_S = 30.0
_TELL = (5, 25)  # columns after its end in which a word should be told
_TELL_GUESSED = (2, 26)  # the same where its end is a guess
_IGNORED = (-12, 55)  # columns about its end of which nothing is asked
_SMALLEST = 1e-12

Windows = NDArray[np.int64]
"""(n, 3) the number of a scene, the column before which a window ends, its class."""


@dataclass(frozen=True)
class Heard:
    """
    A scene as the network takes it.

    :param log_power: (t, BANDS) float16, the logarithm of the power in the mel bands.
    :param said: (n, 4) number of each word, where it starts and ends in columns, whether exactly.
    """

    log_power: NDArray[np.float16]
    said: NDArray[np.int64]


def heard(scene: Scene) -> Heard:
    """Return a scene as the network takes it."""
    rows = [
        (STOP_WORDS.index(x.word), x.start // _COLUMN, x.end // _COLUMN, x.exact)
        for x in scene.said
    ]
    return Heard(log_power(scene.samples), np.array(rows, np.int64).reshape(-1, 4))


def log_power(samples: Samples) -> NDArray[np.float16]:
    """Return the logarithm of the power in the mel bands, (t, BANDS)."""
    return np.log(mel_power(samples, samples.size // _COLUMN) + _SMALLEST).astype(np.float16)


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
    """
    Draws windows: those in which a word should be told, any others, and others that are hard.

    :param kept: how many hard ones are remembered.
    """

    def __init__(self, heard: list[Heard], *, seed: int, kept: int = 4000) -> None:
        self._rng = np.random.default_rng(seed)
        self._powers = [one.log_power for one in heard]
        pairs = [(_told(i, one), _quiet(i, one)) for i, one in enumerate(heard)]
        self._told = np.concatenate([told for told, _ in pairs])
        self._quiet = np.concatenate([quiet for _, quiet in pairs])
        self._hard = self._quiet[:0]
        self._kept = kept

    def draw(self, told: int, quiet: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return (n, COLUMNS, BANDS) spectra, each differently coloured, and their classes."""
        hard = quiet // 2 if self._hard.size else 0
        each = ((self._told, told), (self._hard, hard), (self._quiet, quiet - hard))
        chosen = np.concatenate([
            windows[self._rng.integers(len(windows), size=n)] for windows, n in each if n
        ])  # fmt: skip
        spectra = self.spectra(chosen)
        colour = self._rng.normal(0, 0.15, (len(chosen), 1, spectra.shape[2]))
        return spectra + colour.astype(np.float32), chosen[:, 2]

    def mine(self, count: int, score: Callable[[NDArray[np.float32]], NDArray]) -> float:
        """
        Remember the eighth of so many windows that are hardest to be quiet in.

        :param score: spectra to how likely some word has just ended.
        :return: the share of the windows in which that is likelier than not.
        """
        drawn = self._quiet[self._rng.integers(len(self._quiet), size=count)]
        scores = score(self.spectra(drawn))
        hardest = drawn[np.argsort(-scores)[: max(1, count // 8)]]
        self._hard = np.concatenate([hardest, self._hard])[: self._kept]
        return float(np.mean(scores > 0.5))

    def spectra(self, windows: Windows) -> NDArray[np.float32]:
        """Return windows as the network sees them, (n, COLUMNS, BANDS)."""
        cut = [self._powers[scene][end - COLUMNS : end] for scene, end, _ in windows]
        return evened(np.exp(np.stack(cut).astype(np.float32)))


def _told(number: int, one: Heard) -> Windows:
    """Return the windows of a scene in which a word should be told."""
    found = []
    for word, _, end, exact in one.said:
        first, last = _TELL if exact else _TELL_GUESSED
        ends = np.arange(max(COLUMNS, end + first), min(len(one.log_power), end + last))
        found.append(np.stack([np.full_like(ends, number), ends, np.full_like(ends, word + 1)], 1))
    return np.concatenate([np.zeros((0, 3), np.int64), *found])


def _quiet(number: int, one: Heard) -> Windows:
    """Return the windows of a scene in which nothing should be told."""
    free = np.ones(len(one.log_power) + 1, bool)
    for _, _, end, _ in one.said:
        free[max(0, end + _IGNORED[0]) : max(0, end + _IGNORED[1])] = False
    ends = np.flatnonzero(free)
    ends = ends[ends >= COLUMNS]
    return np.stack([np.full_like(ends, number), ends, np.zeros_like(ends)], 1)
