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
What a command means, so that words that change nothing count as no mistake.

Two texts mean the same when the arm would be asked to do the same: 'grab the big mug' and
'please take a large cup'. Only what the skills are made of counts: skill, the target's kind,
colour, size and superlative, relations and what they start from, direction; yes, no and stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vlm_robot.core.skills import Skill
from vlm_robot.tuning.speech.lexicon import Sort, Symbol, symbols

_REPLIES = (Sort.YES, Sort.NO, Sort.STOP)


@dataclass(frozen=True)
class Described:
    """A thing in canonical words; '' for what is not said."""

    kind: str = ''
    colour: str = ''
    size: str = ''
    superlative: str = ''


IT = Described('it')


@dataclass(frozen=True)
class Clause:
    """
    One step as it was said.

    :param things: the target, and what its relations start from, in the order said.
    :param relations: one between each two things; of BETWEEN's two things the second has 'AND'.
    :param direction: of a push.
    """

    skill: Skill
    things: tuple[Described, ...]
    relations: tuple[str, ...] = ()
    direction: str = ''


@dataclass(frozen=True)
class Meaning:
    """Steps in order, or a reply: yes, no or stop."""

    clauses: tuple[Clause, ...] = ()
    reply: str = ''


def meaning(text: str) -> Meaning | None:
    """Return what a text means, or None for text that is no command; total."""
    said = symbols(text)
    if len(said) == 1 and said[0].sort in _REPLIES:
        return Meaning(reply=said[0].sort.value)
    try:
        return Meaning(tuple(_joined(_Reader(said).clauses())))
    except _NoCommandError:
        return None


class _NoCommandError(Exception):
    """The words are no command."""


class _Reader:
    """Reads symbols from left to right."""

    def __init__(self, said: Sequence[Symbol]) -> None:
        self._said = said
        self._at = 0

    def clauses(self) -> list[Clause]:
        found = [self._clause()]
        while self._at < len(self._said):
            self._expect(Sort.THEN)
            found.append(self._clause())
        return found

    def _clause(self) -> Clause:
        verb = self._expect(Sort.PICK, Sort.PUT, Sort.PUSH, Sort.MOVE, Sort.STACK).sort
        things, relations = self._things()
        if verb is Sort.PICK:
            self._take(Sort.UP)
            return Clause(Skill.PICK, things, relations)
        if verb is Sort.PUSH or (verb is Sort.MOVE and not relations) or self._faces_direction():
            return Clause(Skill.PUSH, things, relations, self._expect(Sort.DIRECTION).value)
        if not relations:
            raise _NoCommandError
        return Clause(Skill.PLACE, things, relations)

    def _things(self) -> tuple[tuple[Described, ...], tuple[str, ...]]:
        things, relations = [self._thing()], []
        self._take(Sort.UP)
        while relation := self._take(Sort.RELATION):
            relations.append(relation.value)
            things.append(self._thing())
            if relation.value == 'BETWEEN':
                self._expect(Sort.THEN)
                relations.append('AND')
                things.append(self._thing())
        return tuple(things), tuple(relations)

    def _thing(self) -> Described:
        it = self._take(Sort.IT)
        parts = {sort.value: self._take(sort) for sort in (Sort.SUPERLATIVE, Sort.SIZE)}
        parts |= {sort.value: self._take(sort) for sort in (Sort.COLOUR, Sort.KIND)}
        thing = Described(**{name: part.value if part else '' for name, part in parts.items()})
        if thing != Described():
            return thing
        if it:
            return IT
        raise _NoCommandError

    def _faces_direction(self) -> bool:
        return self._at < len(self._said) and self._said[self._at].sort is Sort.DIRECTION

    def _take(self, *sorts: Sort) -> Symbol | None:
        if self._at < len(self._said) and self._said[self._at].sort in sorts:
            self._at += 1
            return self._said[self._at - 1]
        return None

    def _expect(self, *sorts: Sort) -> Symbol:
        symbol = self._take(*sorts)
        if symbol is None:
            raise _NoCommandError
        return symbol


def _joined(clauses: Iterable[Clause]) -> Iterable[Clause]:
    """Yield clauses, where a pick and putting it somewhere are one."""
    held: Clause | None = None
    for clause in clauses:
        if held and clause.skill is Skill.PLACE and clause.things[0] == IT:
            things = (*held.things, *clause.things[1:])
            clause = replace(clause, things=things, relations=held.relations + clause.relations)
            held = None
        if held:
            yield held
        held = clause if clause.skill is Skill.PICK else None
        if not held:
            yield clause
    if held:
        yield held
