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

"""The protocol of a recogniser."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.sound import Samples


@dataclass(frozen=True)
class Hypothesis:
    """
    What may have been said.

    :param text: in words, lower case, without punctuation.
    :param confidence: from 0 to 1; NaN where the recogniser does not know.
    """

    text: str
    confidence: float = math.nan


@dataclass(frozen=True)
class Recognition:
    """
    What was said.

    :param hypotheses: the best first; none when nothing was said that can be told.
    :param unknown: words that were heard and are not in the grammar, as far as it can tell.
    :param complete: whether the best is a whole sentence, so that nobody need wait for more.
    :param language: as an ISO 639-1 code; '' where the recogniser does not know.
    """

    hypotheses: tuple[Hypothesis, ...] = ()
    unknown: tuple[str, ...] = ()
    complete: bool = True
    language: str = ''

    @property
    def text(self) -> str:
        """The best hypothesis' words; '' for none."""
        return self.hypotheses[0].text if self.hypotheses else ''

    @property
    def confidence(self) -> float:
        """The best hypothesis' confidence; NaN for none."""
        return self.hypotheses[0].confidence if self.hypotheses else math.nan


class Recogniser(Protocol):
    """Makes words out of an utterance; one call at a time."""

    @property
    def name(self) -> str:
        """What it is called in parameters, with its model."""
        ...

    def recognise(self, samples: Samples, cancel: CancelToken) -> Recognition:
        """
        Return what was said in an utterance; nothing, for silence and noise.

        Also for the beginning of an utterance that still goes on: that is a partial result.

        :param samples: (N,) at `RATE_HZ`, of at least 0 samples.
        :raises Refusal: CANCELED or TIMEOUT, as the token says; MODEL_ERROR when it fails.
        """
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...
