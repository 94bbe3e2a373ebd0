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

"""The wake phrase: only what is said after it counts, and no part of it is what was said."""

from __future__ import annotations

from collections.abc import Set

Words = tuple[str, ...]


class Wake:
    """
    Lets through what is said after a phrase: in one breath, or soon after.

    Times are seconds on any one clock.

    :param phrase: the words; '' lets everything through.
    :param open_s: how long after the phrase alone something may be said.
    :param known: words that a command may begin with; they are no remains of the phrase.
    """

    def __init__(self, phrase: str, *, open_s: float = 5.0, known: Set[str] = frozenset()) -> None:
        self._phrase = tuple(phrase.lower().split())
        self._open_s = open_s
        self._known = known
        self._begun: Words = ()  # of the phrase, as all that was said last
        self._until_s = -float('inf')

    def after(self, text: str, *, start_s: float, end_s: float, open_: bool = False) -> str | None:
        """
        Return what was said after the phrase; '' for the phrase alone, None without it.

        :param text: of one utterance, in lower case.
        :param start_s: when it began, and `end_s` when it ended.
        :param open_: nobody need say the phrase this time.
        """
        words = tuple(text.split())
        if not self._phrase:
            return text
        is_soon = start_s <= self._until_s
        if not words:
            return '' if is_soon or open_ else None
        said = self._begun + words if is_soon else words
        if said[: len(self._phrase)] == self._phrase:
            return self._woken(said[len(self._phrase) :], end_s)
        if is_soon and self._begun:  # the end of the phrase never came
            self._close()
            is_soon = False
        if is_soon or open_:
            return self._woken(self._without_tail(words), end_s)
        if words and words == self._phrase[: len(words)]:
            self._begun, self._until_s = words, end_s + self._open_s
        return None

    def _woken(self, rest: Words, end_s: float) -> str:
        self._close()
        if not rest:
            self._until_s = end_s + self._open_s
        return ' '.join(rest)

    def _close(self) -> None:
        self._begun, self._until_s = (), -float('inf')

    def _without_tail(self, words: Words) -> Words:
        """Return words without the last letters of the phrase before them."""
        phrase = ' '.join(self._phrase)
        for length in range(len(self._phrase), 0, -1):
            head = ' '.join(words[:length])
            if phrase.endswith(head) and head not in self._known:
                return words[length:]
        return words
