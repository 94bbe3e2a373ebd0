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

"""The words of spoken commands: what the skills, the simulator's things and the model know."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.skills import CATALOGUE, Direction, Relation
from vlm_robot.models import wording
from vlm_robot.sim.catalogue import COLOURS, CONTAINERS, Kind

YES = ('yes', 'yeah', 'yep', 'yes please', 'okay')
NO = ('no', 'nope', 'no thanks')

_WORDS = re.compile(r"[a-z]+(?:'[a-z]+)*(?: [a-z]+(?:'[a-z]+)*)*")
_HOLDING = (*CONTAINERS, Kind.MUG)
_ALSO_HOLDING = ('box', 'can', *wording.ANYTHING)  # of those that stand for things that do not
_RELATIONS: dict[Relation, tuple[str, ...]] = {
    Relation.IN: wording.INTO,
    Relation.ON: wording.ONTO,
    Relation.NEXT_TO: wording.BESIDE,
    Relation.LEFT_OF: wording.RELATIONS['left'],
    Relation.RIGHT_OF: wording.RELATIONS['right'],
    Relation.IN_FRONT_OF: wording.RELATIONS['front'],
    Relation.BEHIND: wording.RELATIONS['behind'],
    Relation.BETWEEN: ('between', 'in between'),
}


@dataclass(frozen=True)
class Vocabulary:
    """
    The words of commands; each may be several words: 'pick up', 'on top of'.

    :param nouns: kinds of things, with their synonyms.
    :param containers: those of them that something can be in; the rest is never "in the ball".
    :param sizes: adjectives.
    :param superlatives: 'leftmost'.
    :param pick: verbs; one that ends with 'up' may have the thing before it.
    :param put: verbs.
    :param stack: verbs of putting that go with `Relation.ON` alone.
    :param push: verbs.
    :param relations: how each relation is named.
    :param directions: how each direction is named.
    """

    nouns: tuple[str, ...]
    containers: tuple[str, ...]
    colours: tuple[str, ...]
    sizes: tuple[str, ...]
    superlatives: tuple[str, ...]
    pick: tuple[str, ...]
    put: tuple[str, ...]
    stack: tuple[str, ...]
    push: tuple[str, ...]
    relations: tuple[tuple[Relation, tuple[str, ...]], ...]
    directions: tuple[tuple[Direction, tuple[str, ...]], ...]


def vocabulary(kinds: Iterable[str] = (), colours: Iterable[str] = ()) -> Vocabulary:
    """
    Return the words of the skill catalogue, and of what the embedded model knows.

    :param kinds: more nouns that people will use.
    :param colours: more adjectives.
    :raises ConfigurationError: for what is no word.
    """
    more = tuple(_checked(kind, 'kind') for kind in kinds)
    holding = [noun for kind in _HOLDING for noun in wording.NOUNS[kind]]
    return Vocabulary(
        nouns=_once(*wording.NOUNS.values(), wording.ANYTHING, more),
        containers=_once(holding, _ALSO_HOLDING, more),
        colours=_once(COLOURS, (_checked(colour, 'colour') for colour in colours)),
        sizes=_once(*wording.ADJECTIVES.values()),
        superlatives=_once(*wording.SUPERLATIVES.values()),
        pick=wording.PICK,
        put=wording.PUT,
        stack=('stack',),
        push=wording.PUSH,
        relations=tuple((r, _once(_RELATIONS[r])) for r in CATALOGUE['place'].relations),
        directions=tuple((d, wording.DIRECTIONS[d]) for d in CATALOGUE['push'].directions),
    )


def _checked(text: str, what: str) -> str:
    words = ' '.join(text.lower().replace('-', ' ').split())
    if not _WORDS.fullmatch(words):
        raise ConfigurationError(f'{text!r} is no {what} that can be heard: expected words')
    return words


def _once(*groups: Iterable[str]) -> tuple[str, ...]:
    """Return what the groups hold, each once; 'in to' sounds as 'into' does."""
    return tuple(dict.fromkeys(text for group in groups for text in group if text != 'in to'))
