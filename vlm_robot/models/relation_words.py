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

"""How people say where a thing should be put."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from vlm_robot.core.skills import Relation

_SIDE = r'(?:(?:to|on|at) (?:the|its) )?{}(?:[- ]hand)?(?: side)? of'
_PHRASES = {
    Relation.LEFT_OF: _SIDE.format('left'),
    Relation.RIGHT_OF: _SIDE.format('right'),
    Relation.IN_FRONT_OF: r'(?:in|at the) front of',
    Relation.BEHIND: 'behind|(?:in|at the) back of',
    Relation.BETWEEN: r'(?:in (?:the )?(?:middle |space |gap )?)?between',
    Relation.NEXT_TO: 'next to|beside|near|by|close to|alongside',
    Relation.ON: 'on to|onto|on top of|on|upon|atop|top',
    Relation.IN: 'in to|into|inside|within|in',
}
"""Words by relation; what is longer comes first: "in front of" has an in."""

_SAID = re.compile(
    '|'.join(rf'(?P<{relation.name}>\b(?:{words})\b)' for relation, words in _PHRASES.items()),
    re.IGNORECASE,
)
_PUT = ('put', 'place', 'set', 'drop', 'lay', 'position', 'move')
_OTHER = ('pick', 'grab', 'take', 'lift', 'grasp', 'get', 'push', 'slide', 'nudge', 'shove')
_CLAUSE = re.compile(rf'\b(?=(?:{"|".join((*_PUT, *_OTHER))})\b)', re.IGNORECASE)
_SIDEWAYS = re.compile(
    r'\b(?:left|right|forwards?|away|ahead|back(?:wards?)?|towards?|leftwards|rightwards)\b',
    re.IGNORECASE,
)


def relations_in(words: str) -> Iterator[tuple[Relation, str]]:
    """Yield the relations that words name, in their order, with how they name them."""
    for said in _SAID.finditer(' '.join(words.split())):
        assert said.lastgroup is not None  # every alternative has a name
        yield Relation[said.lastgroup], said[0].lower()


def unknown_relation(instruction: str, known: Collection[Relation]) -> str:
    """
    Return the words for where something is to be put, if they name no relation that is known.

    "the cube left of the bowl" also says which cube is meant: only where no other words say where
    it is to be put do these. '' when that is not so.
    """
    for clause in _CLAUSE.split(instruction):
        if not clause.lower().startswith(_PUT):
            continue
        said = list(relations_in(clause))
        if not said or any(relation in known for relation, _ in said):
            continue
        if clause.lower().startswith('move') and _SIDEWAYS.search(_SAID.sub('', clause)):
            continue  # "move the cube behind the mug to the left" is a push
        return said[-1][1]
    return ''
