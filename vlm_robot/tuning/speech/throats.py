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

"""Other throats: the same words with another pitch and other resonances, as of other people."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from vlm_robot.speech.sound import RATE_HZ, Samples

_SIZE = 512
_HOP = 128
_LIFTER = 36  # samples of the cepstrum that are the throat's, and not the voice's pitch
_STEP, _SEEK = 240, 120
_FADE = np.hanning(2 * _STEP + 1)[:-1].astype(np.float32)
_WINDOW = np.sqrt(np.hanning(_SIZE + 1)[:-1]).astype(np.float32)


def of_another(speech: Samples, *, pitch: float, resonances: float) -> Samples:
    """
    Return speech as of somebody else; it gets faster by `pitch`.

    The voice is parted from the throat by the cepstrum (Oppenheim 1969), frame by frame.

    :param pitch: what the voice's pitch is multiplied by.
    :param resonances: what the throat's resonances are multiplied by: 1.15 from man to woman.
    """
    spectra = _spectra(speech)
    throat = _envelopes(spectra)
    voice = soxr.resample(
        _joined(spectra / throat, speech.size), RATE_HZ, RATE_HZ / pitch, quality='LQ'
    )
    others = _spectra(voice)
    times = np.minimum(np.arange(len(others)) * pitch, len(throat) - 1).astype(int)
    bins = np.minimum(np.arange(_SIZE // 2 + 1) / resonances, _SIZE // 2).astype(int)
    return _joined(others * throat[times][:, bins], voice.size)


def stretched(samples: Samples, factor: float) -> Samples:
    """
    Return speech that lasts longer by a factor, at the same pitch.

    Pieces go where they go on best from the one before (WSOLA; Verhelst and Roelands 1993).
    """
    count = int(samples.size * factor) // _STEP
    padded = np.pad(samples, (_SEEK, 2 * _SEEK + 3 * _STEP))
    joined = np.zeros((count + 1) * _STEP, np.float32)
    last = 0
    for i in range(count):
        start = min(round(i * _STEP / factor), samples.size)
        near = padded[start : start + 2 * _SEEK + 2 * _STEP]
        if i:
            meant = padded[last + _STEP : last + 3 * _STEP]
            start += int(np.correlate(near, meant).argmax())
        last = start
        joined[i * _STEP : (i + 2) * _STEP] += padded[start : start + 2 * _STEP] * _FADE
    return joined


def _spectra(samples: Samples) -> NDArray[np.complex64]:
    """Return the spectra of windows that begin a hop after each other, (t, _SIZE // 2 + 1)."""
    padded = np.pad(samples, _SIZE)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_HOP]
    return np.fft.rfft(windows * _WINDOW).astype(np.complex64, copy=False)


def _envelopes(spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Return the smooth part of each spectrum's magnitude."""
    cepstra = np.fft.irfft(np.log(np.abs(spectra) + np.float32(1e-4)))
    cepstra[:, _LIFTER : _SIZE - _LIFTER + 1] = 0
    envelopes: NDArray[np.float32] = np.exp(np.fft.rfft(cepstra).real)
    return envelopes


def _joined(spectra: NDArray[np.complex64], n: int) -> Samples:
    """Return the samples of overlapping windows."""
    pieces = np.fft.irfft(spectra) * _WINDOW
    each = _SIZE // _HOP
    samples = np.zeros((len(pieces) + each - 1, _HOP), np.float32)
    for i in range(each):
        samples[i : i + len(pieces)] += pieces[:, i * _HOP : (i + 1) * _HOP]
    joined = samples.ravel()[_SIZE : _SIZE + n] * np.float32(_HOP * 2 / _SIZE)
    return np.pad(joined, (0, n - joined.size))
