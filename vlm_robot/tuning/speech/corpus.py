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

"""Who says what: synthesised sentences of many speakers, kept on disk, with their phones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from vlm_robot.core.errors import VlmRobotError
from vlm_robot.speech.acoustic.phones import indices
from vlm_robot.tuning.speech.speakers import (
    TRAINING_SPEAKERS,
    Speaker,
    drawn_speaker,
    kept_speech,
)
from vlm_robot.tuning.speech.texts import phones, text

_ENGINES = {'espeak': 0.45, 'flite': 0.22, 'festival': 0.08, 'pico': 0.25}
"""How often an engine speaks; Festival takes ten times as long as the others."""


@dataclass(frozen=True)
class Saying:
    """A sentence as a speaker says it; see `speech`."""

    speaker: Speaker
    text: str
    speed: float
    pitch: int


@dataclass(frozen=True)
class Spoken:
    """
    What was said, and how it sounds.

    :param samples: (N,) int16 at `RATE_HZ`: a training has hours of them in memory.
    :param phones: columns of `PHONES`.
    """

    samples: NDArray[np.int16]
    phones: NDArray[np.int16]
    saying: Saying


def sayings(count: int, *, seed: int) -> list[Saying]:
    """Draw sentences and who says them, of the engines that are installed."""
    rng = np.random.default_rng([seed, 0])
    return [
        Saying(
            drawn_speaker(TRAINING_SPEAKERS, _ENGINES, rng),
            text(rng),
            speed=round(float(rng.uniform(0.8, 1.25)), 2),
            pitch=int(rng.integers(20, 81)),
        )
        for _ in range(count)
    ]


def spoken(folder: Path, said: Sequence[Saying], *, workers: int) -> list[Spoken]:
    """
    Synthesise what is not in the folder yet, and return all but what an engine cannot say.

    :param workers: processes.
    """
    with ProcessPoolExecutor(workers) as pool:
        each = pool.map(partial(_spoken, folder), said, chunksize=8)
        bar: Iterable[Spoken | None] = tqdm(each, total=len(said), desc='speech', mininterval=10)
        return [one for one in bar if one is not None]


def _spoken(folder: Path, saying: Saying) -> Spoken | None:
    try:
        samples = kept_speech(
            folder, saying.speaker, saying.text, speed=saying.speed, pitch=saying.pitch
        )
    except VlmRobotError:
        return None
    return Spoken(
        np.round(samples * 32767).astype(np.int16),
        np.array(indices(phones(saying.text)), np.int16),
        saying,
    )
