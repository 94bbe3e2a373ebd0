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
Plans as JSON: the grammar of what `vlm_robot.models.prompts` asks for.

Compact, the outcome first, every text, list and number bounded, so that each answer has an end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llguidance import LLTokenizer
from llguidance.hf import from_tokenizer
from transformers import PreTrainedTokenizerBase

from vlm_robot.core.skills import CATALOGUE, Direction, Relation, Skill
from vlm_robot.core.targets import targets_of
from vlm_robot.core.values import Step
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.decode.apart import Apart, NumberLists, WordLists
from vlm_robot.models.decode.numbers import numbers
from vlm_robot.models.decode.rules import Filter
from vlm_robot.models.plan_schema import MAX_CANDIDATES, MAX_LABEL
from vlm_robot.models.profile import Profile

_LETTER = r'\p{L}\p{N}'
_SIGN = r"\p{M}_.'()-"  # none that JSON escapes
_UTF8 = 4  # the most bytes of a character
_DIGIT = re.compile(r'\d')


class JsonSyntax:
    """See `Syntax`; the grammar is one over the bytes of the tokenizer's tokens."""

    def __init__(
        self, profile: Profile, tokenizer: PreTrainedTokenizerBase, vocabulary: int, end: int
    ) -> None:
        self.tokens: LLTokenizer = from_tokenizer(tokenizer, n_vocab=vocabulary, eos_token=end)
        self._tokenizer = tokenizer
        self._units = profile.units
        self._points = bool(profile.point)
        self._forms = {name: tuple(_forms(name, profile)) for name in CATALOGUE}

    def lark(self, size: ImageSize, steps: int) -> str:
        """See `Syntax.lark`."""
        answers = (
            [_quoted('ok","steps":['), f'free_{steps}', _quoted(']}')],
            [_quoted('not_found","label":"'), 'LABEL', _quoted('"}')],
            [_quoted('ambiguous","candidates":['), 'candidates', _quoted(']}')],
            [_quoted('unsupported"}')],
        )
        start = _quoted('{"outcome":"') + f' ({" | ".join(map(" ".join, answers))})'
        point = [_quoted('"point":['), 'FIRST "," SECOND', _quoted('],')] if self._points else []
        named = [*point, _quoted('"label":"'), 'LABEL']
        rules = {
            'start': start,
            'candidates': f'candidate ("," candidate){{1,{MAX_CANDIDATES - 1}}}',
            'candidate': '"{" thing',
            'thing': ' '.join([*named, _quoted('"}')]),
            'things': ' '.join([*named, _quoted('","other":{'), *named, _quoted('"}}')]),
            **{
                name: ' | '.join(form.lark for form in forms)
                for name, forms in self._forms.items()
            },
            **dict(_lists(steps)),
            **dict(self._terminals(size)),
        }
        return '\n'.join(f'{name}: {rule}' for name, rule in rules.items())

    def longest(self, size: ImageSize, steps: int) -> int:
        """See `Syntax.longest`; a token has at least one byte."""
        thing = len('{"label":""},') + _UTF8 * MAX_LABEL
        if self._points:
            thing += len('"point":[,],') + sum(n.length for n in numbers(self._units, size))
        step = max(form.longest(thing) for forms in self._forms.values() for form in forms)
        listed = max(steps * step, MAX_CANDIDATES * thing)
        return len('{"outcome":"ambiguous","candidates":[]}') + listed + 1

    def sketch(self, steps: Sequence[Step], size: ImageSize) -> list[int]:
        """See `Syntax.sketch`."""
        point = ','.join(n.text(n.last // 2) for n in numbers(self._units, size))
        items = ','.join(self._written(step, point) for step in steps)
        text = f'{{"outcome":"ok","steps":[{items}]}}'
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    def is_unsure(self, token: int) -> bool:
        """See `Syntax.is_unsure`."""
        return bool(_DIGIT.search(self._tokenizer.decode([token])))

    def is_mark(self, token: int) -> bool:
        """See `Syntax.is_mark`."""
        return not any(map(str.isalnum, self._tokenizer.decode([token])))

    def apart(self, size: ImageSize) -> Filter:
        """See `Syntax.apart`."""
        if self._points:
            return Apart(self.tokens, NumberLists(numbers(self._units, size)[1]))
        return Apart(self.tokens, WordLists(MAX_LABEL))

    def _terminals(self, size: ImageSize) -> Iterator[tuple[str, str]]:
        # single blanks alone: no two labels that are written differently look the same
        word = f'[{_LETTER}{_SIGN}]'
        whole = f'[{_LETTER}]{word}*( {word}+)*'
        yield 'LABEL', f'/{whole}/ & /(?s:.{{1,{MAX_LABEL}}})/'
        if self._points:
            first, second = numbers(self._units, size)
            yield 'FIRST', f'/{first.pattern}/'
            yield 'SECOND', f'/{second.pattern}/'

    def _written(self, step: Step, point: str) -> str:
        fields = {'skill': step.skill.name.lower()}
        if step.relation is not Relation.NONE:
            fields['relation'] = step.relation.name.lower()
        if step.direction is not Direction.NONE:
            fields['direction'] = step.direction.name.lower()
        head = json.dumps(fields, separators=(',', ':')).removesuffix('}')
        place = f'"point":[{point}],' if self._points else ''
        first, *others = (f'{place}"label":{_quoted(t.label)}' for t in targets_of((step,)))
        return f'{head},{first}' + ''.join(f',"other":{{{other}}}' for other in others) + '}'


def _lists(steps: int) -> Iterator[tuple[str, str]]:
    """
    Yield rules for lists of at most `n` steps that begin with an empty gripper or a full one.

    As the gate asks: what needs something held comes after a pick, nothing else does.
    """
    free = [name for name, spec in CATALOGUE.items() if not spec.needs_held]
    held = [name for name, spec in CATALOGUE.items() if spec.needs_held]
    for left in range(1, steps + 1):
        for rule, names in (('free', free), ('held', held)):
            yield f'{rule}_{left}', ' | '.join(_then(name, left - 1) for name in names)


def _then(name: str, left: int) -> str:
    after = 'held' if CATALOGUE[name].skill is Skill.PICK else 'free'
    return f'{name} ("," {after}_{left})?' if left else name


@dataclass(frozen=True)
class _Form:
    """One way that the object of a step goes: its fields in order, then one thing or two."""

    fields: tuple[tuple[str, tuple[str, ...]], ...]  # with the words that go there
    of_two: bool = False

    @property
    def lark(self) -> str:
        parts = [_quoted('{')]
        for field, words in self.fields:
            options = ' | '.join(map(_quoted, words))
            parts += [_quoted(f'"{field}":"'), f'({options})', _quoted('",')]
        return ' '.join([*parts, 'things' if self.of_two else 'thing'])

    def longest(self, thing: int) -> int:
        """Return the most bytes, with those of a thing given."""
        head = sum(len(f'"{field}":"",') + max(map(len, words)) for field, words in self.fields)
        return 1 + head + (2 * thing + len('"other":') if self.of_two else thing)


def _forms(name: str, profile: Profile) -> Iterator[_Form]:
    """Yield the forms of a skill; the relations between two things have one of their own."""
    spec = CATALOGUE[name]
    head: tuple[tuple[str, tuple[str, ...]], ...] = (('skill', (name,)),)
    if spec.directions != (Direction.NONE,):
        head += (('direction', _words(spec.directions)),)
    if spec.relations == (Relation.NONE,):
        yield _Form(head)
        return
    for of_two in (False, True):
        relations = [r for r in profile.relations_of(spec) if r.of_two is of_two]
        if relations:
            yield _Form((*head, ('relation', _words(relations))), of_two)


def _words(members: Sequence[Relation | Direction]) -> tuple[str, ...]:
    return tuple(member.name.lower() for member in members)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
