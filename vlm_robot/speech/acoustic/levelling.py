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

"""Samples as the acoustic network takes them: always as loud, with a margin around every frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.acoustic.phones import FRAME
from vlm_robot.speech.sound import Samples

REACH = 895
"""Samples that the network's convolutions see for one row: 127 + 6 * 64 + 2 * 192."""
_BEFORE = (REACH - FRAME) // 2
_AFTER = REACH - FRAME - _BEFORE
_LEVEL = 0.06  # RMS
_QUIETEST = 1e-5  # RMS: what is quieter stays quieter


def levelled(samples: Samples) -> NDArray[np.float32]:
    """
    Return samples at one level, with silence around them so that each whole frame has a row.

    :param samples: (N,); what is not finite counts as silence.
    :return: (N + REACH - FRAME,).
    """
    finite = np.where(np.isfinite(samples), samples, np.float32(0)).astype(np.float32, copy=False)
    level = float(np.sqrt(np.mean(finite**2, dtype=np.float64))) if finite.size else 0.0
    return np.pad(finite * np.float32(_LEVEL / max(level, _QUIETEST)), (_BEFORE, _AFTER))
