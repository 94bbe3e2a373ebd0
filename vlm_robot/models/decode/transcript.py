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

"""The text of an answer while its tokens come."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vlm_robot.models.answer import Token
from vlm_robot.models.decode.greedy import Chosen

_BROKEN = '\ufffd'  # part of a character, as tokenizers decode it


class Transcript:
    """
    Tokens and their text, which grows with each token that is added.

    :param decode: tokens to text.
    :param stop: strings that an answer ends before.
    :param on_text: called with each piece of the text once it is sure.
    """

    def __init__(
        self,
        decode: Callable[[list[int]], str],
        *,
        stop: Sequence[str] = (),
        on_text: Callable[[str], None] | None = None,
    ) -> None:
        self.text = ''
        self.stopped = False
        self._decode = decode
        self._stop = tuple(filter(None, stop))
        self._held_back = max(map(len, self._stop), default=1) - 1
        self._on_text = on_text
        self._told = 0
        self._chosen: list[Chosen] = []
        self._ends: list[int] = []  # of the text after each token

    def add(self, chosen: Chosen) -> None:
        """Add a token; `stopped` says whether a stop string has come."""
        self._chosen.append(chosen)
        text = self._decode(self.ids)
        stops = [at for at in (text.find(stop) for stop in self._stop) if at >= 0]
        if stops:
            self.stopped = True
            text = text[: min(stops)]
        self.text = text
        self._ends.append(len(text.rstrip(_BROKEN)))
        if not stops:
            self._tell(self._ends[-1] - self._held_back)

    @property
    def ids(self) -> list[int]:
        """The tokens."""
        return [chosen.token for chosen in self._chosen]

    def tokens(self) -> tuple[Token, ...]:
        """Return each token's place in the text and its probability."""
        starts, start = [], 0
        for end in self._ends:
            starts.append(start)
            start = max(start, min(end, len(self.text)))
        ends = [*starts[1:], len(self.text)] if starts else []
        return tuple(
            Token(start, end, chosen.probability)
            for start, end, chosen in zip(starts, ends, self._chosen, strict=True)
        )

    def close(self) -> None:
        """Tell the rest of the text."""
        self._tell(len(self.text))

    def _tell(self, end: int) -> None:
        if self._on_text is not None and end > self._told:
            self._on_text(self.text[self._told : end])
            self._told = end
