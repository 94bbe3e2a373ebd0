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
What people are more likely to ask for, where the ear can hardly tell: 'ball' and 'bowl'.

Only what the catalogue says: what does not fit between the fingers is seldom to be picked up, and
a thing is seldom told by where it is. It decides between sentences that sound nearly the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from vlm_robot.models import wording
from vlm_robot.sim.catalogue import GRASPABLE

_TOO_WIDE = frozenset(
    noun for kind, nouns in wording.NOUNS.items() if kind not in GRASPABLE for noun in nouns
)
_NOUNS = frozenset(noun for nouns in wording.NOUNS.values() for noun in nouns) | {
    *wording.ANYTHING
}
_PICK = frozenset(verb.split()[0] for verb in wording.PICK)
_PUT = frozenset(wording.PUT) | {'stack'}
_VERBS = _PICK | _PUT | frozenset(wording.PUSH)
_WIDE_IS_TAKEN = -2.5
_WIDE_IS_MOVED = -1.2  # 'move' is said of pushing as well
_TOLD_BY_PLACE = -4.0


def expectation(words: Sequence[str]) -> float:
    """Return by how much a sentence is less likely than others, as a natural logarithm."""
    starts = [i for i, word in enumerate(words) if word in _VERBS]
    places = [*starts, len(words)]
    return sum(_of_clause(words[a:b]) for a, b in itertools.pairwise(places))


def _of_clause(words: Sequence[str]) -> float:
    verb, nouns = words[0], [word for word in words if word in _NOUNS]
    odd = 0.0
    if nouns and nouns[0] in _TOO_WIDE:
        taken = verb in _PICK or (verb in _PUT and verb != 'move')
        odd += _WIDE_IS_TAKEN if taken else _WIDE_IS_MOVED if verb == 'move' else 0.0
    if verb in _PICK and len(nouns) > 1:
        odd += _TOLD_BY_PLACE
    return odd
