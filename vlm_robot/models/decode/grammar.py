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

"""The grammars of a profile's plans, compiled for its tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

from llguidance import LLMatcher, LLTokenizer
from transformers import PreTrainedTokenizerBase

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.values import Step
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.decode.rules import Filter, GrammarRules
from vlm_robot.models.plan_schema import MAX_STEPS
from vlm_robot.models.profile import Profile

SYNTAXES = {
    'plan_json': 'vlm_robot.models.decode.json_syntax:JsonSyntax',
    'tabletop': 'vlm_robot.models.decode.tabletop_syntax:TabletopSyntax',
}
"""Syntax of plans -> its grammar. Other syntaxes are decoded without one."""

_REMEMBERED = 8  # compiled grammars


class Syntax(Protocol):
    """How plans are written with the tokens of one tokenizer."""

    tokens: LLTokenizer

    def lark(self, size: ImageSize, steps: int) -> str:
        """Return the grammar of the answers of at most so many steps, for llguidance."""

    def longest(self, size: ImageSize, steps: int) -> int:
        """Return how many tokens the longest of these answers can have, with its end mark."""

    def apart(self, size: ImageSize) -> Filter:
        """Return what keeps the things of a list apart."""

    def sketch(self, steps: Sequence[Step], size: ImageSize) -> list[int]:
        """Write steps, whose targets have no pixels, with points anywhere."""

    def is_unsure(self, token: int) -> bool:
        """Return whether a token is part of a number or place, which no sketch knows."""

    def is_mark(self, token: int) -> bool:
        """Return whether a token is punctuation, which stays where words change."""


class Grammar:
    """
    A compiled grammar.

    :param steps: the most that a plan has.
    :raises ConfigurationError: for a grammar that does not compile.
    """

    def __init__(self, syntax: Syntax, size: ImageSize, steps: int) -> None:
        self.longest = syntax.longest(size, steps)
        self._apart = syntax.apart(size)
        lark = LLMatcher.grammar_from_lark(syntax.lark(size, steps))
        self._matcher = LLMatcher(syntax.tokens, lark)
        if self._matcher.is_error():
            reason = self._matcher.get_error().split('\n')[0]
            raise ConfigurationError(f'the grammar of plans does not compile: {reason}')

    def rules(self) -> GrammarRules:
        """Return the rules of one answer, before its first token."""
        return GrammarRules(self._matcher.deep_copy(), self._apart)


class Grammars:
    """Grammars of one syntax, for images of different sizes and answers of different lengths."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self._compiled: dict[str, Grammar] = {}  # by what it was compiled from
        self._known: dict[tuple[ImageSize, int], Grammar] = {}

    def fitting(self, size: ImageSize, room: int) -> Grammar | None:
        """
        Return the grammar of the longest plans that surely fit.

        :param room: the most tokens of an answer.
        :return: None when not even one step fits.
        """
        steps = MAX_STEPS
        while steps and self.syntax.longest(size, steps) > room:
            steps -= 1
        return self._grammar(size, steps) if steps else None

    def _grammar(self, size: ImageSize, steps: int) -> Grammar:
        if (size, steps) not in self._known:
            lark = self.syntax.lark(size, steps)
            if lark not in self._compiled:
                self._compiled[lark] = Grammar(self.syntax, size, steps)
            self._known[size, steps] = self._compiled[lark]
            _forget_old(self._compiled)
            _forget_old(self._known)
        return self._known[size, steps]


def _forget_old(remembered: dict[Any, Grammar]) -> None:
    for old in list(remembered)[:-_REMEMBERED]:
        del remembered[old]


def make_grammars(
    profile: Profile, tokenizer: PreTrainedTokenizerBase, *, vocabulary: int, end: int
) -> Grammars | None:
    """
    Return the grammars of a profile's plans, None where its syntax has none.

    :param vocabulary: size of the model's output.
    :param end: the token that ends an answer.
    :raises ConfigurationError: for a tokenizer with which the syntax cannot be written.
    """
    if profile.plan not in SYNTAXES:
        return None
    module, _, attribute = SYNTAXES[profile.plan].partition(':')
    try:
        return Grammars(
            getattr(import_module(module), attribute)(profile, tokenizer, vocabulary, end)
        )
    except (ValueError, TypeError) as err:  # of llguidance, for tokenizers that it cannot read
        reason = str(err).split('\n')[0]
        raise ConfigurationError(
            f'no grammar fits the tokenizer of {profile.name!r}: {reason}'
        ) from err
