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

"""Why a calibration is refused."""

from __future__ import annotations

from enum import Enum

from vlm_robot.core.errors import VlmRobotError


class Fault(Enum):
    """What is wrong with the samples."""

    TOO_FEW_SAMPLES = 'too few samples'
    BOARD_NOT_SEEN = 'the board is not seen'
    DEGENERATE_MOTION = 'the arm turned too little'
    WRONG_BOARD_SIZE = 'the board has another size'
    WRONG_SETUP = 'the camera is mounted otherwise'
    IMPLAUSIBLE = 'images and arm poses do not fit'
    UNCERTAIN = 'the samples leave the pose uncertain'
    NO_CAMERA_INFO = 'there is no camera_info'
    BAD_SAMPLES = 'the samples cannot be read'


class CalibrationRefused(VlmRobotError):  # noqa: N818  what was refused is no error
    """
    No camera pose comes out of these samples.

    :param fault: why, by name.
    :param message: why, as one sentence.
    """

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(f'{fault.name}: {message}')
        self.fault = fault
