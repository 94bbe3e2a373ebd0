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

"""One thing that was looked at, and how it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad it is; the numbers are those of `diagnostic_msgs/DiagnosticStatus`."""

    OK = 0
    WARN = 1
    ERROR = 2


@dataclass(frozen=True)
class Finding:
    """How something is, with what to do about it where it is not right."""

    level: Level
    subject: str
    sentence: str


def worst(findings: Sequence[Finding]) -> Level:
    """Return the level of the worst finding; OK of none."""
    return max((finding.level for finding in findings), default=Level.OK)


def ok(subject: str, sentence: str) -> Finding:
    """Return a finding of what is right."""
    return Finding(Level.OK, subject, sentence)


def warn(subject: str, sentence: str) -> Finding:
    """Return a finding of what may be wrong."""
    return Finding(Level.WARN, subject, sentence)


def error(subject: str, sentence: str) -> Finding:
    """Return a finding of what keeps the robot from working."""
    return Finding(Level.ERROR, subject, sentence)
