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

"""What the stop spotter says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vlm_robot.speech.sound import Samples

STOP_WORDS = ('stop', 'halt', 'freeze')
"""What is listened for; the network that ships tells them in this order."""


@dataclass(frozen=True)
class StopHeard:
    """
    A stop word was said.

    :param word: which.
    :param score: from 0 to 1.
    """

    word: str
    score: float


class StopSpotter(Protocol):
    """Listens to every block; fast enough to be called on the thread that takes them."""

    def feed(self, samples: Samples) -> StopHeard | None:
        """
        Listen on.

        :param samples: (N,) at `RATE_HZ`, the next ones of the stream.
        :return: the word that ended just now; it is told once.
        """
        ...

    def reset(self) -> None:
        """Forget what was heard, before another stream."""
        ...
