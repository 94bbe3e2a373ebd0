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

"""Minutes in which nobody says a command: noise, music and talk; what is made of them is false."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vlm_robot.speech.heard import Kind
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.tuning.speech import noise
from vlm_robot.tuning.speech.chatter import KINDS, chatter
from vlm_robot.tuning.speech.judge_corpus import SPEEDS, one
from vlm_robot.tuning.speech.listener import Account, Stopped, Told
from vlm_robot.tuning.speech.speakers import HELD_OUT_SPEAKERS, kept_speech

MINUTE = 60 * RATE_HZ
SCENES = {
    'silence': 0.05, 'room': 0.1, 'motor': 0.15, 'music': 0.15,
    'talk in a room, 20 dB': 0.3, 'talk beside a motor, 10 dB': 0.15,
    'talk over music, 10 dB': 0.1,
}  # fmt: skip
"""What is heard, and in which share of the time."""

_TALK = {
    'talk in a room, 20 dB': ('room', 20.0),
    'talk beside a motor, 10 dB': ('motor', 10.0),
    'talk over music, 10 dB': ('music', 10.0),
}
_PAUSE_S = (0.2, 2.5)
_SILENT = 1e-4  # RMS of a microphone in a silent room: -80 dBFS
_LOUDNESS_DB = (-40.0, -14.0)  # of noise alone, to full scale


@dataclass(frozen=True)
class Minute:
    """
    A minute to be heard.

    :param scene: a name of `SCENES`.
    """

    scene: str
    seed: int


@dataclass(frozen=True)
class Sentence:
    """What was said in a minute, by whom, and when."""

    text: str
    speaker: str
    from_s: float
    to_s: float


@dataclass(frozen=True)
class Heeded:
    """
    What was made of a minute.

    :param ears_s: what listening took, without recognising.
    :param said: while it was made, for those who look for the reason.
    """

    scene: str
    seed: int
    seconds: float
    ears_s: float
    instructions: tuple[Told, ...]
    questions: tuple[Told, ...]
    refused: tuple[Told, ...]
    stops: tuple[Stopped, ...]
    said: tuple[Sentence, ...]


def minutes(hours: float, seed: int = 0) -> list[Minute]:
    """Return the minutes of some hours: every scene at least once, in its share."""
    count = max(len(SCENES), round(60 * hours))
    shares = np.cumsum(list(SCENES.values())) / sum(SCENES.values())
    extra = count - len(SCENES)
    drawn = [list(SCENES)[int(np.searchsorted(shares, (i + 0.5) / extra))] for i in range(extra)]
    scenes = sorted((*SCENES, *drawn), key=list(SCENES).index)
    return [Minute(scene, seed + i) for i, scene in enumerate(scenes)]


def sound(minute: Minute, cache: Path) -> tuple[Samples, tuple[Sentence, ...]]:
    """Return a minute's sound, and what is said in it."""
    rng = np.random.default_rng([minute.seed, 11])
    if minute.scene in _TALK:
        name, snr_db = _TALK[minute.scene]
        talk, said = _talk(rng, cache)
        return noise.mixed(talk, _alone(name, rng), snr_db), said
    if minute.scene == 'silence':
        return (_SILENT * rng.standard_normal(MINUTE)).astype(np.float32), ()
    gain = 10 ** (rng.uniform(*_LOUDNESS_DB) / 20) / 0.1
    loud = gain * _alone(minute.scene, rng)
    return np.clip(loud, -1.0, 1.0).astype(np.float32), ()


def heeded(minute: Minute, said: tuple[Sentence, ...], account: Account) -> Heeded:
    """Return what was made of a minute."""

    def those(kind: Kind) -> tuple[Told, ...]:
        return tuple(told for told in account.told if told.kind is kind)

    stops = account.stops + tuple(
        Stopped(told.text, told.confidence, told.told_s, told.compute_s)
        for told in those(Kind.STOP)
    )
    return Heeded(
        minute.scene, minute.seed, MINUTE / RATE_HZ, account.ears_s,
        those(Kind.INSTRUCTION), those(Kind.QUESTION), those(Kind.REFUSED), stops, said,
    )  # fmt: skip


def near(said: Sequence[Sentence], from_s: float, to_s: float) -> str:
    """Return what was said in a stretch of a minute."""
    return ' / '.join(s.text for s in said if s.to_s > from_s and s.from_s < to_s)


def _talk(rng: np.random.Generator, cache: Path) -> tuple[Samples, tuple[Sentence, ...]]:
    """Return a minute of sentences with pauses, each by a speaker that is drawn."""
    sound, said = np.zeros(MINUTE, np.float32), list[Sentence]()
    at = round(rng.uniform(*_PAUSE_S) * RATE_HZ)
    while True:
        text, speaker = chatter(rng, one(rng, KINDS)), one(rng, HELD_OUT_SPEAKERS)
        samples = kept_speech(cache, speaker, text, speed=one(rng, SPEEDS))
        end = at + samples.size
        if end > MINUTE:
            return sound, tuple(said)
        sound[at:end] = samples
        said.append(Sentence(text, speaker.name, at / RATE_HZ, end / RATE_HZ))
        at = end + round(rng.uniform(*_PAUSE_S) * RATE_HZ)


def _alone(name: str, rng: np.random.Generator) -> Samples:
    return {'room': noise.room, 'motor': noise.motor, 'music': noise.music}[name](MINUTE, rng)
