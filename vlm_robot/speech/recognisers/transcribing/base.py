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

"""What a model writes down, and the protocol of one that does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.grammar.automaton import Automaton
from vlm_robot.speech.sound import Samples


@dataclass(frozen=True)
class Transcript:
    """
    A text, as a model writes it.

    :param mean: mean logarithm of the probabilities of its tokens; NaN where that is not known.
    :param total: logarithm of its probability; NaN likewise.
    """

    text: str
    mean: float = math.nan
    total: float = math.nan

    @property
    def confidence(self) -> float:
        """The geometric mean of its tokens' probabilities."""
        return math.exp(self.mean)


class Listening(Protocol):
    """One utterance, heard by a model."""

    language: str  # ISO 639-1, '' where the model does not tell
    silence: float  # probability that nobody speaks, NaN where the model does not tell

    def written(self) -> tuple[Transcript, ...]:
        """Return what was said, the likeliest first."""
        ...

    def written_within(self) -> tuple[Transcript, ...]:
        """Return what was said, if it was a sentence of the grammar; () without a grammar."""
        ...


class Transcriber(Protocol):
    """A model that writes down what it hears."""

    window_s: float  # the longest utterance that it takes in one piece

    def listen(self, samples: Samples, cancel: CancelToken) -> Listening:
        """Hear an utterance."""
        ...

    def keep_within(self, grammar: Automaton) -> None:
        """Compile what keeps its texts to a grammar, where it can be kept to one."""
        ...
