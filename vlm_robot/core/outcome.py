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

"""Outcome codes: how an instruction, a plan or a step ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Outcome(IntEnum):
    """How something ended. The numbers are the constants of `vlm_robot_interfaces/msg/Plan`."""

    OK = 0
    NOT_FOUND = 1
    AMBIGUOUS = 2
    UNSUPPORTED = 3
    UNSAFE = 4
    BAD_INSTRUCTION = 5
    NO_FRAME = 10
    STALE_FRAME = 11
    BAD_FRAME = 12
    NO_DEPTH = 13
    NO_CAMERA_INFO = 14
    NO_TRANSFORM = 15
    INVALID_ANSWER = 20
    MODEL_ERROR = 21
    TIMEOUT = 22
    USED_PLAN = 30
    FORBIDDEN_SKILL = 31
    LOW_CONFIDENCE = 32
    OUTSIDE_WORKSPACE = 33
    KEEP_OUT = 34
    UNREACHABLE = 35
    NO_GRASP = 36
    NOT_APPROVED = 37
    BUSY = 38
    GRASP_FAILED = 50
    MOTION_FAILED = 51
    CONTROLLER_FAILED = 52
    CANCELED = 60


@dataclass(frozen=True)
class Verdict:
    """An outcome and the sentence that explains it to a person (empty when OK)."""

    outcome: Outcome
    message: str = ''

    @property
    def ok(self) -> bool:
        """Whether the outcome is OK."""
        return self.outcome is Outcome.OK


OK = Verdict(Outcome.OK)
