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

"""Judges an acoustic network by its phones, on speakers that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jiwer
import numpy as np
import torch
from numpy.typing import NDArray

from vlm_robot.speech.acoustic.levelling import levelled
from vlm_robot.speech.acoustic.network import AcousticNetwork
from vlm_robot.speech.acoustic.phones import PHONES
from vlm_robot.tuning.speech import noise
from vlm_robot.tuning.speech.batches import sound
from vlm_robot.tuning.speech.corpus import Saying, Spoken, spoken
from vlm_robot.tuning.speech.speakers import HELD_OUT_SPEAKERS
from vlm_robot.tuning.speech.texts import command

_SNR_DB = 10.0


@dataclass(frozen=True)
class Trial:
    """An utterance and what it is to be heard as; `name` says in what sound, and whose."""

    name: str
    sound: NDArray[np.float32]
    phones: str


def trials(folder: Path, count: int, *, seed: int, workers: int) -> list[Trial]:
    """Return commands of held-out speakers, each once clean and once in a room with a motor."""
    rng = np.random.default_rng([seed, 2])
    there = [speaker for speaker in HELD_OUT_SPEAKERS if speaker.is_there]
    said = [
        Saying(there[i % len(there)], command(rng), round(float(rng.uniform(0.85, 1.2)), 2), 50)
        for i in range(count)
    ]
    found = spoken(folder, said, workers=workers)
    return [trial for one in found for trial in (_clean(one), _noisy(one, rng))]


def phone_errors(network: AcousticNetwork, judged: Sequence[Trial]) -> dict[str, float]:
    """Return phone error rates: of all clean trials, of all noisy ones, and per speaker."""
    network.eval()
    heard = [_best(network, trial.sound) for trial in judged]
    groups: dict[str, list[int]] = {}
    for i, trial in enumerate(judged):
        for name in (trial.name.partition(' ')[0], trial.name):
            groups.setdefault(name, []).append(i)
    return {
        name: float(jiwer.wer([judged[i].phones for i in those], [heard[i] for i in those]))
        for name, those in groups.items()
    }


def _best(network: AcousticNetwork, sound: NDArray[np.float32]) -> str:
    """Return the phones of the best path, without blanks and repeats."""
    with torch.inference_mode():
        path = network(torch.from_numpy(sound)[None])[0].argmax(-1)
    return _text(torch.unique_consecutive(path).tolist())


def _clean(one: Spoken) -> Trial:
    name = f'clean {one.saying.speaker.name}'
    return Trial(name, levelled(sound(one)), _text(one.phones.tolist()))


def _noisy(one: Spoken, rng: np.random.Generator) -> Trial:
    clean = sound(one)
    both = noise.room(clean.size, rng) + noise.motor(clean.size, rng)
    name = f'noisy {one.saying.speaker.name}'
    return Trial(name, levelled(noise.mixed(clean, both, _SNR_DB)), _text(one.phones.tolist()))


def _text(columns: Sequence[int]) -> str:
    return ' '.join(PHONES[column] for column in columns if column)
