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

"""Common words that sound like stop words, or like a part of them: found in the dictionary."""

from __future__ import annotations

from functools import cache

from vlm_robot.speech.decoding.naming import common_words
from vlm_robot.speech.grammar.pronunciations import Phones, pronunciations
from vlm_robot.speech.stopping.base import STOP_WORDS

_FARTHEST = 2


@cache
def words_by_distance() -> dict[int, tuple[str, ...]]:
    """
    Return common words by the phones in which they differ from the stop word that is nearest.

    :return: distance -> words in order: 1, 2 and, for all that are farther, 3. None is a stop
        word or begins with one. Empty without PocketSphinx's dictionary.
    """
    stops = [phones for ways in pronunciations(STOP_WORDS).values() for phones in ways]
    found: dict[int, list[str]] = {}
    for word, ways in sorted(common_words().said.items()):
        nearest = min(_distance(stop, way) for stop in stops for way in ways)
        if nearest:
            found.setdefault(min(nearest, _FARTHEST + 1), []).append(word)
    return {distance: tuple(words) for distance, words in found.items()}


def _distance(stop: Phones, word: Phones) -> int:
    """Return how many phones of a stop word are missing or others where a word is most like it."""
    row = [0] * (len(word) + 1)  # it may begin anywhere in the word
    for number, phone in enumerate(stop, 1):
        last, row = row, [number]
        for i, other in enumerate(word):
            row.append(min(last[i] + (phone != other), last[i + 1] + 1, row[i] + 1))
    return min(row)
