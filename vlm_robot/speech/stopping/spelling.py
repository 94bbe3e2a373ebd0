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

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.decoding.graph import ANY, UNKNOWN, phone_graph
from vlm_robot.speech.decoding.trellis import NEVER, Scores, Searcher
from vlm_robot.speech.grammar.automaton import Arc, Automaton
from vlm_robot.speech.grammar.pronunciations import Pronunciations, pronunciations
from vlm_robot.speech.stopping.base import STOP_WORDS

_LATEST = 14  # rows in which a word may end
_BEFORE = np.full((3, ANY + 1), NEVER)  # as many as an unknown word takes
_BEFORE[:, ANY] = 0.0

_WEIGHT = 0.25  # of a fit, in odds
_FITTING = -3.3  # from here on a fit speaks for a word
_MISFIT = -10.0  # what fits worse speaks no more against it
_POLITE, _ALIKE = 'please', 'freeze'  # said to robots all day, and what it is taken for
_POLITENESS = 0.4  # of how much better please fits, in odds
_POLITEST = 8.0
_DROWNED = 3.0  # what halt fits worse by where its h is not heard

Odds = NDArray[np.floating]
"""(n,) logarithms of odds."""


class Speller:
    """
    Fits words to log probabilities of phones, after anything.

    :param said: the words, in the order in which they are told, and how they are said.
    """

    def __init__(self, said: Pronunciations) -> None:
        arcs = (Arc(0, UNKNOWN, 1), *(Arc(1, word, 2) for word in said))
        automaton = Automaton(3, arcs, frozenset({2}))
        self._graph = phone_graph(automaton, said, closed=True)
        self._search = Searcher(self._graph, word_score=0.0, skip_score=0.0, unknown_score=0.0)
        spoken = np.array([self._graph.words[arc] for arc in self._graph.arcs])
        self._ends = [self._graph.last[spoken == word] for word in said]

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


class StopSpelling:
    """
    What phones say about stop words.

    Noise drowns the h of halt, so that may be missing, at a price; and what fits please better
    than freeze was hardly freeze.
    """

    def __init__(self) -> None:
        said = pronunciations((*STOP_WORDS, _POLITE))
        words = {word: said[word] for word in (*STOP_WORDS, _POLITE)}
        drowned = tuple(phones[1:] for phones in words['halt'])
        self._speller = Speller({**words, 'halt without its h': drowned})

    def odds(self, rows: Scores) -> tuple[float, Odds]:
        """
        Return by how much phones speak for a stop word, and for each of `STOP_WORDS`.

        :param rows: (T, len(PHONES)) log probabilities.
        """
        *fits, polite, drowned = self._speller.fits(rows)
        each = dict(zip(STOP_WORDS, fits, strict=True))
        each['halt'] = max(each['halt'], drowned - _DROWNED)
        odds = {word: _WEIGHT * (max(fit, _MISFIT) - _FITTING) for word, fit in each.items()}
        better = min(max(polite - each[_ALIKE], 0.0), _POLITEST)
        odds[_ALIKE] -= _POLITENESS * better
        return odds[max(each, key=lambda word: each[word])], np.array(list(odds.values()))
