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

"""Batches of speech as the acoustic network is trained on it: drawn by the step's number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vlm_robot.speech.acoustic.levelling import levelled
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.tuning.speech.corpus import Spoken
from vlm_robot.tuning.speech.rooms import Rooms, coloured, heard, masked

_ALIKE = 400
_SHARES = {'espeak': 1.0, 'flite': 1.7, 'festival': 2.5, 'pico': 1.7}
"""How often a speaker of an engine is heard: the less like a formant synthesiser, the more."""
_QUIET = 10
"""Utterances to a stretch in which nobody speaks."""
_MASKED = 0.5
"""The share of the utterances of which something is left out."""


@dataclass(frozen=True)
class Batch:
    """
    Utterances with their phones.

    :param sound: (b, n), see `levelled`; the shorter ones go on in silence.
    :param phones: all of them, one utterance after the other.
    :param counts: (b,) phones of each.
    """

    sound: Tensor
    phones: Tensor
    counts: Tensor


def batch_of(sounds: Sequence[NDArray[np.float32]], phones: Sequence[NDArray]) -> Batch:
    """Put utterances of several lengths together."""
    padded = np.zeros((len(sounds), max(sound.size for sound in sounds)), np.float32)
    for row, sound in zip(padded, sounds, strict=True):
        row[: sound.size] = sound
    return Batch(
        torch.from_numpy(padded),
        torch.from_numpy(np.concatenate(phones).astype(np.int64)),
        torch.tensor([len(those) for those in phones]),
    )


class Batches:
    """
    Batches by number, each of utterances that are about as long, and never heard the same twice.

    :param corpus: what was said.
    :param size: utterances of a batch.
    """

    def __init__(self, corpus: Sequence[Spoken], rooms: Rooms, *, size: int, seed: int) -> None:
        self._corpus = sorted(corpus, key=lambda one: one.samples.size)
        self._rooms, self._size, self._seed = rooms, size, seed

    def __getitem__(self, step: int) -> Batch:
        rng = np.random.default_rng([self._seed, 1, step])
        chosen = [self._corpus[i] for i in self._alike(rng)]
        spoken = [(self._heard(one, rng), one.phones) for one in chosen]
        quiet = [(self._nothing(rng), spoken[0][1][:0]) for _ in range(len(chosen) // _QUIET)]
        sounds, phones = zip(*spoken, *quiet, strict=True)
        return batch_of([levelled(sound) for sound in sounds], phones)

    def _alike(self, rng: np.random.Generator) -> NDArray[np.int64]:
        span = min(_ALIKE, len(self._corpus))
        centre = int(rng.integers(len(self._corpus)))
        start = min(max(0, centre - span // 2), len(self._corpus) - span)
        shares = np.array(
            [_SHARES[one.saying.speaker.engine] for one in self._corpus[start : start + span]]
        )
        count = min(self._size, span)
        return start + rng.choice(span, count, replace=False, p=shares / shares.sum())

    def _heard(self, one: Spoken, rng: np.random.Generator) -> Samples:
        samples = heard(sound(one), self._rooms, rng, others=lambda: self._another(rng))
        return masked(samples, rng) if rng.uniform() < _MASKED else samples

    def _nothing(self, rng: np.random.Generator) -> Samples:
        """Return what a room is like in which nobody speaks."""
        samples = self._rooms.noise(int(rng.uniform(0.5, 3.0) * RATE_HZ), rng)
        hiss = rng.standard_normal(samples.size) * rng.uniform(0, 0.3) * rng.integers(2)
        return coloured((samples + hiss).astype(np.float32), rng)

    def _another(self, rng: np.random.Generator) -> Samples:
        voices = [sound(self._corpus[int(i)]) for i in rng.integers(len(self._corpus), size=3)]
        longest = max(voice.size for voice in voices)
        murmur: Samples = np.sum([np.resize(voice, longest) for voice in voices], axis=0)
        return murmur


def sound(one: Spoken) -> Samples:
    """Return how it sounds, from -1 to 1."""
    return one.samples.astype(np.float32) / np.float32(32767)
