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

"""One utterance while it is spoken: its windows, and where the speaking ended so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vlm_robot.speech.activity_settings import ActivitySettings
from vlm_robot.speech.sound import Samples
from vlm_robot.speech.windows import STEP_S, WINDOW_S, Window

_UNDER_PEAK_DB = 35.0
_QUIETEST_DB = -75.0


class Speaking:
    """
    Grows by a window at a time.

    The end of the speaking is the last level that stands out of the noise and is loud beside its
    own loudest, in a window where the detector hears speech; the detector alone goes on for up to
    0.3 s after the last word when there is noise.

    :param before: the windows of the pre-roll, the first ones in which somebody speaks last.
    :param settings: what is speech.
    """

    def __init__(self, before: Sequence[Window], settings: ActivitySettings) -> None:
        self._settings = settings
        self._windows: list[Window] = []
        self._peak_db = _QUIETEST_DB
        self._voiced = 0
        self.spoken = 0.0
        for window in before:
            self.add(window)

    @property
    def length_s(self) -> float:
        """How long it is, with its pre-roll and the silence at its end."""
        return len(self._windows) * WINDOW_S

    @property
    def speech_s(self) -> float:
        """In how much of it somebody speaks."""
        return self._voiced * WINDOW_S

    @property
    def silence_s(self) -> float:
        """How long it has been silent at its end."""
        return self.length_s - self.spoken

    @property
    def samples(self) -> Samples:
        """All of it."""
        return joined(self._windows)

    @property
    def windows(self) -> Sequence[Window]:
        """All of it."""
        return self._windows

    def add(self, window: Window) -> None:
        """Go on."""
        start_s = self.length_s
        self._windows.append(window)
        if window.probability < self._settings.stay:
            return
        self._peak_db = max(self._peak_db, float(window.levels.max()))
        self._voiced += 1
        least_db = max(self._peak_db - _UNDER_PEAK_DB, _QUIETEST_DB)
        is_loud = (window.levels >= least_db) & (window.over_db >= self._settings.over_floor_db)
        loud = np.flatnonzero(is_loud)
        if loud.size:
            self.spoken = start_s + float(loud[-1] + 1) * STEP_S


def joined(windows: Sequence[Window]) -> Samples:
    """Return the samples of windows, (N * WINDOW,)."""
    if not windows:
        return np.zeros(0, np.float32)
    return np.concatenate([window.samples for window in windows])
