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

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from vlm_robot.core.skills import Direction, Relation
from vlm_robot.sim.catalogue import CONTAINERS, GRASPABLE, Kind
from vlm_robot.tuning.facts import Facts, Thing
from vlm_robot.tuning.references import UNKNOWN, Reference, Referrer

PICK = ('pick up', 'pick', 'grab', 'take', 'lift', 'lift up', 'grasp', 'get', 'hold')
PUT = ('put', 'place', 'set', 'move', 'drop')
INTO = ('in', 'into', 'inside', 'in to')
ONTO = ('on', 'onto', 'on top of')
BESIDE = ('next to', 'beside', 'near', 'by')
PUSH = ('push', 'slide', 'move', 'nudge', 'shove')
DIRECTIONS: dict[Direction, tuple[str, ...]] = {
    Direction.LEFT: ('left', 'to the left', 'leftwards'),
    Direction.RIGHT: ('right', 'to the right', 'rightwards'),
    Direction.FORWARD: ('forward', 'forwards', 'away', 'ahead'),
    Direction.BACK: ('back', 'backward', 'backwards', 'towards you', 'toward you'),
}
THEN = ('and then', ', then', 'then', 'and', ', and then', ', after that')
MANNER = ('gently', 'carefully', 'slowly', 'quickly', 'again', 'for me')
POLITE = ('hey', 'hello', 'ok', 'just', 'let us', 'i need you to', 'please', 'could you', 'can you', 'robot', 'now', 'would you please', 'i want you to')
UNSUPPORTED = (
    'open the drawer', 'close the door', 'pour water into {a}', 'throw {a} away', 'cut {a}',
    'wipe the table', 'clean {a}', 'rotate {a}', 'turn on the light', 'sing a song',
    'tell me a joke', 'squeeze {a}', 'flip {a}', 'wash {a}', 'break {a}', 'shake {a}',
    'give me {a}', 'hand me {a}', 'bring me {a}', 'fold the cloth', 'paint {a} {c}', 'kick {a}',
    'throw {a} at {b}', 'roll {a}', 'stir {a}', 'spin {a}', 'screw {a} into {b}', 'unscrew {a}',
    'turn {a} around', 'put {a} to the left of {b}', 'put {a} behind {b}', 'put {a} in front of {b}',
    'move {a} to the right of {b}', 'put {a} between {b} and the wall', 'tidy up', 'point at {a}', 'dance', 'wave', 'go home', 'what is the weather', 'hit {a}', 'crush {a}',
    f'{UNKNOWN} {{a}}', f'{UNKNOWN} the {UNKNOWN}', f'{UNKNOWN} {{a}} {UNKNOWN} {{b}}', UNKNOWN,
)  # fmt: skip
QUESTIONS = (
    'how many', 'are there', 'is there a', 'is there an', 'what colour is', 'what color is',
    'where is', 'what do you see', 'describe the scene', 'what is on the table', 'do you see a',
)  # fmt: skip
ANSWER_WORDS = (
    'pick', 'place', 'push', 'in', 'on', 'beside', 'left', 'right', 'forward', 'back', ';', ',',
    'missing', 'ambiguous', 'unsupported', 'answer', 'yes', 'no', 'nothing',
    *(str(n) for n in range(11)),
)  # fmt: skip

Points = dict[int, tuple[int, int]]
"""Index of a thing -> the location bins (x, y) that an answer should point at."""


@dataclass(frozen=True)
class Turn:
    """One instruction or question with its answer; `kind` and `form` are for reports."""

    instruction: str
    answer: str
    kind: str  # pick, put, push, compound, unsupported, question
    form: str = ''  # of the hardest reference in it


@dataclass(frozen=True)
class _Clause:
    """Part of an instruction with the steps that answer it, or the failure that does."""

    words: str
    answer: str
    form: str
    moved: Thing | None = None
    base: Thing | None = None
    failed: bool = False


_RELATION_WORDS = {Relation.IN: 'in', Relation.ON: 'on', Relation.NEXT_TO: 'beside'}


