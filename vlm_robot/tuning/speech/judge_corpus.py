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

"""The commands that hearing is judged on: texts, speakers and noise, each by its seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.tuning.speech import noise
from vlm_robot.tuning.speech.speakers import HELD_OUT_SPEAKERS, Speaker, kept_speech

_T = TypeVar('_T')

SPEEDS = (0.85, 1.0, 1.15)
_LEAD_S = (0.8, 1.6)
_TAIL_S = 1.6
_AUDIBLE = 0.01  # of the peak: -40 dB
_FLOOR_DB = 60.0


@dataclass(frozen=True)
class Condition:
    """
    What else is to be heard.

    :param noises: functions of `noise`, each as loud as the others.
    :param snr_db: of the speech to all of them together.
    """

    name: str
    noises: tuple[str, ...]
    snr_db: float


CLEAN = Condition('clean', (), _FLOOR_DB)
CONDITIONS = (
    CLEAN,
    Condition('room 20 dB', ('room',), 20.0),
    Condition('motor 10 dB', ('motor',), 10.0),
    Condition('room + motor 10 dB', ('room', 'motor'), 10.0),
    Condition('motor 5 dB', ('motor',), 5.0),
)
"""Clean is what a good microphone gives: a floor 60 dB below the speech, and nothing else."""


@dataclass(frozen=True)
class Case:
    """One command said by one speaker in one condition; its seed draws noise and silence."""

    text: str
    speaker: Speaker
    speed: float
    condition: Condition
    seed: int


@dataclass(frozen=True)
class Stream:
    """
    Sound with speech in it.

    :param samples: (N,) at `RATE_HZ`.
    :param from_s: when the speech begins: its first sample over -40 dB of its peak.
    :param to_s: when it ends: its last such sample.
    """

    samples: Samples
    from_s: float
    to_s: float


def cases(
    texts: Sequence[str],
    *,
    seed: int = 0,
    speakers: Sequence[Speaker] = HELD_OUT_SPEAKERS,
    conditions: Sequence[Condition] = CONDITIONS,
) -> list[Case]:
    """Return each text in every condition; speakers and speeds take turns."""
    return [
        Case(
            text, speakers[i % len(speakers)], SPEEDS[i // len(speakers) % 3], condition, seed + i
        )
        for condition in conditions
        for i, text in enumerate(texts)
    ]


def stream(case: Case, cache: Path) -> Stream:
    """Return a command as a microphone hears it, with silence or noise before and after."""
    rng = np.random.default_rng([case.seed, 5])
    said = kept_speech(cache, case.speaker, case.text, speed=case.speed)
    lead = round(rng.uniform(*_LEAD_S) * RATE_HZ)
    clean = np.concatenate([_zeros(lead), said, _zeros(round(_TAIL_S * RATE_HZ))])
    audible = np.flatnonzero(np.abs(clean) > _AUDIBLE * np.abs(clean).max(initial=0.0))
    around = background(case.condition, clean.size, rng)
    samples = noise.mixed(clean, around, case.condition.snr_db)
    return Stream(samples, audible[0] / RATE_HZ, (audible[-1] + 1) / RATE_HZ)


def background(condition: Condition, n: int, rng: np.random.Generator) -> Samples:
    """Return the noise of a condition alone; `noise.mixed` makes it as loud as it is to be."""
    made = [_noise(name)(n, rng) for name in condition.noises or ('room',)]
    return np.sum(made, axis=0, dtype=np.float32)


def draw_texts(count: int, rng: np.random.Generator, draw: Callable[[], str]) -> list[str]:
    """Return different texts, as far as a hundred draws for each find them."""
    found: dict[str, None] = {}
    for _ in range(100 * count):
        if len(found) == count:
            break
        found.setdefault(draw())
    texts = list(found)
    return [texts[i] for i in rng.permutation(len(texts))]


def one(rng: np.random.Generator, items: Sequence[_T]) -> _T:
    """Return one of several."""
    return items[int(rng.integers(len(items)))]


def _zeros(n: int) -> Samples:
    return np.zeros(n, np.float32)


def _noise(name: str) -> Callable[[int, np.random.Generator], Samples]:
    return {'room': noise.room, 'motor': noise.motor, 'music': noise.music}[name]
