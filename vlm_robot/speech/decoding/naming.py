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

"""Names what was said where no word of the grammar fits: the likeliest common word."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from heapq import nlargest

import numpy as np

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.decoding.graph import ANY, PhoneGraph, phone_graph
from vlm_robot.speech.decoding.trellis import NEVER, Scores, Searcher
from vlm_robot.speech.grammar.automaton import Arc, Automaton
from vlm_robot.speech.grammar.pronunciations import (
    Pronunciations,
    dictionary_entries,
    dictionary_path,
)

_COMMON = 8000
_LOG_BASE = 1.0001  # of PocketSphinx's integer probabilities
_PRIOR = np.float32(0.3)
_PHONES = 3  # shorter words fit everything


@dataclass(frozen=True)
class Lexicon:
    """Common words: how they are said, and the natural logarithms of how often."""

    said: Pronunciations
    frequency: dict[str, float]


class Namer:
    """
    Finds the word for a stretch of sound.

    :param known: words of the grammar, which it is none of.
    """

    def __init__(self, lexicon: Lexicon, known: Collection[str]) -> None:
        words = [word for word in lexicon.said if word not in known]
        arcs = tuple(Arc(0, word, 1) for word in words)
        self._graph: PhoneGraph | None = None
        if arcs:
            graph = phone_graph(Automaton(2, arcs, frozenset({1})), lexicon.said, closed=True)
            self._graph = graph
            self._search = Searcher(graph, word_score=0.0, skip_score=0.0, unknown_score=0.0)
            self._prior = np.array([lexicon.frequency[graph.words[a]] for a in graph.arcs])

    def name(self, rows: Scores, cancel: CancelToken) -> str:
        """
        Return the word that fits best; '' without a lexicon.

        :param rows: (T, phones) log probabilities of the stretch.
        :raises Refusal: when canceled.
        """
        if self._graph is None or not rows.size:
            return ''
        nothing = np.full((len(rows), ANY + 1 - rows.shape[1]), NEVER)
        trellis = self._search.trellis(np.hstack((rows, nothing)), cancel)
        last = self._graph.last
        fit = np.maximum(trellis.phone[-1, last], trellis.blank[-1, last])
        best = int(np.argmax(fit + _PRIOR * self._prior))
        return self._graph.words[self._graph.arcs[best]]


@cache
def common_words() -> Lexicon:
    """Return the commonest words of PocketSphinx's language model; none without it."""
    path = dictionary_path()
    if path is None:
        return Lexicon({}, {})
    from pocketsphinx import NGramModel

    model = NGramModel.readfile(str(path.with_name('en-us.lm.bin')))
    said: dict[str, list[tuple[str, ...]]] = {}
    for word, phones in dictionary_entries():
        if len(phones) >= _PHONES and word.isalpha():
            said.setdefault(word, []).append(phones)
    frequency = {word: model.prob([word]) * np.log(_LOG_BASE) for word in said}
    common = nlargest(_COMMON, said, key=frequency.__getitem__)
    return Lexicon(
        {word: tuple(said[word]) for word in common}, {word: frequency[word] for word in common}
    )
