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

"""What words come down to, so that two ways of saying the same are no doubt about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from vlm_robot.models import wording

_FOLLOWERS = {'can': ('you',)}  # the noun is no politeness
_POLITE = ('please', 'now', 'robot', 'could', 'would', 'you', 'i', 'want', 'need', 'the')


def essence(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words that matter, each as the first of its synonyms."""
    return tuple(_mattering(tuple(words)))


def _mattering(words: tuple[str, ...]) -> Iterator[str]:
    for word, after in zip(words, (*words[1:], ''), strict=True):
        if word not in _POLITE and after not in _FOLLOWERS.get(word, ()):
            yield _synonyms().get(word, word)


@cache
def _synonyms() -> dict[str, str]:
    tables = (wording.NOUNS, wording.ADJECTIVES, wording.SUPERLATIVES, wording.DIRECTIONS)
    groups = [group for table in tables for group in table.values()]
    groups += [wording.PICK, wording.INTO, wording.ONTO, wording.BESIDE]
    return {word: group[0].split()[0] for group in groups for word in group if ' ' not in word}
