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

"""Questions about a scene with their answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from vlm_robot.tuning.facts import Facts, Thing
from vlm_robot.tuning.references import Referrer
from vlm_robot.tuning.turn import Points, Turn, point_at
from vlm_robot.tuning.wording import plural

_T = TypeVar('_T')


class Questioner:
    """
    Draws questions about one scene, in which at least one thing is seen.

    :param points: where each thing is to be pointed at.
    :param rng: where the draws come from, shared with who draws the other turns.
    """

    def __init__(self, facts: Facts, points: Points, rng: np.random.Generator) -> None:
        self._facts = facts
        self._points = points
        self._rng = rng
        self._referrer = Referrer(facts, rng)

    def turn(self) -> Turn | None:
        """Return a question of a random kind, or None when the draw does not fit the scene."""
        makers = (
            self._count,
            self._exists,
            self._exists,
            self._colour,
            self._where,
            self._describe,
        )
        return self._one(makers)()

    def _count(self) -> Turn | None:
        thing = self._one(self._facts.things)
        reference = (
            self._referrer.to(thing) if self._rng.uniform() < 0.75 else self._referrer.absent()
        )
        if reference is None or reference.form in ('relation', 'superlative'):
            return None
        words = f'how many {plural(reference.words)} are there'
        counted = f'{self._list(reference.matches)} count {len(reference.matches)}'
        return Turn(words, f'answer {counted.strip()}', 'question', 'count')

    def _exists(self) -> Turn | None:
        absent = self._rng.uniform() < 0.5
        reference = (
            self._referrer.absent() if absent else self._referrer.to(self._one(self._facts.things))
        )
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
        thing = reference.matches[0]
        x, y = self._points[thing.index]
        return Turn(words, f'answer <x_{x}> <y_{y}> {thing.colour}', 'question', 'colour')

    def _where(self) -> Turn | None:
        reference = self._referrer.to(self._one(self._facts.things))
        if reference is None or len(reference.matches) != 1:
            return None
        words = f'where is the {reference.words}'
        return Turn(
            words, f'answer {point_at(reference.matches[0], self._points)}', 'question', 'where'
        )

    def _describe(self) -> Turn | None:
        words = self._one(['what do you see', 'describe the scene', 'what is on the table'])
        return Turn(words, f'answer {self._list(self._facts.things)}', 'question', 'describe')

    def _list(self, things: Sequence[Thing]) -> str:
        return ' , '.join(point_at(thing, self._points) for thing in things)

    def _one(self, items: Sequence[_T]) -> _T:
        return items[int(self._rng.integers(len(items)))]
