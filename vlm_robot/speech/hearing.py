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

"""Everything from blocks of sound to what is done about them, on the thread that asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.activity import Segmenter
from vlm_robot.speech.dialogue import Dialogue, Span
from vlm_robot.speech.ears import Ears, Said
from vlm_robot.speech.heard import Heard, Kind
from vlm_robot.speech.recognisers.base import Recogniser
from vlm_robot.speech.sources.base import Block
from vlm_robot.speech.stopping.base import StopHeard, StopSpotter
from vlm_robot.speech.understanding import Understanding


@dataclass(frozen=True)
class HeardAt:
    """
    Something heard, and when.

    :param span: when it was said.
    :param told_s: the time of the sound at which it was told.
    """

    heard: Heard
    span: Span
    told_s: float


class Hearing:
    """
    Hears without threads or ROS, for files: what is told depends on the sound alone.

    :param partial_s: between two partial results; 0 for none.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        spotter: StopSpotter | None,
        recogniser: Recogniser,
        dialogue: Dialogue,
        *,
        partial_s: float = 0.0,
    ) -> None:
        self._told: list[HeardAt] = []
        self._now_s = 0.0
        self.ears = Ears(
            segmenter, spotter, on_stop=self._stop, on_said=self._recognise, partial_s=partial_s
        )
        self._dialogue = dialogue
        self._understanding = Understanding(
            recogniser, dialogue, accept=self.ears.accept, tell=self._tell
        )

    def hear(self, blocks: Iterable[Block]) -> Iterator[HeardAt]:
        """Yield what is heard."""
        for block in blocks:
            yield from self.feed(block)

    def feed(self, block: Block) -> tuple[HeardAt, ...]:
        """Listen on, and return what that told."""
        self._now_s = block.heard_s
        self._told = []
        self.ears.feed(block)
        if not self.ears.somebody_speaks and (dropped := self._dialogue.expire(block.heard_s)):
            self._tell(dropped, Span(block.heard_s, block.heard_s))
        return tuple(self._told)

    def _stop(self, hit: StopHeard, at_s: float) -> None:
        self._understanding.stopped(at_s)
        self._tell(Heard(Kind.STOP, hit.word, hit.score), Span(at_s, at_s))

    def _recognise(self, said: Said) -> None:
        self._understanding.take(said, CancelToken())

    def _tell(self, heard: Heard, span: Span) -> None:
        self._told.append(HeardAt(heard, span, self._now_s))
