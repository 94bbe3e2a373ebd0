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
Instructions about a scene with the answers that the embedded model should give.

The answers' grammar is written down in `vlm_robot.models.conventions.tabletop`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from vlm_robot.core.skills import Relation
from vlm_robot.sim.catalogue import CONTAINERS, GRASPABLE, Kind
from vlm_robot.tuning.facts import Facts, Thing
from vlm_robot.tuning.questions import Questioner
from vlm_robot.tuning.references import UNKNOWN, Reference, Referrer
from vlm_robot.tuning.turn import Points, Turn, point_at
from vlm_robot.tuning.wording import (
    BESIDE,
    DIRECTIONS,
    INTO,
    MANNER,
    ONTO,
    PICK,
    POLITE,
    PUSH,
    PUT,
    RELATION_WORDS,
    THEN,
    UNSUPPORTED,
)

_T = TypeVar('_T')


_COMPOUND_TRIES = 12
_FAILED_COMPOUNDS = 0.4  # of those drawn, kept
_UNIQUE = 0.68  # of references: those to one thing alone, as far as eight draws find one
_ABSENT = 0.16


@dataclass(frozen=True)
class _Clause:
    """Part of an instruction with the steps that answer it, or the failure that does."""

    words: str
    answer: str
    form: str
    moved: Thing | None = None
    base: Thing | None = None
    failed: bool = False


