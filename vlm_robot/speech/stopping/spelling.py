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

from vlm_robot.speech.acoustic.phones import indices
from vlm_robot.speech.grammar.pronunciations import pronunciations

_LATEST = 14  # rows in which a word may end
_NEVER = -1e9


class Speller:
    """
    Fits words to log probabilities of phones.

    :param words: of the grammar's lexicon or of the dictionary.
    """

    def __init__(self, words: Sequence[str]) -> None:
        said = pronunciations(words)
        spelled = [(n, indices(phones)) for n, word in enumerate(words) for phones in said[word]]
        longest = max(len(columns) for _, columns in spelled)
        self._words = [np.array([n == word for n, _ in spelled]) for word in range(len(words))]
        self._columns = np.zeros((len(spelled), 2 * longest - 1), np.intp)
        self._leaps = np.full(self._columns.shape, _NEVER)  # over a blank, from another phone
        for row, (_, columns) in enumerate(spelled):
            self._columns[row, : 2 * len(columns) : 2] = columns
            self._leaps[row, 2 : 2 * len(columns) : 2][np.diff(columns) != 0] = 0.0
        self._ways = np.arange(len(spelled))
        self._last = np.array([2 * len(columns) for _, columns in spelled])

    def fits(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """
        Return for each word by how much its phones fit worse than any others, at most 0.

        :param rows: (T, len(PHONES)) log probabilities.
        :return: the logarithm of the likelihood of the best path through the word's phones, of
            those that end in the last rows, over that of the likeliest symbols of its rows: CTC's
            forced alignment (Graves et al. 2006) by Viterbi.
        """
        worse = rows - rows.max(axis=1, keepdims=True)
        path = np.full((len(self._last), self._columns.shape[1] + 2), _NEVER)
        path[:, 1] = 0.0  # a word may begin in any row
        best = np.full(len(self._last), _NEVER)
        for number, costs in enumerate(worse[:, self._columns]):
            leapt = path[:, :-2] + self._leaps
            path[:, 2:] = np.maximum(np.maximum(path[:, 2:], path[:, 1:-1]), leapt) + costs
            if number >= len(worse) - _LATEST:
                best = np.maximum(best, path[self._ways, self._last])
        return np.array([best[own].max() for own in self._words])
