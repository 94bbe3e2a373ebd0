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

"""A stream in windows of equal length, each with what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from vlm_robot.speech.loudness import STEP, Levels, LoudnessMeter, NoiseFloor
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.voice_probability import WINDOW

WINDOW_S = WINDOW / RATE_HZ
STEP_S = STEP / RATE_HZ
_NOBODY = 0.35


@dataclass(frozen=True)
class Window:
    """
    A stretch of sound.

    :param samples: (WINDOW,).
    :param probability: that somebody speaks in it.
    :param levels: (WINDOW / STEP,) in dB.
    :param over_db: (WINDOW / STEP,), how far it stands out of the noise.
    """

    samples: Samples
    probability: float
    levels: Levels
    over_db: Levels


class WindowReader:
    """
    Cuts a stream into windows.

    :param probability: of speech in the next WINDOW samples.
    """

    def __init__(self, probability: Callable[[Samples], float]) -> None:
        self._probability = probability
        self.reset()

    @property
    def rest(self) -> Samples:
        """What is too short for a window yet."""
        return self._rest

    @property
    def floor_db(self) -> float:
        """The noise floor."""
        return self._floor.level_db

    def reset(self) -> None:
        """Begin another stream."""
        self._rest: Samples = np.zeros(0, np.float32)
        self._meter = LoudnessMeter()
        self._floor = NoiseFloor()

    def windows(self, samples: Samples) -> Iterator[Window]:
        """Yield the windows that are complete with the next samples."""
        held = np.concatenate([self._rest, samples])
        whole = held.size - held.size % WINDOW
        self._rest = held[whole:]
        for at in range(0, whole, WINDOW):
            yield self._window(held[at : at + WINDOW])

    def _window(self, samples: Samples) -> Window:
        probability = self._probability(samples)
        levels, bands = self._meter.measure(samples)
        over_db = self._floor.over_db(bands)
        if probability < _NOBODY:
            self._floor.add(bands)
        return Window(samples, probability, levels, over_db)
