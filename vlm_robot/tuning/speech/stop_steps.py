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

"""What the stop network learns from: the mel bands of scenes, and what each hop of them is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.stopping.mels import BANDS, FRAMES, HOP, MelStream
from vlm_robot.tuning.speech.rooms import Rooms
from vlm_robot.tuning.speech.speakers import TRAINING_SPEAKERS, Speaker
from vlm_robot.tuning.speech.stop_corpus import Said, SceneWriter, background, disturbed, someone
from vlm_robot.tuning.speech.stop_texts import STOP_WORDS

_TELL = (0, 5)  # hops from that in which the word ends, in which it should be told
_TELL_GUESSED = (-3, 6)  # the same where the end is a guess
_IGNORED = (-6, 19)  # hops about the end of which nothing is asked
_LENGTH = 100  # hops of a scene that a batch sees
_WARM = 12  # hops at the beginning of a cut scene of which nothing is asked
_SILENT = 2.0  # of a band


@dataclass(frozen=True)
class Steps:
    """
    Scenes as the network sees them, one after the other.

    :param mels: (n, FRAMES, BANDS) float16.
    :param lengths: (scenes,) how many hops each scene has.
    :param said: (words, 5) scene, number of the word, start and end in samples, whether exact.
    """

    mels: NDArray[np.float16]
    lengths: NDArray[np.int64]
    said: NDArray[np.int64]


@dataclass(frozen=True)
class Told:
    """A word of a scene with the hops, first to before last, of which one should tell it."""

    scene: int
    word: int
    first: int
    last: int


@dataclass(frozen=True)
class Batch:
    """
    Cuttings of scenes.

    :param mels: (b, t, FRAMES, BANDS) float32.
    :param quiet: (b, t) whether nothing should be told in a hop.
    :param told: what should be.
    """

    mels: NDArray[np.float32]
    quiet: NDArray[np.bool_]
    told: tuple[Told, ...]


class Batches:
    """Draws batches of scenes, each a little louder, quieter or differently coloured."""

    def __init__(self, steps: Steps, size: int, *, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._size = size
        self._mels = np.split(steps.mels, np.cumsum(steps.lengths)[:-1])
        self._quiet = [quiet_hops(steps, scene) for scene in range(len(steps.lengths))]
        self._told: list[list[Told]] = [[] for _ in steps.lengths]
        for row in steps.said:
            told = when_told(row)
            if told.first >= 0 and told.last <= steps.lengths[told.scene]:
                self._told[told.scene].append(told)

    def draw(self) -> Batch:
        """Return the next batch."""
        mels = np.full((self._size, _LENGTH, FRAMES, BANDS), _SILENT, np.float32)
        quiet = np.zeros((self._size, _LENGTH), bool)
        told: list[Told] = []
        for row, scene in enumerate(self._rng.integers(0, len(self._mels), self._size)):
            whole = len(self._quiet[scene])
            at = int(self._rng.integers(0, max(1, whole - _LENGTH + 1)))
            n = min(_LENGTH, whole - at)
            mels[row, :n] = self._mels[scene][at : at + n]
            quiet[row, :n] = self._quiet[scene][at : at + n]
            quiet[row, : _WARM if at else 0] = False
            cut = (Told(row, x.word, x.first - at, x.last - at) for x in self._told[scene])
            told += [x for x in cut if _WARM * (at > 0) <= x.first and x.last <= n]
        mels += self._rng.normal(0, 0.4, (self._size, 1, 1, BANDS)).astype(np.float32)
        return Batch(np.maximum(mels, _SILENT), quiet, tuple(told))


def quiet_hops(steps: Steps, scene: int) -> NDArray[np.bool_]:
    """Return for each hop of a scene whether nothing should be told in it."""
    found = np.ones(int(steps.lengths[scene]), bool)
    for row in steps.said[steps.said[:, 0] == scene]:
        at = _hop(int(row[3]))
        found[max(0, at + _IGNORED[0]) : max(0, at + _IGNORED[1])] = False
    return found


def when_told(row: NDArray[np.int64]) -> Told:
    """Return the hops in which a word of `Steps.said` should be told."""
    scene, word, _, end, exact = map(int, row)
    first, last = _TELL if exact else _TELL_GUESSED
    return Told(scene, word, _hop(end) + first, _hop(end) + last)


def write_steps(
    path: Path,
    folder: Path,
    *,
    scenes: int,
    seed: tuple[int, ...],
    speakers: tuple[Speaker, ...] = TRAINING_SPEAKERS,
    clips: int = 40,
) -> None:
    """
    Synthesise scenes, disturb each in three ways, and keep what the network needs of them.

    :param path: of an `.npz`.
    :param folder: where synthesised speech is kept.
    :param clips: of noise, in turn.
    """
    rng = np.random.default_rng(seed)
    rooms = Rooms.made(clips, rng)
    stream = MelStream()
    mels: list[NDArray[np.float16]] = []
    said: list[tuple[int, ...]] = []
    for _ in range(scenes):
        clean = SceneWriter(someone(speakers, folder, rng), rng).scene(int(rng.integers(4, 9)))
        heard = [disturbed(clean, rooms, rng) for _ in range(3)]
        for scene in (*heard, background(3.0, rooms, rng)):
            said += [_row(len(mels), word) for word in scene.said]
            stream.reset()
            mels.append(stream.feed(scene.samples).astype(np.float16))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        mels=np.concatenate(mels),
        lengths=np.array([len(x) for x in mels]),
        said=np.array(said, np.int64).reshape(-1, 5),
    )


def read_steps(paths: Iterable[Path]) -> Steps:
    """Return what was written to several files as one."""
    parts: list[Steps] = []
    before = 0
    for path in paths:
        with np.load(path) as file:
            said = file['said'] + np.array([before, 0, 0, 0, 0])
            parts.append(Steps(file['mels'], file['lengths'], said))
        before += len(parts[-1].lengths)
    return Steps(
        np.concatenate([part.mels for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.said for part in parts]),
    )


def _row(scene: int, word: Said) -> tuple[int, ...]:
    return scene, STOP_WORDS.index(word.word), word.start, word.end, int(word.exact)


def _hop(end: int) -> int:
    """Return the hop in which a sample before `end` is the last."""
    return -(-end // HOP) - 1
