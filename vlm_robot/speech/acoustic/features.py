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

"""Samples to what the acoustic network sees: the logarithm of a mel spectrum, without its mean."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.acoustic.phones import FRAME
from vlm_robot.speech.sound import RATE_HZ, Samples

BANDS = 64
HOPS = 3
"""Columns of the spectrum in a row of the model's answer."""
_HOP = FRAME // HOPS
_WINDOW = 400
_FFT = 512
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 7600.0
_FLOOR = 1e-5  # of the mean power: what is 50 dB below is silence
_SCALE = 0.5


def features(samples: Samples, *, warp: float = 1.0) -> NDArray[np.float32]:
    """
    Return the log mel spectrum, each band less its mean: neither gain nor colouring remains.

    :param samples: what is not finite counts as silence.
    :param warp: what the bands' frequencies are multiplied by, up to 1.05: for training.
    :return: (HOPS * T, BANDS), a column every 10 ms, T as many as there are whole frames.
    """
    count = HOPS * (samples.size // FRAME)
    if not count:
        return np.zeros((0, BANDS), np.float32)
    return evened(mel_power(samples, count, warp=warp))


def mel_power(samples: Samples, count: int, *, warp: float = 1.0) -> NDArray[np.float32]:
    """Return the power in each mel band, a column every 10 ms from the start: (count, BANDS)."""
    finite = np.where(np.isfinite(samples), samples, np.float32(0))
    return _power(finite, count) @ _filters(warp)


def evened(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logarithm of (..., t, BANDS) powers, each band less its mean over time."""
    mean = np.maximum(power.mean(axis=(-2, -1), keepdims=True), 1e-10)
    log: NDArray[np.float32] = np.log(power / mean + _FLOOR)
    return (log - log.mean(axis=-2, keepdims=True)) * np.float32(_SCALE)


def _power(samples: Samples, count: int) -> NDArray[np.float32]:
    """Return the power spectrum of windows around the middles of the hops."""
    sharp = np.append(samples[:1], samples[1:] - np.float32(0.97) * samples[:-1])
    margin = (_WINDOW - _HOP) // 2
    padded = np.pad(sharp, (margin, _WINDOW))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:count]
    spectrum = np.fft.rfft(windows * _taper(), _FFT)
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)


@functools.cache
def _taper() -> NDArray[np.float32]:
    return np.hanning(_WINDOW + 2)[1:-1].astype(np.float32)


@functools.cache
def _filters(warp: float) -> NDArray[np.float32]:
    """Return triangles that are evenly spaced on the mel scale: (_FFT // 2 + 1, BANDS)."""
    edges = _hertz(np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), BANDS + 2))
    edges *= warp
    frequency = np.fft.rfftfreq(_FFT, 1 / RATE_HZ)[:, None]
    rising = (frequency - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequency) / (edges[2:] - edges[1:-1])
    shape = np.maximum(np.minimum(rising, falling), 0.0)
    return (shape / np.maximum(shape.sum(axis=0), 1e-3)).astype(np.float32)


def _mel(hertz: float) -> float:
    """O'Shaughnessy 1987."""
    return 2595 * float(np.log10(1 + hertz / 700))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return 700 * (10 ** (mel / 2595) - 1)
