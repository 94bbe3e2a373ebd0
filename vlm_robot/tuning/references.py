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

"""Referring expressions: words for a thing, and which things of a scene they fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from vlm_robot.models.wording import ADJECTIVES as ADJECTIVES
from vlm_robot.models.wording import ANYTHING as ANYTHING
from vlm_robot.models.wording import NOUNS as NOUNS
from vlm_robot.models.wording import RELATIONS as RELATIONS
from vlm_robot.models.wording import SUPERLATIVES as SUPERLATIVES
from vlm_robot.sim.catalogue import COLOURS, Kind, Size
from vlm_robot.tuning.facts import Facts, Thing, gap

_T = TypeVar('_T')

MARGIN = 0.035  # metres: closer calls than this are nobody's left or right

UNKNOWN = '<unk>'

_AXES: dict[str, Callable[[Thing], float]] = {
    'left': lambda t: t.y,
    'right': lambda t: -t.y,
    'front': lambda t: -t.x,
    'behind': lambda t: t.x,
    'near': lambda t: -t.x,
    'far': lambda t: t.x,
}


@dataclass(frozen=True)
class Reference:
    """
    Words, and the things they fit from left to right; `form` is for reports.

    :param anchor: the thing that a relation starts from.
    :param nearest: for words that fit nothing, the thing that they fit best.
    """

    words: str
    matches: tuple[Thing, ...]
    form: str
    anchor: Thing | None = None
    nearest: Thing | None = None


@dataclass(frozen=True)
class _Pattern:
    """A plain description: each part may be open."""

    kind: Kind | None = None
    colour: str | None = None
    size: Size | None = None

    def fits(self, thing: Thing) -> bool:
        return (
            self.kind in (None, thing.kind)
            and self.colour in (None, thing.colour)
            and self.size in (None, thing.size)
        )

    def likeness(self, thing: Thing) -> int:
        """How well a thing fits; the kind counts most, the size least."""
        return (
            4 * (self.kind is thing.kind)
            + 2 * (self.colour == thing.colour)
            + (self.size is thing.size)
        )


class Referrer:
    """Draws references to things of one scene."""

    def __init__(self, facts: Facts, rng: np.random.Generator) -> None:
        self._facts = facts
        self._rng = rng

    def to(self, thing: Thing) -> Reference | None:
        """
        Return a reference of a random form that fits the thing, maybe among others.

        :return: None when the form drawn says nothing clear here.
        """
        forms = {
            'colour kind': 0.25, 'kind': 0.09, 'colour': 0.09, 'size colour kind': 0.09,
            'size kind': 0.07, 'relation': 0.22, 'superlative': 0.19,
        }  # fmt: skip
        form = self._rng.choice(list(forms), p=list(forms.values()))
        if form == 'relation':
            return self._relation(thing)
        if form == 'superlative':
            return self._superlative(thing)
        return self._plain(self._pattern(thing, form.split()), form)

    def plainly(self, thing: Thing) -> Reference:
        """Return a reference by colour and kind."""
        return self._plain(self._pattern(thing, ['colour', 'kind']), 'colour kind')

    def absent(self) -> Reference | None:
        """Return words for something that is not there, often a near miss of something that is."""
        thing = self._pick(self._facts.things)
        kind, colour = thing.kind, thing.colour
        draw = self._rng.uniform()
        if draw < 0.25:
            return self._unknown(thing)
        if draw < 0.65:
            colour = self._pick(list(COLOURS))
        if draw > 0.5:
            kind = self._pick(list(Kind))
        size = self._pick(list(Size)) if self._rng.uniform() < 0.15 else None
        pattern = _Pattern(kind, colour if self._rng.uniform() < 0.85 else None, size)
        reference = self._plain(pattern, 'absent')
        if reference.matches:
            return None
        return replace(reference, nearest=self._nearest(pattern))

    def _unknown(self, thing: Thing) -> Reference:
        """Return a description with a word in it that nobody knows."""
        adjective = self._pick([thing.colour, thing.colour, UNKNOWN, ''])
        noun = UNKNOWN if adjective != UNKNOWN else self._pick(NOUNS[thing.kind])
        pattern = _Pattern(
            thing.kind if noun != UNKNOWN else None,
            thing.colour if adjective == thing.colour else None,
        )
        words = ' '.join(filter(None, (adjective, noun)))
        return Reference(words, (), 'absent', nearest=self._nearest(pattern))

    def _nearest(self, pattern: _Pattern) -> Thing:
        """Return the thing that fits best, the leftmost of several."""
        return max(self._facts.things, key=pattern.likeness)

    def _pattern(self, thing: Thing, parts: list[str]) -> _Pattern:
        return _Pattern(
            thing.kind if 'kind' in parts else None,
            thing.colour if 'colour' in parts else None,
            thing.size if 'size' in parts else None,
        )

    def _plain(self, pattern: _Pattern, form: str) -> Reference:
        matches = tuple(t for t in self._facts.things if pattern.fits(t))
        return Reference(self._words(pattern), matches, form)

    def _words(self, pattern: _Pattern) -> str:
        size = self._pick(ADJECTIVES[pattern.size]) if pattern.size else None
        noun = self._pick(NOUNS[pattern.kind]) if pattern.kind else self._pick(ANYTHING)
        return ' '.join(filter(None, (size, pattern.colour, noun)))

    def _loose(self, thing: Thing) -> _Pattern:
        parts = [['kind'], ['colour', 'kind'], ['colour'], []]
        return self._pattern(thing, parts[self._rng.choice(4, p=[0.5, 0.25, 0.12, 0.13])])

    def _superlative(self, thing: Thing) -> Reference | None:
        pattern = self._loose(thing)
        candidates = [t for t in self._facts.things if pattern.fits(t)]
        axis = self._pick(list(SUPERLATIVES))
        ranked = sorted(candidates, key=_AXES[axis], reverse=True)
        if len(ranked) < 2 or ranked[0] is not thing:
            return None
        if _AXES[axis](ranked[0]) - _AXES[axis](ranked[1]) < MARGIN:
            return None
        words = f'{self._pick(SUPERLATIVES[axis])} {self._words(pattern)}'
        return Reference(words, (thing,), 'superlative')

    def _relation(self, thing: Thing) -> Reference | None:
        anchors = [t for t in self._facts.things if t is not thing]
        if not anchors:
            return None
        anchor = self._pick(anchors)
        named = self._plain(
            self._pattern(anchor, self._pick([['kind'], ['colour', 'kind'], ['colour', 'kind']])),
            '',
        )
        holding = [r for r in RELATIONS if self._holds(r, thing, anchor)]
        if len(named.matches) != 1 or not holding:
            return None
        relation = self._pick(holding)
        pattern = self._loose(thing)
        candidates = [t for t in self._facts.things if pattern.fits(t) and t is not anchor]
        told = [self._holds(relation, t, anchor) for t in candidates]
        if None in told:
            return None
        words = f'{self._words(pattern)} {self._pick(RELATIONS[relation])} the {named.words}'
        matches = tuple(t for t, holds in zip(candidates, told, strict=True) if holds)
        return Reference(words, matches, 'relation', anchor)

    def _holds(self, relation: str, thing: Thing, anchor: Thing) -> bool | None:
        """Whether a relation holds; None where people would argue."""
        if relation in ('in', 'on'):
            inside = self._facts.inside(thing)
            return thing.support == anchor.index and inside is (relation == 'in')
        if thing.support == anchor.index or anchor.support == thing.index:
            return False if relation != 'beside' else None
        if relation == 'beside':
            apart = gap(thing, anchor)
            return True if apart < 0.06 else (False if apart > 0.11 else None)
        shift = _AXES[relation](thing) - _AXES[relation](anchor)
        return None if abs(shift) < MARGIN else shift > 0

    def _pick(self, items: Sequence[_T]) -> _T:
        return items[int(self._rng.integers(len(items)))]
