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

"""
Drafts: guesses at the tokens that come next, verified in one pass.

A draft is read off references: the answer before, and a sketch of the instruction's plan. Each
reference is followed along the answer; where the two part, it is found again behind the change.
"""

from __future__ import annotations

from collections.abc import Sequence

from vlm_robot.models.decode.grammar import Syntax

_BEHIND, _AHEAD = 4, 12  # tokens around its place in which a reference is found again
_FADING = 0.8  # a token's weight in how well a reference fits, from one to the next
_TRUST = 1.5  # what an answer that was given counts for above a guess
_FITS = 2.0  # how well one fits that is as good as right, for all that came before
_DOUBTFUL = 16  # longest draft of one that fits less


class Reference:
    """
    An answer that may come again.

    `fit` is how many of the latest tokens were as it says, the older ones for less.

    :param tokens: without the end mark.
    :param sure: whether its numbers and places may be right.
    """

    def __init__(self, tokens: Sequence[int], syntax: Syntax | None, *, sure: bool) -> None:
        self.fit = _TRUST if sure else 0.0
        self._tokens = tuple(tokens)
        self._syntax = syntax
        self._sure = sure
        self._at = 0
        self._missed = False
        self._in_number = False
        self._hits = 0.0

    def follow(self, token: int) -> None:
        """Go along by one token of the answer."""
        hit = self._at < len(self._tokens) and self._tokens[self._at] == token
        self._hits = _FADING * self._hits + hit
        self.fit = self._hits + (_TRUST if self._sure else 0.0)
        self._missed = self._missed or not hit
        self._in_number = self._syntax is not None and self._syntax.is_unsure(token)
        self._at = self._at + 1 if hit else self._found_again(token)

    def ahead(self) -> Sequence[int]:
        """Return what would come next."""
        rest = self._tokens[self._at :]
        if self._missed and self._hits < _FITS:
            rest = rest[:_DOUBTFUL]
        if self._sure or self._syntax is None:
            return rest
        unsure = [self._syntax.is_unsure(token) for token in rest]
        # a number that has begun may be at its end; where one begins, nothing can be said
        start = unsure.index(False) if self._in_number and False in unsure else 0
        end = unsure.index(True, start) if True in unsure[start:] else len(rest)
        return rest[start:end]

    def _found_again(self, token: int) -> int:
        """Return the place behind a token that was another one than expected."""
        if self._syntax is None or self._syntax.is_unsure(token):
            return self._after_change(token)
        near = range(max(self._at - _BEHIND, 0), min(self._at + _AHEAD, len(self._tokens)))
        alike = [at for at in near if self._tokens[at] == token]
        if not alike:
            return self._after_change(token)
        return min(alike, key=lambda at: abs(at - self._at)) + 1

    def _after_change(self, token: int) -> int:
        """Take a word for one that took the place of another, or was put in before a mark."""
        if self._at >= len(self._tokens):
            return self._at
        if self._syntax is not None and self._syntax.is_mark(self._tokens[self._at]):
            return self._at
        return self._at + 1


class Drafts:
    """Drafts from the reference that fits best, the first of them where several do."""

    def __init__(self, references: Sequence[Reference] = ()) -> None:
        self._references = tuple(references)

    def follow(self, token: int) -> None:
        """Go along by one token of the answer."""
        for reference in self._references:
            reference.follow(token)

    def ahead(self, limit: int) -> Sequence[int]:
        """Return at most `limit` tokens that may come next."""
        if not self._references:
            return ()
        return max(self._references, key=lambda reference: reference.fit).ahead()[:limit]