class Instructor:
    """
    Draws turns about one scene.

    :param points: where each thing is to be pointed at; scenes with a thing that cannot be pointed
        at are the caller's to leave out.
    :param rng: where all draws come from.
    """

    def __init__(self, facts: Facts, points: Points, rng: np.random.Generator) -> None:
        self._facts = facts
        self._points = points
        self._rng = rng
        self._referrer = Referrer(facts, rng)
        self._questioner = Questioner(facts, points, rng)

    def turn(self) -> Turn | None:
        """Return a turn of a random kind, or None when the draw does not fit the scene."""
        kinds: dict[str, tuple[float, Callable[[], Turn | None]]] = {
            'pick': (0.13, lambda: self._single('pick', self._pick_clause)),
            'put': (0.29, lambda: self._single('put', self._put_clause)),
            'push': (0.13, lambda: self._single('push', self._push_clause)),
            'compound': (0.28, self._compound),
            'unsupported': (0.03, self._unsupported),
            'question': (0.14, self._questioner.turn),
        }
        if not self._facts.things:
            return None
        name = self._rng.choice(list(kinds), p=[weight for weight, _ in kinds.values()])
        turn = kinds[str(name)][1]()
        return turn and replace(turn, instruction=self._politely(turn.instruction))

    def _politely(self, words: str) -> str:
        draw = self._rng.uniform()
        if draw < 0.12:
            words = f'{self._one(POLITE)} {words}'
        elif draw < 0.15:
            words = f'{words} please'
        elif draw < 0.17:
            words = f'{words} {self._one(MANNER)}'
        elif draw < 0.19:
            words = f'{UNKNOWN} {self._one(["robot", "please", ",", UNKNOWN])} {words}'
        elif draw < 0.21:
            words = words.replace('the ', '')
        return words

    def _single(self, kind: str, make: Callable[[], _Clause | None]) -> Turn | None:
        clause = make()
        if clause is None:
            return None
        return Turn(clause.words, clause.answer, kind, clause.form)

    def _compound(self) -> Turn | None:
        """Draw until both parts can be done, or now and then until one cannot."""
        for _ in range(_COMPOUND_TRIES):
            turn = self._pair()
            if turn and (turn.form == 'compound' or self._rng.uniform() < _FAILED_COMPOUNDS):
                return turn
        return None

    def _pair(self) -> Turn | None:
        makers = (self._pick_clause, self._put_clause, self._put_clause, self._push_clause)
        first, second = makers[1 + self._rng.integers(3)](), self._one(makers)()
        if first is None or second is None or not _independent(first, second):
            return None
        words = f'{first.words} {self._one(THEN)} {second.words}'
        if first.failed or second.failed:
            failed = first if first.failed else second
            answers = (first.answer,) if first.failed else (first.answer, second.answer)
            return Turn(words, ' ; '.join(answers), 'compound', failed.form)
        return Turn(words, f'{first.answer} ; {second.answer}', 'compound', 'compound')

    def _pick_clause(self) -> _Clause | None:
        return self._about(self._one(PICK) + ' {a}', ('pick',), self._one(self._facts.things))

    def _push_clause(self) -> _Clause | None:
        direction = self._one(list(DIRECTIONS))
        verb = self._one(PUSH)
        words = f'{verb} {{a}} {self._one(DIRECTIONS[direction])}'
        heads = (f'push {direction.name.lower()}',)
        return self._about(words, heads, self._one(self._facts.things))

    def _put_clause(self) -> _Clause | None:
        movable = [
            t for t in self._facts.things if t.kind in GRASPABLE and not self._facts.carries(t)
        ]
        if len(self._facts.things) < 2 or not movable:
            return None
        moved = self._one(movable if self._rng.uniform() < 0.9 else self._facts.things)
        base = self._one(self._facts.things)
        relation = self._relation_to(base)
        if base is moved:
            return None
        words = self._put_words(moved, base, relation)
        return self._about(words, ('pick', f'place {RELATION_WORDS[relation]}'), moved, base)

    def _relation_to(self, base: Thing) -> Relation:
        if self._rng.uniform() < 0.2:
            return Relation.NEXT_TO
        if base.kind in CONTAINERS or (base.kind is Kind.MUG and self._rng.uniform() < 0.7):
            return Relation.IN if self._rng.uniform() < 0.85 else Relation.ON
        return Relation.ON

    def _put_words(self, moved: Thing, base: Thing, relation: Relation) -> str:
        where = {Relation.IN: INTO, Relation.ON: ONTO, Relation.NEXT_TO: BESIDE}[relation]
        if relation is Relation.ON and base.kind not in CONTAINERS and self._rng.uniform() < 0.35:
            return f'stack {{a}} {self._one(ONTO)} {{b}}'
        if self._rng.uniform() < 0.15:
            it = self._one(['it', 'it', 'that'])
            return f'{self._one(PICK)} {{a}} and {self._one(PUT)} {it} {self._one(where)} {{b}}'
        return f'{self._one(PUT)} {{a}} {self._one(where)} {{b}}'

    def _about(self, words: str, heads: tuple[str, ...], *things: Thing) -> _Clause | None:
        """Put references into a template; one that does not fit one thing fails the clause."""
        drawn = [self._reference(thing) for thing in things]
        if self._rng.uniform() < _ABSENT:
            drawn[int(self._rng.integers(len(things)))] = self._referrer.absent()
        references = [reference for reference in drawn if reference]
        if len(references) < len(things) or _means_itself(things, references):
            return None
        sentence = words.format(
            **{key: f'the {r.words}' for key, r in zip('ab', references, strict=False)}
        )
        answer, form = self._steps(heads, references)
        base = things[1] if len(things) > 1 else None
        return _Clause(sentence, answer, form, things[0], base, failed=form in _FAILED)

    def _steps(self, heads: tuple[str, ...], references: list[Reference]) -> tuple[str, str]:
        """Answer step by step up to the first that cannot be done; the form is the hardest."""
        steps: list[str] = []
        for head, reference in zip(heads, references, strict=True):
            if not reference.matches:
                steps.append(f'{head} {self._missing(reference)}')
                return ' ; '.join(steps), 'absent'
            steps.append(f'{head} {self._pointing(reference)}')
            if len(reference.matches) > 1:
                return ' ; '.join(steps), 'ambiguous'
        return ' ; '.join(steps), max((r.form for r in references), key=_HARDNESS.index)

    def _missing(self, reference: Reference) -> str:
        """Point at what comes nearest to what is meant, and say that it is not it."""
        assert reference.nearest is not None  # the words fit nothing
        return f'{self._at(reference.nearest)} missing {_known_words(reference.words)}'

    def _pointing(self, reference: Reference) -> str:
        """Point at all that fits; a relation's anchor is pointed at before."""
        things = ' or '.join(self._at(thing) for thing in reference.matches)
        if reference.anchor is None:
            return things
        x, y = self._points[reference.anchor.index]
        return f'from <x_{x}> <y_{y}> {things}'

    def _reference(self, thing: Thing) -> Reference | None:
        unique = self._rng.uniform() < _UNIQUE
        for _ in range(8):
            reference = self._referrer.to(thing)
            if reference and (len(reference.matches) == 1 or not unique):
                return reference
        return None

    def _unsupported(self) -> Turn | None:
        a, b = self._one(self._facts.things), self._one(self._facts.things)
        phrases = {
            key: f'the {self._referrer.plainly(t).words}' for key, t in (('a', a), ('b', b))
        }
        words = self._one(UNSUPPORTED).format(**phrases, c=a.colour)
        return Turn(words, 'unsupported', 'unsupported', 'unsupported')

    def _at(self, thing: Thing) -> str:
        return point_at(thing, self._points)

    def _one(self, items: Sequence[_T]) -> _T:
        return items[int(self._rng.integers(len(items)))]


_HARDNESS = (
    'colour kind', 'kind', 'colour', 'size kind', 'size colour kind', 'superlative', 'relation',
    'absent',
)  # fmt: skip
_FAILED = ('absent', 'ambiguous')


def _means_itself(things: Sequence[Thing], references: Sequence[Reference]) -> bool:
    """Whether the words for where to put a thing fit that thing too: nobody says so."""
    return len(references) > 1 and things[0] in references[1].matches


def _known_words(words: str) -> str:
    """Leave unknown words out of an answer, but say something."""
    return ' '.join(w for w in words.split() if w != UNKNOWN) or 'object'


def _independent(first: _Clause, second: _Clause) -> bool:
    """Whether the second clause means the same before and after the first was carried out."""
    if first.failed or second.failed:
        return True
    if first.moved is None or second.moved is None:
        return False
    touched = {first.moved.index} | ({first.base.index} if first.base else set())
    if second.moved.index in touched:
        return False
    if second.base is None or first.base is None:
        return second.base is None or second.base.index != first.moved.index
    same_container = second.base is first.base and first.base.kind in CONTAINERS
    return second.base.index not in touched or same_container
