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

"""How sure it is that the best sentence is what was said: a logistic of what the decoder saw."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.decoding.decoder import Decoded
from vlm_robot.speech.grammar.essence import essence

MOST = 10.0
"""Of a margin, of sound outside of words and of unknown words: more tells no more."""


@dataclass(frozen=True)
class Signs:
    """
    What a decoding shows, in natural logarithms.

    :param excess: for each phone, by how much phones without a grammar fit better.
    :param worst: the same of the word that fits worst, not by phone: the square root of it.
    :param unknown: by how much the sentence fits better when words may be unknown.
    :param margin: by how much it is better than the best that means something else.
    :param uncertainty: the entropy of the phones of a frame: noise makes that of all larger.
    :param outside: how much of the excess is sound that belongs to no word.
    :param length: the logarithm of how many phones were heard.
    """

    excess: float
    worst: float
    unknown: float
    margin: float
    uncertainty: float
    outside: float
    length: float


def signs(decoded: Decoded) -> Signs:
    """Return what a decoding of at least one sentence shows."""
    best = decoded.sentences[0]
    meant = essence(best.words)
    other = next((s for s in decoded.sentences if essence(s.words) != meant), None)
    last = other or decoded.sentences[-1]
    margin = best.score - last.score if len(decoded.sentences) > 1 else MOST
    freely = decoded.freely.score - best.score if decoded.freely else 0.0
    phones = max(decoded.phones, 1)
    return Signs(
        excess=decoded.excess / phones,
        worst=math.sqrt(max(0.0, decoded.worst)),
        unknown=min(max(0.0, freely), MOST),
        margin=min(margin, MOST),
        uncertainty=decoded.uncertainty,
        outside=min(decoded.outside, MOST),
        length=math.log(phones),
    )


@dataclass(frozen=True)
class Calibration:
    """The coefficients of the logistic."""

    intercept: float
    excess: float
    worst: float
    unknown: float
    margin: float
    uncertainty: float
    outside: float
    length: float

    @classmethod
    def read(cls, path: Path) -> Self:
        """:raises ConfigurationError: for a file that is none."""
        try:
            found = json.loads(path.read_text(encoding='utf-8'))
            return cls(**{name: float(value) for name, value in found.items()})
        except (OSError, ValueError, TypeError, AttributeError) as err:
            raise ConfigurationError(f'{str(path)!r} is no calibration: {err}') from err

    def confidence(self, seen: Signs) -> float:
        """Return the probability that the best sentence means what was said."""
        slopes, found = asdict(self), asdict(seen)
        odds = self.intercept + sum(slopes[name] * value for name, value in found.items())
        return 1 / (1 + math.exp(-min(max(odds, -30.0), 30.0)))
