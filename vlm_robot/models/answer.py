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

"""What goes into a backend and what comes out, and what a convention reads in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.outcome import OK, Verdict
from vlm_robot.core.values import Step, Target


class Task(Enum):
    """What a model is asked for."""

    PLAN = 'plan'  # steps that carry out an instruction
    POINT = 'point'  # where the things are that words describe
    ASK = 'ask'  # an answer to a question


@dataclass(frozen=True)
class Request:
    """One question to a model."""

    text: str  # the instruction or question in plain words; the profile wraps it into a prompt
    images: tuple[NDArray[np.uint8], ...]  # each (h, w, 3) RGB; points refer to the first
    task: Task = Task.PLAN
    deadline_s: float = 0.0  # seconds from now; 0 is no limit


@dataclass(frozen=True)
class ImageSize:
    """An image's size in pixels as the camera took it, and as the model saw it."""

    width: int
    height: int
    seen_width: int = 0  # 0: as the camera took it
    seen_height: int = 0

    @property
    def seen(self) -> tuple[int, int]:
        """(width, height) of the image that the model saw."""
        return self.seen_width or self.width, self.seen_height or self.height


@dataclass(frozen=True)
class Token:
    """One token of an answer: `text[start:end]` of the answer, and its probability when chosen."""

    start: int
    end: int
    probability: float


@dataclass(frozen=True)
class Answer:
    """A model's answer. `tokens` is empty where the backend reports no probabilities."""

    text: str
    tokens: tuple[Token, ...] = ()
    timings_s: dict[str, float] = field(default_factory=dict)  # stage -> seconds
    size: ImageSize | None = None  # of the first image; None: the model saw it as it was
    passes: int = 0  # forward passes of the language model; 0 where the backend does not know

    def confidence(self, start: int, end: int) -> float:
        """
        Return the least probability of the tokens of `text[start:end]`, NaN without tokens.

        Of a number that comes digit by digit only the first counts: whether a thing is at 394 or
        at 396 is a toss-up that says nothing about whether it is the right thing.
        """
        inside = [
            t.probability
            for t in self.tokens
            if t.start < end and t.end > start and not self._goes_on_with_a_number(t)
        ]
        return min(inside, default=float('nan'))

    def _goes_on_with_a_number(self, token: Token) -> bool:
        around = self.text[max(token.start - 1, 0) : token.start + 1]
        return len(around) == 2 and around.isdecimal()


class ParseStatus(Enum):
    """How much of an answer could be read."""

    OK = 'ok'
    PARTIAL = 'partial'  # the text breaks off or part of it is wrong; what was read is right
    NONE = 'none'  # the answer says that there is nothing
    MALFORMED = 'malformed'


Box = tuple[float, float, float, float]
"""(u_min, v_min, u_max, v_max) in pixels of the original image."""


@dataclass(frozen=True)
class Pointed:
    """A target, and where in the answer's text its point stands; a box's point is its centre."""

    target: Target
    start: int
    end: int
    box: Box | None = None
    image: int = 0  # which of the request's images


@dataclass(frozen=True)
class Parsed:
    """What a convention read in an answer. Pixels are those of the original image."""

    status: ParseStatus
    reason: str = ''  # one sentence unless OK
    verdict: Verdict = OK  # what the model said about the instruction
    steps: tuple[Step, ...] = ()
    pointed: tuple[Pointed, ...] = ()  # every point in the order of the text
    words: str = ''  # an answer in words