class Instructor:
    """
    Draws turns about one scene.

    :param points: where each thing is to be pointed at; scenes with an unpointable thing are the caller's
        to leave out.
    :param evaluation: only instructions that physics can carry out, and always in plain words.
    """

    def __init__(self, facts: Facts, points: Points, rng: np.random.Generator) -> None:
        self._facts = facts
        self._points = points
        self._rng = rng
        self._referrer = Referrer(facts, rng)

    def turn(self) -> Turn | None:
        """Return a turn of a random kind, or None when the draw does not fit the scene."""
        kinds: dict[str, tuple[float, Callable[[], Turn | None]]] = {
            'pick': (0.16, lambda: self._single('pick', self._pick_clause)),
            'put': (0.34, lambda: self._single('put', self._put_clause)),
            'push': (0.18, lambda: self._single('push', self._push_clause)),
            'compound': (0.15, self._compound),
            'unsupported': (0.05, self._unsupported),
            'question': (0.12, self._question),
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
        return clause and Turn(clause.words, clause.answer, kind, clause.form)

    def _compound(self) -> Turn | None:
        makers = (self._pick_clause, self._put_clause, self._put_clause, self._push_clause)
        first, second = makers[1 + self._rng.integers(3)](), self._one(makers)()
        if first is None or second is None or not _independent(first, second):
            return None
        words = f'{first.words} {self._one(THEN)} {second.words}'
        form = 'compound'
        if first.failed or second.failed:
            failed = first if first.failed else second
            return Turn(words, failed.answer, 'compound', failed.form)
        return Turn(words, f'{first.answer} ; {second.answer}', 'compound', form)

    def _pick_clause(self) -> _Clause | None:
        return self._about(self._one(PICK) + ' {a}', lambda a: f'pick {self._at(a)}')

    def _push_clause(self) -> _Clause | None:
        direction = self._one(list(DIRECTIONS))
        verb = self._one(PUSH)
        words = f'{verb} {{a}} {self._one(DIRECTIONS[direction])}'
        return self._about(words, lambda a: f'push {direction.name.lower()} {self._at(a)}')

    def _put_clause(self) -> _Clause | None:
        movable = [t for t in self._facts.things if t.kind in GRASPABLE and not self._facts.carries(t)]
        if len(self._facts.things) < 2 or not movable:
            return None
        moved = self._one(movable if self._rng.uniform() < 0.9 else self._facts.things)
        base = self._one(self._facts.things)
        relation = self._relation_to(base)
        if base is moved:
            return None
        words = self._put_words(moved, base, relation)
        step = _RELATION_WORDS[relation]
        return self._about(
            words, lambda a, b: f'pick {self._at(a)} ; place {step} {self._at(b)}', moved, base
        )

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

    def _about(
        self, words: str, answer: Callable[..., str], *things: Thing
    ) -> _Clause | None:
        """Put references into a template; one that fits nothing or several things fails the clause."""
        chosen = things or (self._one(self._facts.things),)
        references = [self._reference(thing) for thing in chosen]
        spoiled = int(self._rng.integers(len(chosen)))
        if self._rng.uniform() < 0.16:
            references[spoiled] = self._referrer.absent()
        if any(r is None for r in references):
            return None
        known = [r for r in references if r is not None]
        sentence = words.format(**{key: f'the {r.words}' for key, r in zip('ab', known)})
        for reference in known:
            if len(reference.matches) != 1:
                return _Clause(sentence, self._failure(reference), _failed_form(reference), failed=True)
        form = max((str(r.form) for r in known), key=_HARDNESS.index)
        base = chosen[1] if len(chosen) > 1 else None
        return _Clause(sentence, answer(*chosen), form, chosen[0], base)

    def _reference(self, thing: Thing) -> Reference | None:
        unique = self._rng.uniform() < 0.82
        for _ in range(8):
            reference = self._referrer.to(thing)
            if reference and (len(reference.matches) == 1 or not unique):
                return reference
        return None

    def _failure(self, reference: Reference) -> str:
        if not reference.matches:
            return f'missing {_known_words(reference.words)}'
        return 'ambiguous ' + ' , '.join(self._at(t) for t in reference.matches)

    def _unsupported(self) -> Turn | None:
        a, b = self._one(self._facts.things), self._one(self._facts.things)
        phrases = {key: f'the {self._referrer.plainly(t).words}' for key, t in (('a', a), ('b', b))}
        words = self._one(UNSUPPORTED).format(**phrases, c=a.colour)
        return Turn(words, 'unsupported', 'unsupported', 'unsupported')

    def _question(self) -> Turn | None:
        makers = (self._count, self._exists, self._exists, self._colour, self._where, self._describe)
        return self._one(makers)()

    def _count(self) -> Turn | None:
        thing = self._one(self._facts.things)
        reference = self._referrer.to(thing) if self._rng.uniform() < 0.75 else self._referrer.absent()
        if reference is None or reference.form in ('relation', 'superlative'):
            return None
        words = f'how many {_plural(reference.words)} are there'
        return Turn(words, f'answer {len(reference.matches)}', 'question', 'count')

    def _exists(self) -> Turn | None:
        absent = self._rng.uniform() < 0.5
        reference = self._referrer.absent() if absent else self._referrer.to(self._one(self._facts.things))
        if reference is None or reference.form == 'superlative':
            return None
        ask = self._one(['is there a', 'do you see a', 'is there an'])
        answer = 'yes' if reference.matches else 'no'
        return Turn(f'{ask} {reference.words}', f'answer {answer}', 'question', 'exists')

    def _colour(self) -> Turn | None:
        reference = self._referrer.to(self._one(self._facts.things))
        if reference is None or len(reference.matches) != 1 or 'colour' in reference.form:
            return None
        words = f'what {self._one(["colour", "color"])} is the {reference.words}'
        return Turn(words, f'answer {reference.matches[0].colour}', 'question', 'colour')

    def _where(self) -> Turn | None:
        reference = self._referrer.to(self._one(self._facts.things))
        if reference is None or len(reference.matches) != 1:
            return None
        words = f'where is the {reference.words}'
        return Turn(words, f'answer {self._at(reference.matches[0])}', 'question', 'where')

    def _describe(self) -> Turn | None:
        words = self._one(['what do you see', 'describe the scene', 'what is on the table'])
        things = ' , '.join(self._at(t) for t in self._facts.things)
        return Turn(words, f'answer {things}', 'question', 'describe')

    def _at(self, thing: Thing) -> str:
        x, y = self._points[thing.index]
        return f'<x_{x}> <y_{y}> {thing.name}'

    def _one(self, items):  # type: ignore[no-untyped-def]
        return items[int(self._rng.integers(len(items)))]


_HARDNESS = [
    'colour kind', 'kind', 'colour', 'size kind', 'size colour kind', 'superlative', 'relation', 'absent',
]  # fmt: skip


def _failed_form(reference: Reference) -> str:
    return 'ambiguous' if reference.matches else 'absent'


def _known_words(words: str) -> str:
    """Leave unknown words out of an answer, but say something."""
    return ' '.join(w for w in words.split() if w != UNKNOWN) or 'object'


def _plural(words: str) -> str:
    *front, noun = words.split()
    return ' '.join((*front, noun if noun == UNKNOWN else PLURALS.get(noun, noun + 's')))


PLURALS = {'box': 'boxes', 'dish': 'dishes'}


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
