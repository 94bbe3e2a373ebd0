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

"""How loud a source is, and what was wrong with it lately."""

from __future__ import annotations

import math
import threading
from collections import Counter

import numpy as np

from vlm_robot.speech.sound import RATE_HZ, SoundFault
from vlm_robot.speech.sources.base import Block

QUIETEST_DB = -120.0
_SMOOTHING_S = 0.5


class Levels:
    """
    Watches the blocks of a source; one thread adds, others ask.

    :param remember_s: how long a fault is told after it was seen last.
    """

    def __init__(self, *, remember_s: float = 5.0) -> None:
        self.counts: Counter[SoundFault] = Counter()
        self._remember_s = remember_s
        self._seen_s: dict[SoundFault, float] = {}
        self._power = 0.0
        self._heard_s = math.nan
        self._lock = threading.Lock()

    @property
    def level_db(self) -> float:
        """Loudness of the last half a second, in dB of full scale."""
        return max(10 * math.log10(self._power), QUIETEST_DB) if self._power > 0 else QUIETEST_DB

    @property
    def heard_s(self) -> float:
        """When the last block was heard; NaN before the first."""
        return self._heard_s

    def add(self, block: Block) -> None:
        """Take a block into account."""
        share = math.exp(-block.samples.size / RATE_HZ / _SMOOTHING_S)
        power = float(np.square(block.samples).mean()) if block.samples.size else 0.0
        if math.isfinite(power):
            self._power = share * self._power + (1 - share) * power
        self._heard_s = block.heard_s
        if block.fault is not None:
            self.note(block.fault, block.heard_s)

    def note(self, fault: SoundFault, at_s: float) -> None:
        """Remember a fault."""
        with self._lock:
            self.counts[fault] += 1
            self._seen_s[fault] = at_s

    def faults(self, now_s: float) -> tuple[SoundFault, ...]:
        """Return what was wrong lately."""
        with self._lock:
            return tuple(f for f, at in self._seen_s.items() if now_s - at <= self._remember_s)
