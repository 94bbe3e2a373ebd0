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
Plans in the embedded model's syntax: a grammar over whole tokens.

The syntax is the one of `vlm_robot.models.conventions.tabletop`, bounded so that every answer has
an end, and without the words that a checkpoint's tokenizer lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from llguidance import LLTokenizer, TokenizerWrapper
from transformers import PreTrainedTokenizerBase

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.skills import CATALOGUE, Direction, Relation, Skill
from vlm_robot.core.values import Step, Target
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.conventions.tabletop import BINS, RELATIONS, TabletopConvention
from vlm_robot.models.decode.rules import Filter, Tokens
from vlm_robot.models.plan_schema import MAX_CANDIDATES
from vlm_robot.models.profile import Profile

MAX_WORDS = 4  # of a label

_MARKS = (';', ',', 'or', 'count', 'missing')
_NEEDED = ('missing', 'unsupported', 'answer', ';', ',')
_LABEL = re.compile(r'(?!(?:or|count|missing)$)[a-z0-9]+')
_SIZE = 'small'
_SIZES = {_SIZE, 'large'}
_THING = 2 + MAX_WORDS + 1  # tokens of a thing and the mark after it
_HEAD = 2 + 3  # of a skill with its relation or direction, and of an anchor


class TabletopSyntax:
    """
    See `Syntax`; each word of the grammar is one token of the word-level tokenizer.

    :raises ConfigurationError: for a tokenizer that lacks a word without which there is no plan.
    """

    def __init__(
        self, profile: Profile, tokenizer: PreTrainedTokenizerBase, vocabulary: int, end: int
    ) -> None:
        self.tokens = LLTokenizer(TokenizerWrapper(_Vocabulary(vocabulary, end)))
        self._tokenizer = tokenizer
        self._relations = [word for word, r in RELATIONS.items() if r in profile.relations]
        self._known: dict[str, int] = tokenizer.get_vocab()
        places = [f'<{axis}_{i}>' for axis in 'xy' for i in range(BINS)]
        modifiers = (word for name in CATALOGUE for word in self._words(name))
        for word in (*_NEEDED, *CATALOGUE, *modifiers, *places):
            if word not in self._known:
                raise ConfigurationError(
                    f'the tokenizer of {profile.name!r} lacks the word {word!r} of its plans'
                )
        self._x, self._y = ({self._known[f'<{a}_{i}>'] for i in range(BINS)} for a in 'xy')
        self._marks = {self._known[mark] for mark in _MARKS if mark in self._known}

    def lark(self, size: ImageSize, steps: int) -> str:
        """See `Syntax.lark`."""
        label = f'word{{0,{MAX_WORDS}}}'
        point = f'{_any(self._x)} {_any(self._y)}'
        rules = {
            'start': f'free_{steps} | {self._the("unsupported")} | {self._the("answer")} reply',
            'reply': ' | '.join(self._replies(label)),
            'seen': f'thing ({self._the(",")} thing){{0,{MAX_CANDIDATES - 1}}}',
            'thing': f'{point} {label}',
            'sure': f'({self._the("from")} {point})? thing' if 'from' in self._known else 'thing',
            'word': _any(i for word, i in self._known.items() if _LABEL.fullmatch(word)),
            'missing': f'{self._the("missing")} {label}',
            **{name: self._head(name) for name in CATALOGUE},
            **dict(self._lists(steps)),
        }
        return '\n'.join(f'{name}: {rule}' for name, rule in rules.items())

    def longest(self, size: ImageSize, steps: int) -> int:
        """See `Syntax.longest`."""
        plan = steps * (_HEAD + _THING) + (MAX_CANDIDATES - 1) * _THING
        reply = 1 + MAX_CANDIDATES * _THING + 1
        return max(plan, reply) + 1

    def sketch(self, steps: Sequence[Step], size: ImageSize) -> list[int]:
        """See `Syntax.sketch`."""
        middle = (size.width / 2, size.height / 2)
        placed = tuple(
            Step(s.skill, Target(_sized(s.target.label), middle), _sayable(s), s.direction)
            for s in steps
        )
        text = TabletopConvention().render(placed, size)
        ids = self._tokenizer.encode(text, add_special_tokens=False)
        return [i for i in ids if i != self._tokenizer.unk_token_id]

    def is_unsure(self, token: int) -> bool:
        """See `Syntax.is_unsure`."""
        return token in self._x or token in self._y

    def is_mark(self, token: int) -> bool:
        """See `Syntax.is_mark`."""
        return token in self._marks

    def apart(self, size: ImageSize) -> Filter:
        """See `Syntax.apart`."""
        return self._elsewhere

    def _elsewhere(self, answer: Sequence[int], allowed: Tokens) -> Tokens:
        """Leave out the points that the list has already, where the second axis comes next."""
        if not answer or answer[-1] not in self._x:
            return allowed
        listed = list(answer[_list_start(answer, self._known[';']) :])
        taken = {
            listed[i + 1]
            for i, token in enumerate(listed[:-1])
            if token == answer[-1] and listed[i - 1] != self._known.get('from')
        }
        return allowed[~np.isin(allowed, list(taken))]

    def _lists(self, steps: int) -> Iterator[tuple[str, str]]:
        """
        Yield rules for at most `n` steps that begin with an empty gripper or a full one.

        As the gate asks: what needs something held comes after a pick, nothing else does.
        """
        last = ' | thing missing'
        if 'or' in self._known:
            last += f' | sure ({self._the("or")} thing){{1,{MAX_CANDIDATES - 1}}}'
        for left in range(1, steps + 1):
            for rule, needs_held in (('free', False), ('held', True)):
                names = [name for name, spec in CATALOGUE.items() if spec.needs_held is needs_held]
                first = (f'{name} ({self._then(name, left - 1)}{last})' for name in names)
                yield f'{rule}_{left}', ' | '.join((*first, 'missing'))

    def _then(self, name: str, left: int) -> str:
        after = 'held' if CATALOGUE[name].skill is Skill.PICK else 'free'
        return f'sure ({self._the(";")} {after}_{left})?' if left else 'sure'

    def _replies(self, label: str) -> Iterator[str]:
        yield from (label, 'seen')
        if 'count' in self._known:
            number = _any(i for word, i in self._known.items() if word.isdecimal())
            yield f'seen? {self._the("count")} {number}'

    def _head(self, name: str) -> str:
        words = [self._known[word] for word in self._words(name)]
        return f'{self._the(name)} {_any(words)}' if words else self._the(name)

    def _words(self, name: str) -> list[str]:
        """Return the words that come after a skill's name."""
        if CATALOGUE[name].relations != (Relation.NONE,):
            return self._relations
        return [d.name.lower() for d in CATALOGUE[name].directions if d is not Direction.NONE]

    def _the(self, word: str) -> str:
        return _any([self._known[word]])


class _Vocabulary:
    """Tokens without bytes: a grammar over tokens never looks into them."""

    bos_token_id = None

    def __init__(self, size: int, end: int) -> None:
        self.eos_token_id = end
        self.tokens = [b'[%d]' % i for i in range(size)]
        self.special_token_ids = list(range(size))

    def __call__(self, text: bytes) -> list[int]:
        return []


def _sayable(step: Step) -> Relation:
    """Return a step's relation; one that the syntax has no word for is near enough to beside."""
    known = step.relation in (Relation.NONE, *RELATIONS.values())
    return step.relation if known else Relation.NEXT_TO


def _sized(label: str) -> str:
    """Put a size into a label that has none: the model names one, and half of them are small."""
    words = label.lower().split()
    return label if _SIZES & {*words} else ' '.join((_SIZE, *words))


def _list_start(answer: Sequence[int], mark: int) -> int:
    """Return where the last step of an answer begins."""
    return max((at for at, token in enumerate(answer) if token == mark), default=0)


def _any(tokens: Iterable[int]) -> str:
    """Write one of a set of tokens."""
    return f'<[{",".join(map(str, sorted(tokens)))}]>'
