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

"""Whether written words are a sentence of a grammar, and which."""

from __future__ import annotations

from collections import defaultdict

from vlm_robot.speech.grammar.automaton import Automaton

ARTICLES = frozenset(('the', 'a', 'an', 'that', 'this'))
"""The grammar has "the" alone, which may be said in these ways, or not at all."""

_NUMBERS = [
    'zero',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
    'ten',
    'eleven',
    'twelve',
    'thirteen',
    'fourteen',
    'fifteen',
    'sixteen',
    'seventeen',
    'eighteen',
    'nineteen',
    'twenty',
]

_Paths = dict[int, tuple[str, ...]]  # state -> the sentence so far


class Sentences:
    """
    The sentences of a grammar.

    :param grammar: over words; from each state at most one arc for a word.
    """

    def __init__(self, grammar: Automaton) -> None:
        self.grammar = grammar
        self.words = grammar.words
        self._moves: dict[int, dict[str, int]] = defaultdict(dict)
        for arc in grammar.arcs:
            self._moves[arc.source][arc.word] = arc.target

    def canonical(self, text: str) -> str | None:
        """Return the sentence of the grammar that a text says, None for another text."""
        paths = self._with_articles({0: ()})
        for word in text.split():
            paths = self._with_articles(self._after(paths, word))
        said = [path for state, path in paths.items() if state in self.grammar.finals]
        return ' '.join(said[0]) if said else None

    def unknown(self, text: str) -> tuple[str, ...]:
        """Return the words of a text that no sentence has, each once."""
        known = self.words | (ARTICLES if 'the' in self.words else frozenset())
        return tuple(dict.fromkeys(word for word in text.split() if word not in known))

    def with_numbers(self, text: str) -> str:
        """Return a text with digits as words, where the grammar has these words."""
        return ' '.join(map(self._number, text.split()))

    def _number(self, word: str) -> str:
        if word in self.words or not (word.isascii() and word.isdecimal()) or len(word) > 2:
            return word
        number = int(word)
        said = _NUMBERS[number] if number < len(_NUMBERS) else word
        return said if said in self.words else word

    def _after(self, paths: _Paths, word: str) -> _Paths:
        found: _Paths = {}
        for state, path in paths.items():
            for said in (word, 'the') if word in ARTICLES else (word,):
                if said in self._moves[state]:
                    found.setdefault(self._moves[state][said], (*path, said))
        return found

    def _with_articles(self, paths: _Paths) -> _Paths:
        skipped = {
            self._moves[state]['the']: (*path, 'the')
            for state, path in paths.items()
            if 'the' in self._moves[state]
        }
        return skipped | paths
