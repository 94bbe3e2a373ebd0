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

"""Sound that is no speech, made by arithmetic: a room, a running motor, music; and mixing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.sound import RATE_HZ, Samples

_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
_CHORDS = ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 4, 0))


def room(n: int, rng: np.random.Generator) -> Samples:
    """Return a room's rumble and hiss: noise that falls by 3 to 6 dB per octave."""
    slope = rng.uniform(0.5, 1.0)
    hiss = rng.standard_normal(n)
    frequency = np.fft.rfftfreq(n, 1 / RATE_HZ)
    shape = 1 / np.maximum(frequency, 30.0) ** slope
    return _even(np.fft.irfft(np.fft.rfft(hiss) * shape, n))


def motor(n: int, rng: np.random.Generator) -> Samples:
    """Return a running motor: harmonics of a speed that wanders, with a gear's whine and hiss."""
    t = np.arange(n) / RATE_HZ
    wander = 1 + 0.05 * np.sin(2 * np.pi * rng.uniform(0.1, 0.6) * t + rng.uniform(0, 6))
    turns = np.cumsum(rng.uniform(30, 140) * wander) / RATE_HZ
    wave = np.zeros(n)
    for k in range(1, 25):
        wave += rng.uniform(0.2, 1.0) / k * np.sin(2 * np.pi * (k * turns + rng.uniform()))
    teeth = rng.integers(9, 24)
    wave += rng.uniform(0.1, 0.5) * np.sin(2 * np.pi * teeth * turns)
    wave *= 1 + 0.3 * np.sin(2 * np.pi * rng.uniform(1, 9) * t)
    return _even(_even(wave) + rng.uniform(0.3, 1.0) * room(n, rng))


def music(n: int, rng: np.random.Generator) -> Samples:
    """Return music: chords, a melody and a beat, of plucked and held tones."""
    beat = int(RATE_HZ * 60 / rng.uniform(70, 150))
    root, scale = rng.uniform(110, 220), _SCALES[int(rng.integers(2))]
    chords = _CHORDS[int(rng.integers(len(_CHORDS)))]
    wave = np.zeros(n + 8 * beat)
    for i, at in enumerate(range(0, n, beat)):
        chord = chords[(i // 4) % 4]
        if i % 4 == 0:
            for third in (0, 2, 4):
                _add(wave, at, _tone(_pitch(root, scale, chord + third), 4 * beat, 1.5, rng))
        degree = chord + int(rng.integers(0, 8))
        _add(wave, at, 1.3 * _tone(2 * _pitch(root, scale, degree), beat, 4.0, rng))
        drum = rng.standard_normal(beat // 2) * np.exp(-np.arange(beat // 2) / (RATE_HZ * 0.02))
        _add(wave, at, (0.8 if i % 2 else 0.4) * drum)
    return _even(wave[:n])


def mixed(speech: Samples, noise: Samples, snr_db: float) -> Samples:
    """
    Return speech in noise.

    :param noise: at least as long as the speech.
    :param snr_db: of the speech where somebody speaks (over 5 % of its peak), to the noise.
    """
    loud = speech[np.abs(speech) > 0.05 * np.abs(speech).max(initial=0.0)]
    power = float(np.mean(loud**2)) if loud.size else 0.0
    cut = noise[: speech.size]
    gain = np.sqrt(power / max(float(np.mean(cut**2)), 1e-12)) * 10 ** (-snr_db / 20)
    both = speech + gain * cut
    loudest = float(np.abs(both).max(initial=0.0))
    return (both / max(1.0, loudest / 0.98)).astype(np.float32)


def _pitch(root: float, scale: tuple[int, ...], degree: int) -> float:
    octave, step = divmod(degree, len(scale))
    return root * 2 ** (octave + scale[step] / 12)


def _tone(hertz: float, n: int, decay: float, rng: np.random.Generator) -> NDArray[np.float64]:
    t = np.arange(n) / RATE_HZ
    partials = sum(
        rng.uniform(0.3, 1.0) / k**1.2 * np.sin(2 * np.pi * hertz * k * t) for k in range(1, 8)
    )
    rise = np.minimum(1.0, t / 0.01)
    return np.asarray(partials) * rise * np.exp(-decay * t)


def _add(wave: NDArray[np.float64], at: int, what: NDArray[np.float64]) -> None:
    wave[at : at + what.size] += what[: wave.size - at]


def _even(wave: NDArray[np.float64]) -> Samples:
    """Return a wave at an RMS of 0.1."""
    rms = max(float(np.sqrt(np.mean(wave**2))), 1e-9)
    return (wave * (0.1 / rms)).astype(np.float32)
