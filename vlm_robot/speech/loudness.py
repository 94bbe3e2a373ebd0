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

"""How loud a stream is, and how far it stands out of the noise in it."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.sound import RATE_HZ, Samples

STEP = 128
"""Samples of one level: 8 ms."""

Levels = NDArray[np.float64]
"""(N,) in dB, one for each STEP samples."""

Bands = NDArray[np.float64]
"""(N, 6) in dB: the power of each band, one row for each STEP samples."""

QUIETEST_DB = -90.0
_EDGES_HZ = (200, 450, 900, 1600, 2600, 4200, 7200)
_FRAME = 2 * STEP
_EMPHASIS = 0.97
_REMEMBERED_S = 4.0
_LEAST_S = 0.3
_FLUCTUATION_DB = 2.0


class LoudnessMeter:
    """Measures one stream."""

    def __init__(self) -> None:
        self._before: Samples = np.zeros(_FRAME - STEP, np.float32)
        frequency = np.fft.rfftfreq(_FRAME, 1 / RATE_HZ)
        inside = [
            (low <= frequency) & (frequency < high) for low, high in itertools.pairwise(_EDGES_HZ)
        ]
        self._mean = np.stack([band / band.sum() for band in inside], axis=1)
        self._window = np.hanning(_FRAME)

    def measure(self, samples: Samples) -> tuple[Levels, Bands]:
        """
        Return how loud the next samples are above their rumble, and in each band.

        :param samples: (N * STEP,).
        """
        held = np.concatenate([self._before, samples]).astype(np.float64)
        self._before = samples[-(_FRAME - STEP) :]
        emphasised = held[STEP:] - _EMPHASIS * held[STEP - 1 : -1]
        power = np.mean(emphasised.reshape(-1, STEP) ** 2, axis=1)
        frames = np.lib.stride_tricks.sliding_window_view(held, _FRAME)[::STEP]
        spectra = np.abs(np.fft.rfft(frames * self._window, axis=1)) ** 2 / _FRAME
        return _db(power), _db(spectra @ self._mean)


class NoiseFloor:
    """What the bands are like while nobody speaks, over the last seconds of that."""

    def __init__(self) -> None:
        self._remembered = np.full((round(_REMEMBERED_S * RATE_HZ / STEP), 6), QUIETEST_DB)
        self._count = 0
        self._floor = np.full(6, QUIETEST_DB)

    @property
    def level_db(self) -> float:
        """The noise, as one number."""
        return float(10 * np.log10(np.mean(10 ** (self._floor / 10))))

    def add(self, bands: Bands) -> None:
        """Remember the next ones."""
        places = (self._count + np.arange(len(bands))) % len(self._remembered)
        self._remembered[places] = bands
        self._count += len(bands)
        if self._count >= _LEAST_S * RATE_HZ / STEP:
            self._floor = np.median(self._remembered[: self._count], axis=0)

    def over_db(self, bands: Bands) -> Levels:
        """Return how far the bands stand out on average, more than noise itself fluctuates."""
        return np.maximum(bands - self._floor - _FLUCTUATION_DB, 0).mean(axis=1)


def _db(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(10 * np.log10(np.maximum(power, 1e-12)), QUIETEST_DB)
