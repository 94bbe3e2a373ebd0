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

"""Hears stop words in a stream of sound, whatever else is said and whatever runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.sound import Samples
from vlm_robot.speech.stopping.base import StopHeard
from vlm_robot.speech.stopping.checkpoint import load_network
from vlm_robot.speech.stopping.mels import HOP_S, MelStream
from vlm_robot.speech.stopping.network import StopNetwork

_AGAIN_S = 0.6  # a word is told again after this at the earliest
_RELEASE = 0.5  # of the threshold: the score has to fall below it in between


class Trigger:
    """
    Makes one event out of a score that stays high for a while.

    :param threshold: the score from which on a word counts.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self.reset()

    def reset(self) -> None:
        """Be ready for a word."""
        self._since = np.inf
        self._released = True

    def step(self, score: float) -> bool:
        """Return whether a word was said, from the score of one more hop."""
        self._since += HOP_S
        self._released |= score < _RELEASE * self._threshold
        if score < self._threshold or not self._released or self._since < _AGAIN_S:
            return False
        self._since, self._released = 0.0, False
        return True


class EmbeddedStopSpotter:
    """
    The spotter of the stop words in `words`, of which one is told about 0.1 s after its end.

    :param threshold: from 0 to 1, higher for fewer false triggers; None for the network's own.
    :param network: what hears the words; None for the one that ships.
    :raises ConfigurationError: for a threshold that is none, or a network that cannot be used.
    :raises MissingPackageError: without the packages of the extra `speech`.
    """

    def __init__(
        self, threshold: float | None = None, *, network: StopNetwork | None = None
    ) -> None:
        self._network = network or load_network()
        chosen = self._network.threshold if threshold is None else threshold
        if not 0 < chosen < 1:
            raise ConfigurationError(f'threshold {chosen!r} of the stop words: expected 0 to 1')
        self._mels = MelStream()
        self._trigger = Trigger(chosen)
        self.reset()

    @property
    def words(self) -> tuple[str, ...]:
        """What it listens for."""
        return self._network.words

    def reset(self) -> None:
        """Forget what was heard, before another stream."""
        self._mels.reset()
        self._trigger.reset()
        self._state = self._network.silence()

    def feed(self, samples: Samples) -> StopHeard | None:
        """
        Listen on; NaN is heard as silence.

        :param samples: (N,) at `RATE_HZ`, the next ones of the stream.
        :return: the word that ended just now; it is told once.
        """
        sound = np.clip(np.nan_to_num(samples, posinf=0.0, neginf=0.0), -1.0, 1.0)
        scores, self._state = self._network.scores(self._mels.feed(sound), self._state)
        heard = [self._told(each) for each in scores]
        return next((word for word in heard if word is not None), None)

    def _told(self, scores: NDArray[np.float32]) -> StopHeard | None:
        score = float(scores.sum())
        if not self._trigger.step(score):
            return None
        return StopHeard(self._network.words[int(scores.argmax())], min(score, 1.0))
