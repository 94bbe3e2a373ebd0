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
A guess at the plan of an instruction, from its words alone.

Decoding drafts from it. The model checks every token, so that a wrong guess changes nothing but
the time that an answer takes; words that are not understood, or no English, make a wrong guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

from vlm_robot.core.skills import SIDES, Direction, Relation, Skill
from vlm_robot.core.values import Step, Target
from vlm_robot.models.relation_words import relations_in

_T = TypeVar('_T')

_CAN_YOU = re.compile(r'(?i)\bcan you\b')  # elsewhere a can is a thing
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_DIRECTIONS = {
    'left': Direction.LEFT, 'right': Direction.RIGHT, 'forward': Direction.FORWARD,
    'away': Direction.FORWARD, 'back': Direction.BACK, 'backward': Direction.BACK,
    'towards': Direction.BACK,
}  # fmt: skip
_PUSH = 'push slide nudge shove'
_OTHER = (
    'a an the this that these those my your it them and then after now please could you would '
    'i want need to of from with up down for me let us just at over off out is are pick grab take '
    'lift grasp get hold put place set move drop stack in into inside on onto top next beside '
    'near by front behind between side middle'
)
_NAMELESS = frozenset({*_PUSH.split(), *_OTHER.split(), *_DIRECTIONS})
_MOST = 4  # things that a sketch is about


def sketch(instruction: str) -> tuple[Step, ...]:
    """Return the steps that the words may mean; their targets have labels and no pixels."""
    words = _WORD.findall(_CAN_YOU.sub(' ', instruction))
    things = list(_things(words))[:_MOST]
    known = [word.lower() for word in words]
    if any(word in _PUSH.split() for word in known):
        direction = _first(known, _DIRECTIONS, Direction.LEFT)
        return tuple(Step(Skill.PUSH, Target(thing), direction=direction) for thing in things)
    return tuple(_puts(things, _relation(instruction)))


def _puts(things: list[str], relation: Relation) -> Iterator[Step]:
    """Yield steps that pick a thing and place it at the next one, or at the next two."""
    left = iter(things)
    for thing in left:
        yield Step(Skill.PICK, Target(thing))
        if (support := next(left, '')) == '':
            return
        other = next(left, '') if relation.of_two else ''
        yield Step(Skill.PLACE, Target(support), relation, other=Target(other) if other else None)


def _relation(instruction: str) -> Relation:
    """Return where things are put: a side may also say which one is meant."""
    said = [relation for relation, _ in relations_in(instruction)] or [Relation.IN]
    return next((relation for relation in said if relation not in SIDES), said[0])


def _things(words: list[str]) -> Iterator[str]:
    """Yield runs of words that name something, as they are written."""
    run: list[str] = []
    for word in [*words, 'and']:
        if word.lower() not in _NAMELESS:
            run.append(word)
        elif run:
            yield ' '.join(run)
            run = []


def _first(words: list[str], meanings: dict[str, _T], default: _T) -> _T:
    return next((meanings[word] for word in words if word in meanings), default)
