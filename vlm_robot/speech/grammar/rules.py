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
Rules of what may be said, as values: words, sequences, choices and what may be left out.

They have no recursion, so that every rule is a finite-state grammar.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Words that are said one after the other; '' says nothing."""

    text: str


@dataclass(frozen=True)
class Sequence:
    """One rule after the other."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Choice:
    """One of several rules."""

    rules: tuple[Rule, ...]


Rule = Words | Sequence | Choice


def words(text: str) -> Rule:
    """Return the rule of words said one after the other."""
    return Words(text)


def sequence(*rules: Rule | str) -> Rule:
    """Return the rule of one after the other; a text stands for its words."""
    return Sequence(tuple(_rule(rule) for rule in rules))


def choice(*rules: Rule | str) -> Rule:
    """Return the rule of one of several; a text stands for its words."""
    return Choice(tuple(_rule(rule) for rule in rules))


def optional(*rules: Rule | str) -> Rule:
    """Return the rule of one of several, or nothing."""
    return choice('', *rules)


def _rule(rule: Rule | str) -> Rule:
    return Words(rule) if isinstance(rule, str) else rule
