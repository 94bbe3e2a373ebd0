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
How well the phones of words fit the end of a sound.

The heads of the stop network know words by what they sound like as a whole, and take others that
sound alike for them; here each phone has to be there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.decoding.graph import ANY, UNKNOWN, phone_graph
from vlm_robot.speech.decoding.trellis import NEVER, Scores, Searcher
from vlm_robot.speech.grammar.automaton import Arc, Automaton
from vlm_robot.speech.grammar.pronunciations import pronunciations

_LATEST = 14  # rows in which a word may end
_BEFORE = np.full((3, ANY + 1), NEVER)  # as many as an unknown word takes
_BEFORE[:, ANY] = 0.0


class Speller:
    """
    Fits words to log probabilities of phones, after anything.

    :param words: of the grammar's lexicon or of the dictionary.
    """

    def __init__(self, words: Sequence[str]) -> None:
        arcs = (Arc(0, UNKNOWN, 1), *(Arc(1, word, 2) for word in words))
        automaton = Automaton(3, arcs, frozenset({2}))
        self._graph = phone_graph(automaton, pronunciations(words), closed=True)
        self._search = Searcher(self._graph, word_score=0.0, skip_score=0.0, unknown_score=0.0)
        spoken = np.array([self._graph.words[arc] for arc in self._graph.arcs])
        self._ends = [self._graph.last[spoken == word] for word in words]

    def fits(self, rows: Scores) -> NDArray[np.float32]:
        """
        Return for each word by how much its phones fit worse than any others, at most 0.

        :param rows: (T, len(PHONES)) log probabilities.
        :return: the logarithm of the likelihood of the best path through the word's phones, of
            those that end in the last rows, over that of the likeliest symbols of its rows.
        """
        worse = rows - rows.max(axis=1, keepdims=True)
        after = np.column_stack((worse, np.zeros(len(rows), np.float32)))
        trellis = self._search.trellis(np.concatenate((_BEFORE, after)), CancelToken())
        ended = trellis.phone[-_LATEST:].max(axis=0)
        return np.array([ended[ends].max() for ends in self._ends])
