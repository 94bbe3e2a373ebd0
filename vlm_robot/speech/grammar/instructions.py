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
The rule of spoken commands.

What makes no difference to the arm and little to the ear is one word: every thing has a "the",
which may be said as "a" or "that", or not be said at all (see `pronunciations`).
"""

from __future__ import annotations

from collections.abc import Iterable

from vlm_robot.core.skills import Relation
from vlm_robot.models import wording
from vlm_robot.speech.grammar.rules import Rule, choice, optional, sequence
from vlm_robot.speech.grammar.vocabulary import NO, YES, Vocabulary
from vlm_robot.speech.stopping.base import STOP_WORDS

_BEFORE = (
    'please', 'could you', 'can you', 'could you please', 'can you please', 'would you please',
    'i want you to', 'i need you to', 'robot', 'now',
)  # fmt: skip
_AFTER = ('please', 'now')
_THEN = tuple(dict.fromkeys(then.strip(', ') for then in wording.THEN))


def instruction_rule(vocabulary: Vocabulary, *, wake: str = '') -> Rule:
    """
    Return the rule of what may be said: a command, yes, no, or a stop word.

    :param wake: words that may be said before, or alone: 'hey robot'.
    """
    said = choice(command_rule(vocabulary), choice(*YES, *NO, *STOP_WORDS))
    wake = ' '.join(wake.lower().split())
    return choice(sequence(optional(wake), said), wake) if wake else said


def command_rule(vocabulary: Vocabulary) -> Rule:
    """Return the rule of commands of one or two steps, said politely or not."""
    clause = _clause(vocabulary)
    second = sequence(choice(*_THEN), clause)
    return sequence(optional(*_BEFORE), clause, optional(second), optional(*_AFTER))


def _clause(vocabulary: Vocabulary) -> Rule:
    return choice(_pick(vocabulary), _put(vocabulary), _push(vocabulary))


def _pick(vocabulary: Vocabulary) -> Rule:
    """'pick up the cube', 'pick the cube up', and either with 'and put it in the bowl'."""
    thing = _reference(vocabulary)
    parted = tuple(verb.removesuffix(' up') for verb in vocabulary.pick if verb.endswith(' up'))
    picked = choice(
        sequence(choice(*vocabulary.pick), thing), sequence(choice(*parted), thing, 'up')
    )
    it = choice('it', 'that')
    put = sequence(choice(*_THEN), choice(*vocabulary.put), it, _place(vocabulary))
    return sequence(picked, optional(put))


def _put(vocabulary: Vocabulary) -> Rule:
    """'put the cube in the bowl', 'put the cube on the plate in the bowl', 'stack ... on ...'."""
    thing = _thing(vocabulary, vocabulary.nouns)
    on = sequence(_phrases(vocabulary, Relation.ON), thing)
    return choice(
        sequence(choice(*vocabulary.put), _reference(vocabulary), _place(vocabulary)),
        sequence(choice(*vocabulary.stack), thing, on),
    )


def _push(vocabulary: Vocabulary) -> Rule:
    directions = (phrase for _, phrases in vocabulary.directions for phrase in phrases)
    return sequence(choice(*vocabulary.push), _reference(vocabulary), choice(*directions))


def _reference(vocabulary: Vocabulary) -> Rule:
    """A thing, perhaps told by where it is: 'the small cube left of the bowl'."""
    anchors = (
        sequence(_phrases(vocabulary, relation), _anchor(vocabulary, relation))
        for relation, _ in vocabulary.relations
        if not relation.of_two
    )
    return sequence(_thing(vocabulary, vocabulary.nouns), optional(*anchors))


def _place(vocabulary: Vocabulary) -> Rule:
    """A relation with what it is to, of which nothing is in a ball."""
    anything, container = (
        _thing(vocabulary, nouns) for nouns in (vocabulary.nouns, vocabulary.containers)
    )
    between = sequence(anything, 'and', anything)
    return choice(*(
        sequence(
            _phrases(vocabulary, relation),
            between if relation.of_two else container if relation is Relation.IN else anything,
        )
        for relation, _ in vocabulary.relations
    ))  # fmt: skip


def _anchor(vocabulary: Vocabulary, relation: Relation) -> Rule:
    nouns = vocabulary.containers if relation is Relation.IN else vocabulary.nouns
    return sequence('the', optional(*vocabulary.colours), choice(*nouns))


def _phrases(vocabulary: Vocabulary, relation: Relation) -> Rule:
    return choice(*dict(vocabulary.relations)[relation])


def _thing(vocabulary: Vocabulary, nouns: Iterable[str]) -> Rule:
    told = choice('', *vocabulary.superlatives, *vocabulary.sizes)
    return sequence('the', told, optional(*vocabulary.colours), choice(*nouns))
