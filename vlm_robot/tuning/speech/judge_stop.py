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
Judges a stop spotter on voices that it was not trained on: what it hears, how soon, and what not.

Mel bands are made once; then a network, or another threshold of it, is judged in a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.stopping.mels import HOP, HOP_S, MelStream
from vlm_robot.speech.stopping.network import StopNetwork
from vlm_robot.speech.stopping.spotter import Trigger
from vlm_robot.tuning.speech import noise
from vlm_robot.tuning.speech.speakers import HELD_OUT_SPEAKERS
from vlm_robot.tuning.speech.stop_corpus import Person, Said, Scene, trimmed
from vlm_robot.tuning.speech.stop_texts import JUDGED_SENTENCES, STOP_WORDS, command

MOTOR_SNR_DB = 10.0
_LATE_S = 0.7  # told later than this after its end, a word counts as missed
_SPEEDS = (0.85, 1.0, 1.2)
NOISES = {'motor': noise.motor, 'room': noise.room, 'music': noise.music}


@dataclass(frozen=True)
class Stream:
    """
    A stretch of sound as the network takes it.

    :param what: is heard in it: who speaks, or which noise.
    :param mels: (n, FRAMES, BANDS).
    :param said: the stop words in it.
    """

    what: str
    mels: NDArray[np.float32]
    said: tuple[Said, ...] = ()

    @property
    def length_s(self) -> float:
        """How long it is."""
        return len(self.mels) * HOP_S


@dataclass(frozen=True)
class StopJudgement:
    """
    How good a network is at a threshold.

    :param said: how many stop words there were.
    :param delays_s: of those told, from the word's end; negative where told before it.
    :param missed: what the others are: who said which.
    :param false: what was heard in the streams where a word was told that nobody said.
    :param hours: of sound without stop words.
    """

    said: int
    delays_s: tuple[float, ...]
    missed: tuple[str, ...]
    false: tuple[str, ...]
    hours: float

    @property
    def recall(self) -> float:
        """The share of the words that was told."""
        return len(self.delays_s) / max(self.said, 1)

    def delay_s(self, percent: float) -> float:
        """Return a percentile of the delays."""
        return float(np.percentile(self.delays_s, percent)) if self.delays_s else float('nan')


def spoken(folder: Path, count: int, rng: np.random.Generator) -> Iterator[Stream]:
    """Yield stop words inside running speech, with a motor that runs, by held-out speakers."""
    stream = MelStream()
    for number in range(count):
        person = _person(number, folder, rng)
        word = STOP_WORDS[int(rng.choice(3, p=(0.5, 0.25, 0.25)))]
        scene = _inside(person, word, rng)
        wave = noise.mixed(scene.samples, noise.motor(scene.samples.size, rng), MOTOR_SNR_DB)
        yield Stream(f'{person.speaker.name}: {word}', _mels(stream, wave), scene.said)


def unspoken(folder: Path, minutes: float, rng: np.random.Generator) -> Iterator[Stream]:
    """
    Yield sound without stop words: a quarter noise and music, half talk, a quarter commands.

    Who talks does so with noise 10 to 20 dB below.
    """
    stream = MelStream()
    for number in range(max(1, round(minutes))):
        kind = ('noise', 'talk', 'talk', 'command')[number % 4]
        noise_name = list(NOISES)[int(rng.integers(3))]
        sound = NOISES[noise_name](60 * RATE_HZ, rng)
        what = noise_name
        if kind != 'noise':
            person = _person(number // 4 + (number % 4 == 2) * 3, folder, rng)
            sound = noise.mixed(_minute(person, kind, rng), sound, float(rng.uniform(10, 20)))
            what = f'{person.speaker.name}: {kind} with {noise_name}'
        yield Stream(what, _mels(stream, sound))


def judged(
    network: StopNetwork, streams: list[Stream], *, threshold: float | None = None
) -> StopJudgement:
    """Return how good a network is on streams with and without stop words."""
    delays, missed, false = [], [], []
    for stream in streams:
        told = triggers(network, stream, threshold or network.threshold)
        if not stream.said:
            false += [f'{stream.what} at {at:.1f} s' for at in told]
        for said in stream.said:
            start, end = said.start / RATE_HZ, said.end / RATE_HZ
            hits = [at - end for at in told if start < at <= end + _LATE_S]
            delays += hits[:1]
            missed += [] if hits else [stream.what]
    hours = sum(stream.length_s for stream in streams if not stream.said) / 3600
    count = sum(len(stream.said) for stream in streams)
    return StopJudgement(count, tuple(delays), tuple(missed), tuple(false), hours)


def triggers(network: StopNetwork, stream: Stream, threshold: float) -> list[float]:
    """Return when a network tells a word in a stream, in seconds from its beginning."""
    trigger = Trigger(threshold)
    scores, _ = network.scores(stream.mels, network.silence())
    told = enumerate(scores.sum(axis=1))
    return [(i + 1) * HOP_S for i, score in told if trigger.step(float(score))]


def _person(number: int, folder: Path, rng: np.random.Generator) -> Person:
    speaker = HELD_OUT_SPEAKERS[number % len(HELD_OUT_SPEAKERS)]
    return Person(speaker, folder, float(rng.choice(_SPEEDS)))


def _inside(person: Person, word: str, rng: np.random.Generator) -> Scene:
    before, after = (person.say(_carrier(rng)) for _ in range(2))
    said = person.say(word)
    gaps = [np.zeros(int(RATE_HZ * rng.uniform(0.02, 0.12)), np.float32) for _ in range(2)]
    start = before.size + gaps[0].size
    samples = np.concatenate([before, gaps[0], said, gaps[1], after])
    return Scene(samples, (Said(word, start, start + trimmed(said).size),))


def _carrier(rng: np.random.Generator) -> str:
    return command(rng) if rng.uniform() < 0.4 else str(rng.choice(JUDGED_SENTENCES))


def _minute(person: Person, kind: str, rng: np.random.Generator) -> Samples:
    parts: list[Samples] = []
    while sum(part.size for part in parts) < 60 * RATE_HZ:
        text = command(rng) if kind == 'command' else str(rng.choice(JUDGED_SENTENCES))
        pause = np.zeros(int(RATE_HZ * rng.uniform(0.1, 0.8)), np.float32)
        parts += [person.say(text), pause]
    return np.concatenate(parts)[: 60 * RATE_HZ]


def _mels(stream: MelStream, samples: Samples) -> NDArray[np.float32]:
    stream.reset()
    return stream.feed(np.concatenate([samples, np.zeros(HOP * 20, np.float32)]))
