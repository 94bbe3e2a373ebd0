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

"""What is wrong with sound that came: not finite, clipped, silent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.sound import SoundFault

Frames = NDArray[np.float32]
"""(N, channels) as a device or file gives them, from -1 to 1."""

SILENT_AFTER_S = 2.0
_FULL = 0.9999  # 32767 of 32768 is the loudest that 16 bits can say
_CLIPPED_SHARE = 0.01


class Examiner:
    """
    Looks at every stretch of a stream.

    :param silent_after_s: so many seconds of nothing but zeros are a fault; inf for never.
    """

    def __init__(self, silent_after_s: float = SILENT_AFTER_S) -> None:
        self._silent_after_s = silent_after_s
        self._zeros_s = 0.0

    def examine(self, frames: Frames, rate_hz: int) -> tuple[Frames, SoundFault | None]:
        """Return finite frames from -1 to 1, and the worst that is wrong with what came."""
        finite = np.isfinite(frames)
        is_finite = bool(finite.all())
        if not is_finite:
            frames = np.where(finite, frames, np.float32(0))
        is_silent = self._is_silent(frames, rate_hz)
        is_clipped = _is_clipped(frames)
        fault = (
            SoundFault.NOT_FINITE if not is_finite
            else SoundFault.CLIPPED if is_clipped
            else SoundFault.SILENT if is_silent
            else None
        )  # fmt: skip
        return np.clip(frames, -1, 1), fault

    def _is_silent(self, frames: Frames, rate_hz: int) -> bool:
        self._zeros_s = 0.0 if frames.any() else self._zeros_s + len(frames) / rate_hz
        return self._zeros_s >= self._silent_after_s


def _is_clipped(frames: Frames) -> bool:
    if not frames.size:
        return False
    share = np.mean(np.abs(frames) >= _FULL, axis=0)
    return bool(np.max(share) >= _CLIPPED_SHARE)
