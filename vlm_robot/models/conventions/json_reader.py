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
Reads JSON as models write it: with prose around, single quotes, Python's names, missing ends.

One pass over the tokens with a stack of its own: time and memory are linear in the text, brackets
may be nested as deep as one likes, nothing is evaluated and nothing raises.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TypeAlias

_DEPTH = 32  # deeper brackets are read over
_WORDS = 200  # characters of a value without quotes; more of it is left out
_START = re.compile(r'\{|\[(?=\s*+[\[({"\'.\d+\]-])|\((?=\s*+[\[(.\d+-])')
# A quote ends a string where a mark, another quote or the line's end follows: "the "big" mug".
_QUOTED = (
    r'{0}(?P<{1}>(?:\\.|[^{0}\\\n]|{0}(?![ \t\r]*+(?:[,:\])}}\n]|\Z)|[ \t]++["\']))*+)'
    r'(?P<{1}_end>{0})?+'
)
_TOKEN = re.compile(
    r'\s*+(?:(?P<open>[\[({])|(?P<close>[\])}])|(?P<mark>[,:])'
    rf'|{_QUOTED.format(chr(34), "double")}|{_QUOTED.format(chr(39), "single")}'
    r'|(?P<word>[^\s\[\](){},:"\'][^\s\[\](){},:"]*+)|(?P<other>\S))'
)
_NUMBER = re.compile(r'[+-]?(?:\d++\.?+\d*+|\.\d++)(?:[eE][+-]?\d++)?')
_CLOSES = {']': '[', ')': '[', '}': '{'}


@dataclass(frozen=True)
class Atom:
    """A string, number or bare word; `whole` unless the text breaks off in it."""

    text: str
    start: int
    end: int
    quoted: bool = False
    whole: bool = True

    @property
    def number(self) -> float | None:
        """The number that it is."""
        return float(self.text) if _NUMBER.fullmatch(self.text) else None

    @property
    def is_null(self) -> bool:
        """Whether it stands for nothing."""
        return not self.quoted and self.text.lower() in ('null', 'none')


@dataclass(frozen=True)
class Array:
    """A list or tuple; `whole` unless its closing bracket is missing."""

    items: tuple[Value, ...]
    start: int
    end: int
    whole: bool = True


@dataclass(frozen=True)
class Table:
    """An object; keys may come twice, a value without a key has the key ''."""

    pairs: tuple[tuple[str, Value], ...]
    start: int
    end: int
    whole: bool = True


Value: TypeAlias = Atom | Array | Table


@dataclass
class _Frame:
    """A bracket that is open."""

    bracket: str  # { or [
    start: int
    pairs: list[tuple[str, Value]] = field(default_factory=list)
    key: str = ''
    waiting: Atom | None = None  # a key if a colon follows

    def mark(self, mark: str) -> None:
        if mark == ':' and self.waiting is not None:
            self.key, self.waiting = self.waiting.text.strip('"\' '), None
        elif mark == ',':
            self.flush()

    def flush(self) -> None:
        if self.waiting is not None:
            self.pairs.append((self.key, self.waiting))
        self.key, self.waiting = '', None

    def atom(self, atom: Atom) -> None:
        before = self.waiting
        if before and not before.quoted and not atom.quoted and before.number is None:
            # words of one bare value
            text = before.text if len(before.text) > _WORDS else f'{before.text} {atom.text}'
            atom = Atom(text, before.start, atom.end, whole=atom.whole)
        elif before is not None:
            self.flush()
        self.waiting = atom

    def child(self, value: Value) -> None:
        if self.waiting is not None:
            self.flush()
        self.pairs.append((self.key, value))
        self.key = ''

    def value(self, end: int, *, whole: bool) -> Value:
        self.flush()
        if any(key for key, _ in self.pairs):
            return Table(tuple(self.pairs), self.start, end, whole)
        return Array(tuple(value for _, value in self.pairs), self.start, end, whole)


def read(text: str, start: int = 0, end: int | None = None) -> list[Value]:
    """Return the outermost lists and objects of `text[start:end]` that may hold data."""
    reader = _Reader(text, len(text) if end is None else end)
    first = _START.search(text, start, reader.limit)
    while first is not None:
        first = _START.search(text, reader.document(first.start()), reader.limit)
    return reader.documents


class _Reader:
    def __init__(self, text: str, limit: int) -> None:
        self.limit = limit
        self.documents: list[Value] = []
        self._text = text
        self._stack: list[_Frame] = []
        self._open = {'{': 0, '[': 0}
        self._buried = 0  # brackets that are open beyond the depth limit

    def document(self, at: int) -> int:
        """Read one list or object and return where it ends."""
        while at < self.limit:
            token = _TOKEN.match(self._text, at, self.limit)
            if token is None:  # white space up to the end
                break
            at = token.end()
            self._take(token)
            if not self._stack:
                return at
        while self._stack:
            self._close(self.limit, whole=False)
        self._buried = 0
        return self.limit

    def _take(self, token: re.Match[str]) -> None:
        kind = token.lastgroup
        if kind == 'open':
            self._opens(token['open'], token.start('open'))
        elif kind == 'close':
            self._closes(_CLOSES[token['close']], token.end())
        elif kind == 'mark':
            self._stack[-1].mark(token['mark'])
        elif kind != 'other':
            self._stack[-1].atom(self._atom(token))

    def _opens(self, bracket: str, start: int) -> None:
        bracket = '{' if bracket == '{' else '['
        if len(self._stack) >= _DEPTH:
            self._buried += 1
            return
        self._open[bracket] += 1
        self._stack.append(_Frame(bracket, start))

    def _closes(self, bracket: str, end: int) -> None:
        """Close up to the bracket that is meant; where none is, close the innermost."""
        if self._buried:
            self._buried -= 1
            return
        while self._open[bracket] and self._stack[-1].bracket != bracket:
            self._close(end, whole=False)
        self._close(end, whole=self._stack[-1].bracket == bracket)

    def _close(self, end: int, *, whole: bool) -> None:
        frame = self._stack.pop()
        self._open[frame.bracket] -= 1
        value = frame.value(end, whole=whole)
        if self._stack:
            self._stack[-1].child(value)
        else:
            self.documents.append(value)

    def _atom(self, token: re.Match[str]) -> Atom:
        for kind in ('double', 'single'):
            if token[kind] is not None:
                whole = token[f'{kind}_end'] is not None
                return Atom(_unescaped(token[kind]), *token.span(kind), quoted=True, whole=whole)
        whole = token.end() < len(self._text)
        return Atom(token['word'], *token.span('word'), whole=whole)


def _unescaped(text: str) -> str:
    if '\\' not in text:
        return text
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text.replace('\\', '')
