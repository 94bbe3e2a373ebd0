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

"""Draws commands as operators give them: short ones often, two steps in one now and then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vlm_robot.core.skills import Relation
from vlm_robot.models import wording
from vlm_robot.sim.catalogue import COLOURS, CONTAINERS, GRASPABLE, Kind

_FORMS = {'pick': 0.28, 'put': 0.4, 'push': 0.21, 'two steps': 0.11}
_SIDES = ('left', 'right', 'front', 'behind')


class Commander:
    """
    Draws commands about things that nobody has to see.

    :param rng: where all draws come from.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def command(self) -> str:
        """Return a command in words."""
        form = str(self._rng.choice(list(_FORMS), p=list(_FORMS.values())))
        if form == 'two steps':
            return f'{self._clause("put")} {self._one(("and then", "then", "and"))} ' + (
                self._clause(self._one(('pick', 'put', 'push')))
            )
        return self._politely(self._clause(form))

    def _clause(self, form: str) -> str:
        if form == 'pick':
            return f'{self._one(wording.PICK)} {self._named(self._one(sorted(GRASPABLE)))}'
        if form == 'push':
            verb, thing = self._one(wording.PUSH), self._named(self._one(list(Kind)))
            return f'{verb} {thing} {self._direction()}'
        return self._put()

    def _put(self) -> str:
        moved, base = self._named(self._one(sorted(GRASPABLE))), self._one(list(Kind))
        draw = self._rng.uniform()
        where, on = self._where(base), self._one(wording.ONTO)
        if draw < 0.12:
            verb, put = self._one(('pick up', 'take', 'grab')), self._one(('put', 'place'))
            return f'{verb} {moved} and {put} it {where} {self._named(base)}'
        if draw < 0.22 and base not in CONTAINERS:
            return f'stack {moved} {on} {self._named(base)}'
        return f'{self._one(wording.PUT)} {moved} {where} {self._named(base)}'

    def _where(self, base: Kind) -> str:
        draw = self._rng.uniform()
        if draw < 0.2:
            return self._one(wording.BESIDE)
        if draw < 0.4:
            return self._one(wording.RELATIONS[self._one(_SIDES)])
        relation = Relation.IN if base in CONTAINERS else Relation.ON
        return self._one(
            {Relation.IN: ('in', 'into', 'inside'), Relation.ON: wording.ONTO}[relation]
        )

    def _named(self, kind: Kind) -> str:
        noun, draw = self._one(wording.NOUNS[kind]), self._rng.uniform()
        words = [noun]
        if draw < 0.75:
            words.insert(0, self._one(list(COLOURS)))
        if 0.6 < draw < 0.85:
            words.insert(0, self._one(self._one(list(wording.ADJECTIVES.values()))))
        if draw > 0.92:
            words.insert(0, self._one(self._one(list(wording.SUPERLATIVES.values()))))
        return ' '.join(('the', *words))

    def _direction(self) -> str:
        return self._one(self._one(list(wording.DIRECTIONS.values())))

    def _politely(self, words: str) -> str:
        draw = self._rng.uniform()
        if draw < 0.1:
            return f'{self._one(("please", "could you", "can you"))} {words}'
        return f'{words} please' if draw < 0.15 else words

    def _one(self, items: Sequence):  # type: ignore[no-untyped-def]
        return items[int(self._rng.integers(len(items)))]
