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

"""Words as symbols: synonyms become one symbol, and what means nothing is left out."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from vlm_robot.core.skills import Relation
from vlm_robot.models import wording
from vlm_robot.sim.catalogue import COLOURS
from vlm_robot.speech.guard import NO, YES
from vlm_robot.speech.stopping.base import STOP_WORDS

ARTICLES = frozenset({'the', 'a', 'an'})


class Sort(StrEnum):
    """What a symbol is."""

    PICK = 'pick'
    PUT = 'put'
    PUSH = 'push'
    MOVE = 'move'  # puts with a relation, pushes with a direction
    STACK = 'stack'
    UP = 'up'
    RELATION = 'relation'
    DIRECTION = 'direction'
    SUPERLATIVE = 'superlative'
    SIZE = 'size'
    COLOUR = 'colour'
    KIND = 'kind'
    IT = 'it'
    THEN = 'then'
    YES = 'yes'
    NO = 'no'
    STOP = 'stop'
    NOISE = 'noise'  # politeness and manner, which change nothing
    STRANGE = 'strange'  # a word that is not known


@dataclass(frozen=True)
class Symbol:
    """What a few words stand for: 'on top of' is RELATION 'on'."""

    sort: Sort
    value: str = ''


_Phrase = tuple[str, ...]
_RELATIONS = {
    'in': Relation.IN, 'on': Relation.ON, 'beside': Relation.NEXT_TO, 'left': Relation.LEFT_OF,
    'right': Relation.RIGHT_OF, 'front': Relation.IN_FRONT_OF, 'behind': Relation.BEHIND,
}  # fmt: skip
_NOISE = ('okay', 'hi', 'would you', 'will you', 'thank you', 'thanks', 'hey robot')


def symbols(text: str) -> tuple[Symbol, ...]:
    """Return what the words of a text stand for, the longest phrases first; total."""
    words = tuple(word for word in words_of(text) if word not in ARTICLES)
    alone = _replies().get(words)
    return (alone,) if alone else tuple(s for s in _read(words) if s.sort is not Sort.NOISE)


def words_of(text: str) -> list[str]:
    """Return a text's words in lower case, without punctuation."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower())


def synonyms() -> tuple[tuple[str, ...], ...]:
    """Return the groups of phrases that stand for the same symbol."""
    groups: dict[Symbol, list[str]] = {}
    for phrase, symbol in _lexicon().items():
        groups.setdefault(symbol, []).append(' '.join(phrase))
    return tuple(tuple(group) for group in groups.values())


def _read(words: _Phrase) -> Iterator[Symbol]:
    lexicon, at = _lexicon(), 0
    longest = max(map(len, lexicon))
    while at < len(words):
        sizes = range(min(longest, len(words) - at), 0, -1)
        size = next((n for n in sizes if words[at : at + n] in lexicon), 0)
        yield lexicon[words[at : at + size]] if size else Symbol(Sort.STRANGE, words[at])
        at += max(size, 1)


@functools.cache
def _replies() -> dict[_Phrase, Symbol]:
    table = {tuple(phrase.split()): Symbol(Sort.YES) for phrase in sorted(YES)}
    return table | {tuple(phrase.split()): Symbol(Sort.NO) for phrase in sorted(NO)}


@functools.cache
def _lexicon() -> dict[_Phrase, Symbol]:
    return {
        tuple(word for word in words_of(phrase) if word not in ARTICLES): symbol
        for phrase, symbol in _entries()
    }


def _entries() -> Iterator[tuple[str, Symbol]]:
    """Yield phrases with their symbols; of a phrase given twice the last counts."""
    for noise in (*_NOISE, *wording.POLITE, *wording.MANNER):
        yield noise, Symbol(Sort.NOISE)
    yield from _verbs()
    yield from _names()
    yield from _places()
    yield from ((then, Symbol(Sort.THEN)) for then in wording.THEN)
    yield from ((it, Symbol(Sort.IT)) for it in ('it', 'that', 'this'))
    yield from ((word, Symbol(Sort.STOP)) for word in sorted(STOP_WORDS))


def _verbs() -> Iterator[tuple[str, Symbol]]:
    yield from ((verb, Symbol(Sort.PICK)) for verb in wording.PICK)
    yield from ((verb, Symbol(Sort.PUSH)) for verb in wording.PUSH)
    for verb in wording.PUT:
        yield verb, Symbol(Sort.PUT)
        yield f'{verb} down', Symbol(Sort.PUT)
    yield 'move', Symbol(Sort.MOVE)
    yield 'stack', Symbol(Sort.STACK)
    yield 'up', Symbol(Sort.UP)


def _names() -> Iterator[tuple[str, Symbol]]:
    yield from ((colour, Symbol(Sort.COLOUR, colour)) for colour in COLOURS)
    for kind, nouns in wording.NOUNS.items():
        for noun in nouns:
            yield noun, Symbol(Sort.KIND, kind.value)
    yield from ((noun, Symbol(Sort.KIND, 'object')) for noun in wording.ANYTHING)
    for size, adjectives in wording.ADJECTIVES.items():
        yield from ((word, Symbol(Sort.SIZE, size.value)) for word in adjectives)
    for axis, adjectives in wording.SUPERLATIVES.items():
        yield from ((word, Symbol(Sort.SUPERLATIVE, axis)) for word in adjectives)


def _places() -> Iterator[tuple[str, Symbol]]:
    for direction, phrases in wording.DIRECTIONS.items():
        yield from ((p, Symbol(Sort.DIRECTION, direction.name)) for p in phrases)
    said = {_RELATIONS[name]: phrases for name, phrases in wording.RELATIONS.items()}
    putting = {
        Relation.IN: wording.INTO, Relation.ON: wording.ONTO, Relation.NEXT_TO: wording.BESIDE
    }  # fmt: skip
    for table in (said, putting, {Relation.BETWEEN: ('between', 'in between')}):
        for relation, phrases in table.items():
            yield from ((p, Symbol(Sort.RELATION, relation.name)) for p in phrases)
