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

"""Speech as microphones in rooms hear it: other throats, echoes, colouring, gain and noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.tuning.speech import noise
from vlm_robot.tuning.speech.throats import of_another, stretched

_CLIP_S = 12
_ECHO_S = 0.35
_OTHERS = 0.6
_LEFT_OUT = RATE_HZ // 10


@dataclass(frozen=True)
class Rooms:
    """
    What is heard besides speech, made once.

    :param clips: stretches of noise, each longer than any utterance.
    """

    clips: tuple[Samples, ...]

    @classmethod
    def made(cls, count: int, rng: np.random.Generator) -> Rooms:
        """Make clips of rooms, motors and music in turn."""
        kinds = (noise.room, noise.motor, noise.motor, noise.music)
        return cls(tuple(kinds[i % 4](_CLIP_S * RATE_HZ, rng) for i in range(count)))

    def noise(self, n: int, rng: np.random.Generator) -> Samples:
        """Return a stretch of one clip, or of two at once."""
        parts = [self._stretch(n, rng) for _ in range(1 + int(rng.uniform() < 0.5))]
        levels = 10 ** rng.uniform(-0.75, 0, len(parts))
        return np.sum([part * level for part, level in zip(parts, levels, strict=True)], axis=0)

    def _stretch(self, n: int, rng: np.random.Generator) -> Samples:
        clip = self.clips[int(rng.integers(len(self.clips)))]
        start = int(rng.integers(max(1, clip.size - n)))
        return np.resize(clip[start:], n)


def heard(
    speech: Samples,
    rooms: Rooms,
    rng: np.random.Generator,
    *,
    others: Callable[[], Samples] | None = None,
) -> Samples:
    """
    Return speech as it may be heard; how many phones it has stays the same.

    :param others: what somebody else says, for a murmur behind the speaker.
    """
    said = _by_another(speech, rng)
    silence = np.round(rng.uniform(0, 0.6, 2) * RATE_HZ).astype(int)
    samples = coloured(np.pad(said, tuple(silence)), rng)
    if rng.uniform() > 0.2:
        murmur = others() if others and rng.uniform() < 0.2 else None
        behind = (
            rooms.noise(samples.size, rng) if murmur is None else _looped(murmur, samples.size)
        )
        lowest = 0.0 if murmur is None else 8.0
        samples = noise.mixed(samples, behind, rng.uniform(lowest, 30.0))
    return samples * np.float32(10 ** rng.uniform(-1.5, 0.2))


def _by_another(speech: Samples, rng: np.random.Generator) -> Samples:
    """Return speech faster or slower, and now and then of a person with another throat."""
    tempo = rng.uniform(0.88, 1.14)
    if rng.uniform() > _OTHERS:
        return soxr.resample(speech, RATE_HZ, RATE_HZ / tempo, quality='LQ')
    pitch = 2 ** rng.uniform(-0.35, 0.95)
    resonances = 2 ** rng.uniform(-0.2, 0.32) * pitch**0.1
    longer = pitch / tempo
    slow = stretched(speech, longer) if abs(longer - 1) > 0.1 else speech
    return of_another(slow, pitch=pitch, resonances=resonances)


def coloured(samples: Samples, rng: np.random.Generator) -> Samples:
    """Return samples through a random equaliser, and now and then a room's echo; as long."""
    if rng.uniform() < 0.15:
        return samples
    size = 1 << (samples.size + int(_ECHO_S * RATE_HZ)).bit_length()
    spectrum = np.fft.rfft(samples, size) * _equaliser(size // 2 + 1, rng)
    if rng.uniform() < 0.5:
        spectrum *= np.fft.rfft(_echo(rng), size)
    return np.fft.irfft(spectrum, size)[: samples.size].astype(np.float32)


def _equaliser(bins: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a gain per bin: a slope, and bumps of a few decibels."""
    at = np.linspace(0, 1, 9) ** 2
    decibels = rng.normal(0, 3.5, 9) + rng.uniform(-8, 8) * np.linspace(-0.5, 0.5, 9)
    if rng.uniform() < 0.15:
        decibels[-int(rng.integers(1, 3)) :] -= 30  # as a telephone has it
    curve = np.interp(np.linspace(0, 1, bins), at, decibels)
    return (10 ** (curve / 20)).astype(np.float32)


def _echo(rng: np.random.Generator) -> Samples:
    """Return an impulse and its decay into noise."""
    n = int(_ECHO_S * RATE_HZ)
    decay = np.exp(-np.arange(n) / (RATE_HZ * rng.uniform(0.015, 0.09)))
    tail = rng.standard_normal(n) * decay
    tail *= rng.uniform(0.1, 0.8) / np.sqrt(np.sum(tail**2))
    tail[: int(rng.integers(16, 160))] = 0
    tail[0] = 1.0
    return tail.astype(np.float32)


def _looped(samples: Samples, n: int) -> Samples:
    return np.resize(samples, n) if samples.size else np.zeros(n, np.float32)


def masked(samples: Samples, rng: np.random.Generator) -> Samples:
    """Return samples of which two stretches of up to 0.1 s are silent (Park et al. 2019)."""
    left = samples.copy()
    for _ in range(2):
        width = int(rng.integers(_LEFT_OUT + 1))
        start = int(rng.integers(max(1, left.size - width)))
        left[start : start + width] = 0
    return left
