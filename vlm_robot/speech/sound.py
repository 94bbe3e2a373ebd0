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

"""Sound as everything in here takes it: mono, 16 kHz, floats from -1 to 1."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import VlmRobotError

RATE_HZ = 16_000
Samples = NDArray[np.float32]
"""(N,) samples of one channel at `RATE_HZ`, from -1 to 1."""


class SoundFault(StrEnum):
    """What is wrong with a source of sound, or with what it gave."""

    ABSENT = 'absent'  # no such device or file
    BUSY = 'busy'  # somebody else has the device
    LOST = 'lost'  # the device went away while it was heard
    NOT_SOUND = 'not sound'  # a file or message that is none
    WRONG_FORMAT = 'wrong format'  # a rate or number of channels that cannot be used
    NOT_FINITE = 'not finite'  # NaN or infinite samples
    CLIPPED = 'clipped'  # so loud that the wave is cut off
    SILENT = 'silent'  # nothing but zeros: muted or not connected
    OVERRUN = 'overrun'  # samples were lost because nobody took them in time
    ENDLESS = 'endless'  # goes on without a pause for longer than an utterance may last


class SoundError(VlmRobotError):
    """
    Sound cannot be had.

    :param fault: why, as a code.
    :param message: why, as one sentence that holds the offending value.
    """

    def __init__(self, fault: SoundFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message
