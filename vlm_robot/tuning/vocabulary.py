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

"""Every word that the embedded model knows, gathered from where the words are used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vlm_robot.sim.catalogue import COLOURS
from vlm_robot.tuning import references, wording


def words() -> list[str]:
    """Return the vocabulary, sorted, without special and location tokens."""
    found = {word for text in _texts() for word in text.split()}
    singular = {noun for nouns in references.NOUNS.values() for noun in nouns}
    singular |= set(references.ANYTHING)
    found |= {wording.PLURALS.get(noun, noun + 's') for noun in singular}
    found |= {'the', 'stack', 'it', 'that', 'and', 'a', 'an', 'to', 'of'}
    return sorted(word for word in found if word != references.UNKNOWN)


def _texts() -> Iterator[str]:
    yield from COLOURS
    for table in (
        references.NOUNS, references.ADJECTIVES, references.RELATIONS, references.SUPERLATIVES,
        wording.DIRECTIONS,
    ):  # fmt: skip
        yield from _flat(table.values())
    for phrases in (
        references.ANYTHING, wording.PICK, wording.PUT, wording.INTO,
        wording.ONTO, wording.BESIDE, wording.PUSH, wording.THEN,
        wording.POLITE, wording.MANNER, wording.QUESTIONS, wording.ANSWER_WORDS,
    ):  # fmt: skip
        yield from phrases
    for phrase in wording.UNSUPPORTED:
        yield re.sub(r'\{\w\}', ' ', phrase)


def _flat(groups: Iterable[Iterable[str]]) -> Iterator[str]:
    for group in groups:
        yield from group
