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

"""Text and sound on their way into and out of an engine."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import MissingPackageError
from vlm_robot.speech.sound import RATE_HZ, Samples

MAX_CHARACTERS = 300
_LOUDEST = 0.8


def plain_text(text: str) -> str:
    """
    Return a text without what engines take for more than words: marks of phonemes, tags, control.

    :return: of at most `MAX_CHARACTERS`, on one line; '' when nothing can be said.
    """
    words = ' '.join(re.sub(r"[^\w\s,.;:!?'-]|_", ' ', text).split())[:MAX_CHARACTERS]
    return words if re.search(r'\w', words) else ''


def as_samples(wave: NDArray[np.float32], rate_hz: int) -> Samples:
    """Return an engine's sound at `RATE_HZ`, no louder than 0.8."""
    mono = np.nan_to_num(np.asarray(wave, np.float32).reshape(-1))
    mono = _resampled(mono, rate_hz) if rate_hz != RATE_HZ and mono.size else mono
    loudest = float(np.abs(mono).max(initial=0.0))
    return (mono * min(1.0, _LOUDEST / max(loudest, 1e-6))).astype(np.float32)


def _resampled(samples: Samples, rate_hz: int) -> Samples:
    try:
        import soxr
    except ImportError as err:
        raise MissingPackageError('soxr', 'speech') from err
    return np.asarray(soxr.resample(samples, rate_hz, RATE_HZ), np.float32)
