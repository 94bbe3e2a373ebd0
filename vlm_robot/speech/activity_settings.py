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

"""When somebody begins and ends to speak."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vlm_robot.core.errors import ConfigurationError


class Listening(StrEnum):
    """What decides that an utterance begins and ends."""

    VOICE = 'voice'  # the voice itself
    PUSH = 'push'  # a button that is held


@dataclass(frozen=True)
class ActivitySettings:
    """
    How the segmenter cuts a stream into utterances.

    :param mode: what decides.
    :param start: the probability of speech that begins an utterance.
    :param stay: the probability below which it is silence, in an utterance.
    :param preroll_s: how much before its beginning belongs to an utterance.
    :param pause_s: a silence of which `Paused` tells.
    :param end_s: a silence that ends an utterance.
    :param shortest_s: less speech than this is no utterance.
    :param longest_s: an utterance is cut off here.
    :param over_floor_db: speech stands so far out of the noise, over what noise itself does.
    """

    mode: Listening = Listening.VOICE
    start: float = 0.5
    stay: float = 0.35
    preroll_s: float = 0.3
    pause_s: float = 0.3
    end_s: float = 0.8
    shortest_s: float = 0.15
    longest_s: float = 12.0
    over_floor_db: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.stay <= self.start < 1:
            raise ConfigurationError(
                f'a stay of {self.stay!r} and a start of {self.start!r} cannot be used: '
                'expected 0 < stay <= start < 1'
            )
        if not 0 < self.pause_s <= self.end_s:
            raise ConfigurationError(
                f'a pause_s of {self.pause_s!r} and an end_s of {self.end_s!r} cannot be used: '
                'expected 0 < pause_s <= end_s'
            )
        if not 0 <= self.preroll_s <= 5:
            raise ConfigurationError(f'a preroll_s of {self.preroll_s!r}: expected 0 to 5')
        if not 0 < self.shortest_s < self.longest_s <= 60:
            raise ConfigurationError(
                f'a shortest_s of {self.shortest_s!r} and a longest_s of {self.longest_s!r} '
                'cannot be used: expected 0 < shortest_s < longest_s <= 60'
            )
        if not 0 <= self.over_floor_db <= 40:
            raise ConfigurationError(
                f'an over_floor_db of {self.over_floor_db!r}: expected 0 to 40'
            )
