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

"""What the segmenter says about a stream of sound."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_robot.speech.sound import Samples


@dataclass(frozen=True)
class Utterance:
    """
    Something that was said, with a little of what was before.

    :param samples: (N,) at `RATE_HZ`.
    :param start_s: when the first sample was heard, on the clock of the blocks.
    :param spoken_s: when the speaking ended.
    :param number: counts the utterances of a stream; a pause and the end of one share it.
    """

    samples: Samples
    start_s: float
    spoken_s: float
    number: int


@dataclass(frozen=True)
class Started:
    """Somebody begins to speak."""

    number: int


@dataclass(frozen=True)
class Paused:
    """The speaker is silent for a moment: perhaps that was all. `Segmenter.accept` ends it."""

    utterance: Utterance


@dataclass(frozen=True)
class Ended:
    """
    The speaker has ended.

    :param cut: it went on for longer than an utterance may last, and was cut off.
    """

    utterance: Utterance
    cut: bool = False


Event = Started | Paused | Ended
