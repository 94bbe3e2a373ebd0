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

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.acoustic.levelling import levelled
from vlm_robot.speech.acoustic.model import WEIGHTS, load_acoustic, one_thread
from vlm_robot.speech.acoustic.phones import FRAME
from vlm_robot.speech.sound import RATE_HZ, Samples
from vlm_robot.speech.stopping.base import STOP_WORDS, StopHeard
from vlm_robot.speech.stopping.checkpoint import SHIPPED, load_network
from vlm_robot.speech.stopping.spelling import StopSpelling

if TYPE_CHECKING:
    from torch import Tensor

_HOP = 4 * FRAME
HOP_S = _HOP / RATE_HZ
_AGAIN_S = 0.6  # a word is told again after this at the earliest
_RELEASE = 0.5  # of the threshold: the score has to fall below it in between
_SILENT = 3e-4  # the loudest sample of a second in which nobody can have spoken
_AVERAGED = 2  # hops of which the odds are averaged
_NEVER = -20.0  # odds, as a logarithm
_POSSIBLE = -3.0  # the same: from here on the second head and the phones are asked
_VETO = -2.0  # the same: the second head says no more against a word


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
    The spotter of stop, halt and freeze: the last second is looked at every 96 ms.

    :param threshold: from 0 to 1, higher for fewer false triggers; None for the network's own.
    :param path: the network; the one that ships by default.
    :raises ConfigurationError: for a threshold that is none, or a network that cannot be used.
    :raises MissingPackageError: without the packages of the extra `speech`.
    """

    def __init__(self, threshold: float | None = None, *, path: Path = SHIPPED) -> None:
        from vlm_robot.speech.stopping.network import CONTEXT, ROWS, WINDOW, log_odds

        self._network, own = load_network(path, ear=WEIGHTS)
        self._ear, self._log_odds = load_acoustic(WEIGHTS), log_odds
        chosen = own if threshold is None else threshold
        if not 0 < chosen < 1:
            raise ConfigurationError(f'threshold {chosen!r} of the stop words: expected 0 to 1')
        self.words = STOP_WORDS
        self._spelling = StopSpelling()
        self._window, self._context, self._rows = WINDOW, CONTEXT, ROWS
        self._trigger = Trigger(chosen)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard, before another stream."""
        self._trigger.reset()
        self._last = np.zeros(self._context, np.float32)
        self._coming = np.zeros(0, np.float32)
        self._odds = np.full(_AVERAGED, _NEVER)

    def feed(self, samples: Samples) -> StopHeard | None:
        """
        Listen on; what is no number is heard as silence.

        :param samples: (N,) at `RATE_HZ`, the next ones of the stream.
        :return: the word that ended just now; it is told once.
        """
        sound = np.clip(np.nan_to_num(samples, posinf=0.0, neginf=0.0), -1.0, 1.0)
        self._coming = np.concatenate([self._coming, sound.astype(np.float32, copy=False)])
        told: StopHeard | None = None
        while self._coming.size >= _HOP:
            hop, self._coming = self._coming[:_HOP], self._coming[_HOP:]
            self._last = np.concatenate([self._last[_HOP:], hop])
            told = self._look() or told
        return told

    def _look(self) -> StopHeard | None:
        odds, word = self._heard()
        self._odds = np.append(self._odds[1:], odds)
        score = float(1 / (1 + np.exp(-self._odds.mean())))
        return StopHeard(word, score) if self._trigger.step(score) else None

    def _heard(self) -> tuple[float, str]:
        """Return the logarithm of the odds that a word has just ended, and which."""
        import torch

        latest = self._last[-self._window :]
        if np.abs(latest).max() < _SILENT:
            return _NEVER, ''
        with one_thread(), torch.inference_mode():
            logits = self._network(torch.from_numpy(levelled(latest))[None])
            odds = float(self._log_odds(logits))
            if odds > _POSSIBLE:
                odds, logits = self._asked_again(odds, logits)
            word = int(logits[0, 1:].argmax())
        return odds, self.words[word]

    def _asked_again(self, odds: float, logits: Tensor) -> tuple[float, Tensor]:
        """Return odds and logits with what the second head and the phones say."""
        import torch

        sound = torch.from_numpy(levelled(self._last))[None]
        rows = self._ear.inside(sound)[:, -self._rows :]
        again = self._network.second(rows)
        spelled, each = self._spelling.odds(self._ear.phones(rows)[0].numpy())
        both = (logits + again) / 2
        both[0, 1:] += both.new_tensor(each)
        second = max(float(self._log_odds(again)), _VETO)
        return (odds + second) / 2 + spelled, both
