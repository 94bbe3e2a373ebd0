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
Keeps the candidates of an ambiguous JSON plan apart: no thing is listed twice.

A grammar has no memory. What it allows is narrowed here, looking ahead so far that there is always
something left to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from llguidance import LLTokenizer

from vlm_robot.models.decode.numbers import Numbers
from vlm_robot.models.decode.rules import Tokens

_LIST = b'"candidates":['


class Lists(Protocol):
    """What tells candidates apart."""

    def at_risk(self, listed: str) -> bool:
        """Return whether the list's next token could make a candidate one that it has already."""

    def repeats(self, listed: str) -> bool:
        """Return whether a list has a candidate twice, or can go on to no other."""


class Apart:
    """
    A filter of what a grammar allows; see `Filter`.

    :param tokens: of the grammar.
    """

    def __init__(self, tokens: LLTokenizer, lists: Lists) -> None:
        self._tokens = tokens
        self._lists = lists

    def __call__(self, answer: Sequence[int], allowed: Tokens) -> Tokens:
        """Leave out the tokens that repeat a candidate."""
        _, found, listed = self._tokens.decode_bytes(list(answer)).partition(_LIST)
        if not found or not self._lists.at_risk(_text(listed)):
            return allowed
        longer = (_text(listed + self._tokens.decode_bytes([token])) for token in allowed)
        kept = np.array([not self._lists.repeats(text) for text in longer])
        return allowed[kept] if kept.any() else allowed


def _text(part: bytes) -> str:
    """Decode a text that may end within a character."""
    return part.decode('utf-8', 'ignore')


class NumberLists:
    """
    Candidates with points are apart when their points are.

    :param second: the numbers of the second axis.
    """

    def __init__(self, second: Numbers) -> None:
        self._texts = second.texts()

    def at_risk(self, listed: str) -> bool:
        """See `Lists.at_risk`: in a point after the first one."""
        return ']' in listed and listed.rfind('[') > listed.rfind(']')

    def repeats(self, listed: str) -> bool:
        """See `Lists.repeats`."""
        points = _POINT.findall(listed)
        begun = _BEGUN.search(listed)
        if begun is None:
            return len(set(points)) < len(points)
        taken = {second for first, second in points if first == begun[1]}
        return bool(taken) and all(t in taken for t in self._texts if t.startswith(begun[2]))


_POINT = re.compile(r'\[([\d.]+),([\d.]+)\]')
_BEGUN = re.compile(r'\[([\d.]+),([\d.]*)$')


class WordLists:
    """
    Candidates without points are apart when their labels are.

    :param limit: characters of a label.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def at_risk(self, listed: str) -> bool:
        """See `Lists.at_risk`: in a label that begins as another one."""
        begun = _LABEL_BEGUN.search(listed)
        labels = _LABELS.findall(listed)
        return begun is not None and any(label.startswith(begun[1]) for label in labels)

    def repeats(self, listed: str) -> bool:
        """See `Lists.repeats`."""
        labels = _LABELS.findall(listed)
        begun = _LABEL_BEGUN.search(listed)
        if begun is not None and len(begun[1]) >= self._limit and begun[1] in labels:
            return True
        return len(set(labels)) < len(labels)


_LABELS = re.compile(r'"label":"([^"]*)"')
_LABEL_BEGUN = re.compile(r'"label":"([^"]*)$')
