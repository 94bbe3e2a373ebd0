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

"""Which token may come next, and which one must."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from llguidance import LLMatcher
from numpy.typing import NDArray

Tokens = NDArray[np.int64]
"""Vocabulary indices in rising order."""

Filter = Callable[[Sequence[int], Tokens], Tokens]
"""(answer so far, what the grammar allows next) -> what is left of it, never nothing."""


class Rules(Protocol):
    """
    What an answer may look like, at the place that it has reached.

    All that is asked depends on the tokens taken alone, so that every way of decoding that takes
    the same tokens is asked for the same choices.
    """

    def forced(self) -> int | None:
        """Return the next token where there is nothing to choose."""

    def allowed(self) -> Tokens | None:
        """Return what may come next; None for everything."""

    def take(self, token: int) -> None:
        """Go on by one token."""

    def accepts(self, tokens: Sequence[int]) -> int:
        """Return how many of the tokens, from the first on, may come next in this order."""


class NoRules:
    """Anything may come next."""

    def forced(self) -> int | None:
        """Return None."""
        return None

    def allowed(self) -> Tokens | None:
        """Return None."""
        return None

    def take(self, token: int) -> None:
        """Do nothing."""

    def accepts(self, tokens: Sequence[int]) -> int:
        """Return their number."""
        return len(tokens)


class GrammarRules:
    """
    The rules of a grammar.

    A token is forced where it is the only one allowed, and where the grammar forces the bytes
    that come next: there, the tokenizer's own way to write them is the only one allowed.

    :param matcher: of llguidance, before the first token.
    :param narrow: leaves out what a grammar without memory cannot, None for nothing.
    """

    def __init__(self, matcher: LLMatcher, narrow: Filter | None = None) -> None:
        self._matcher = matcher
        self._narrow = narrow
        self._taken: list[int] = []
        self._next: Tokens | None = None

    def forced(self) -> int | None:
        """See `Rules.forced`."""
        allowed = self.allowed()
        return int(allowed[0]) if len(allowed) == 1 else None

    def allowed(self) -> Tokens:
        """See `Rules.allowed`."""
        if self._next is None:
            self._next = self._compute()
        return self._next

    def take(self, token: int) -> None:
        """
        Go on by one token.

        :raises ValueError: for a token that is not allowed.
        """
        if not self._matcher.consume_token(token):
            raise ValueError(f'token {token!r} is not allowed: {self._matcher.get_error()}')
        self._taken.append(token)
        self._next = None

    def accepts(self, tokens: Sequence[int]) -> int:
        """See `Rules.accepts`."""
        return int(self._matcher.validate_tokens(list(tokens)))

    def _compute(self) -> Tokens:
        if written := self._matcher.compute_ff_tokens():
            return np.array(written[:1], np.int64)
        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        allowed = np.flatnonzero(np.unpackbits(bits, bitorder='little'))
        if allowed.size == 0:
            raise ValueError(f'the grammar is at an end: {self._matcher.get_error()}')
        return allowed if self._narrow is None else self._narrow(self._taken, allowed)
