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

"""What was heard, and what is done about it: what `vlm_robot_interfaces/msg/Heard` says."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """What is done about something heard. The numbers are the constants of the message."""

    PARTIAL = 0
    INSTRUCTION = 1
    QUESTION = 2
    REFUSED = 3
    NOTHING = 4
    STOP = 5
    ANSWER = 6


@dataclass(frozen=True)
class Heard:
    """
    Something heard.

    :param text: what was said, in words; of INSTRUCTION what is to be done.
    :param confidence: from 0 to 1; NaN where the recogniser does not know.
    :param alternatives: what else it may have been, the likeliest first.
    :param unknown: words that were heard and are not in the grammar.
    :param language: as an ISO 639-1 code; '' where the recogniser does not know.
    :param question: what the operator is asked; of QUESTION alone.
    :param reason: why nothing is done, as a sentence.
    """

    kind: Kind
    text: str = ''
    confidence: float = math.nan
    alternatives: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    language: str = ''
    question: str = ''
    reason: str = ''
