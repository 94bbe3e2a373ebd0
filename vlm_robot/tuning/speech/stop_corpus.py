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
Scenes of running speech with stop words in it, and where each of them ends.

A word is synthesised alone, its silence cut off, and set between other speech of the same voice
with a gap of at most an instant: so its end is known to 10 ms. Where a voice says it in one breath
with what follows ('stop it'), its end is guessed from the word alone and told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.stopping.base import STOP_WORDS
from vlm_robot.tuning.speech import noise
from vlm_robot.tuning.speech.rooms import Rooms, coloured
from vlm_robot.tuning.speech.speakers import Speaker, drawn_speaker, kept_speech
from vlm_robot.tuning.speech.stop_texts import LEADS, TAILS, command, talk

_FRAME = 160
_AFTER_S = 0.4
_SILENT = 0.015  # of the loudest frame's level
_ENGINES = {'espeak': 0.44, 'flite': 0.26, 'pico': 0.3}
"""How often an engine speaks; Festival never: it takes ten times as long."""
_SPEEDS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.4)


@dataclass(frozen=True)
class Said:
    """
    A stop word in a scene.

    :param start: its first sample.
    :param end: the sample after its last.
    :param exact: whether its end is known, and not only guessed.
    """

    word: str
    start: int
    end: int
    exact: bool = True


@dataclass(frozen=True)
class Scene:
    """
    Running speech.

    :param samples: (N,) at `RATE_HZ`.
    :param said: the stop words in it, in order.
    """

    samples: Samples
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Person:
    """A speaker with a manner of speaking, and where what it says is kept."""

    speaker: Speaker
    folder: Path
    speed: float = 1.0
    pitch: int = 50

    def say(self, text: str) -> Samples:
        """Return a text without the silence around it."""
        said = kept_speech(self.folder, self.speaker, text, speed=self.speed, pitch=self.pitch)
        return trimmed(said)


def someone(speakers: tuple[Speaker, ...], folder: Path, rng: np.random.Generator) -> Person:
    """Return somebody with a manner of speaking."""
    speaker = drawn_speaker(speakers, _ENGINES, rng)
    pitch = int(rng.integers(20, 81)) if speaker.engine in ('espeak', 'pico') else 50
    return Person(speaker, folder, float(rng.choice(_SPEEDS)), pitch)


def trimmed(samples: Samples) -> Samples:
    """Return speech without the silence before and after it."""
    frames = samples[: samples.size // _FRAME * _FRAME].reshape(-1, _FRAME)
    level = np.sqrt(np.mean(frames**2, axis=1))
    loud = np.flatnonzero(level > _SILENT * level.max(initial=0.0))
    return samples[loud[0] * _FRAME : (loud[-1] + 1) * _FRAME] if loud.size else samples[:0]


class SceneWriter:
    """
    Draws scenes.

    :param person: who speaks.
    :param stops: the share of the pieces of a scene that hold a stop word.
    """

    def __init__(self, person: Person, rng: np.random.Generator, *, stops: float = 0.45) -> None:
        self._person = person
        self._rng = rng
        self._stops = stops

    def scene(self, pieces: int) -> Scene:
        """Return several things said one after the other, mostly without a pause."""
        found = Scene(np.zeros(int(self._rng.integers(0, RATE_HZ)), np.float32), ())
        for _ in range(pieces):
            found = _joined(found, self._piece(), self._gap())
        return found

    def _piece(self) -> Scene:
        draw = self._rng.uniform()
        if draw < self._stops:
            return self._stopping()
        text = command(self._rng) if draw > 0.8 else talk(self._rng)
        return Scene(self._level(self._person.say(text)), ())

    def _stopping(self) -> Scene:
        word, draw = str(self._rng.choice(STOP_WORDS)), self._rng.uniform()
        alone = self._person.say(word)
        if draw < 0.5:
            return ending(self._level(alone), word, alone.size)
        if draw < 0.75:
            whole = self._person.say(f'{self._rng.choice(LEADS)} {word}')
            return ending(self._level(whole), word, alone.size)
        whole = self._person.say(f'{word} {self._rng.choice(TAILS)}')
        said = Said(word, 0, min(int(0.85 * alone.size), whole.size), exact=False)
        return Scene(self._level(whole), (said,))

    def _level(self, samples: Samples) -> Samples:
        return samples * np.float32(10 ** (self._rng.uniform(-6, 6) / 20))

    def _gap(self) -> int:
        draw = self._rng.uniform()
        low, high = (0.3, 1.2) if draw < 0.15 else (0.0, 0.15)
        return int(RATE_HZ * self._rng.uniform(low, high))


def ending(samples: Samples, word: str, length: int) -> Scene:
    """Return the scene of speech that ends with a stop word, which is as long as alone or less."""
    return Scene(samples, (Said(word, max(0, samples.size - length), samples.size),))


def _joined(first: Scene, then: Scene, gap: int) -> Scene:
    at = first.samples.size + gap
    samples = np.concatenate([first.samples, np.zeros(gap, np.float32), then.samples])
    moved = (Said(x.word, at + x.start, at + x.end, x.exact) for x in then.said)
    return Scene(samples, (*first.said, *moved))


def disturbed(scene: Scene, rooms: Rooms, rng: np.random.Generator) -> Scene:
    """Return a scene as a microphone hears it: by another throat, in a room, with noise."""
    size = float(rng.uniform(0.76, 1.15))
    samples = soxr.resample(scene.samples, RATE_HZ, RATE_HZ * size, quality='LQ')
    said = tuple(Said(x.word, int(x.start * size), int(x.end * size), x.exact) for x in scene.said)
    samples = coloured(np.pad(samples, (0, int(_AFTER_S * RATE_HZ))), rng)
    if rng.uniform() < 0.88:
        behind = rooms.noise(samples.size, rng)
        samples = noise.mixed(samples, behind, float(rng.uniform(2, 28)))
    return Scene(_loud(samples, float(rng.uniform(-30, -0.2))), said)


def background(seconds: float, rooms: Rooms, rng: np.random.Generator) -> Scene:
    """Return noise in which nobody speaks."""
    samples = coloured(rooms.noise(int(seconds * RATE_HZ), rng).astype(np.float32), rng)
    return Scene(_loud(samples, float(rng.uniform(-40, -3))), ())


def _loud(samples: Samples, peak_db: float) -> Samples:
    loudest = max(float(np.abs(samples).max(initial=0.0)), 1e-6)
    return (samples * (10 ** (peak_db / 20) / loudest)).astype(np.float32)
