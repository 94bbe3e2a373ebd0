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

"""A rule as a finite-state automaton over words: deterministic and minimal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from vlm_robot.speech.grammar.rules import Choice, Rule, Sequence, Words


@dataclass(frozen=True)
class Arc:
    """A word that leads from one state to another."""

    source: int
    word: str
    target: int


@dataclass(frozen=True)
class Automaton:
    """
    States from 0, where every sentence begins.

    :param arcs: by source; from each at most one for a word.
    :param finals: states in which a sentence may end.
    """

    states: int
    arcs: tuple[Arc, ...]
    finals: frozenset[int]

    def accepts(self, text: str) -> bool:
        """Whether a text's words are a sentence."""
        moves = {(arc.source, arc.word): arc.target for arc in self.arcs}
        state: int | None = 0
        for word in text.split():
            if state is None:
                return False
            state = moves.get((state, word))
        return state in self.finals

    @property
    def words(self) -> frozenset[str]:
        """The words of all sentences."""
        return frozenset(arc.word for arc in self.arcs)


def automaton(rule: Rule) -> Automaton:
    """Compile a rule."""
    table, finals = _determined(_Nondeterministic(rule))
    return _minimal(table, finals)


class _Nondeterministic:
    """States with moves by word, and moves by nothing, after Thompson."""

    def __init__(self, rule: Rule) -> None:
        self.moves: list[list[tuple[str, int]]] = []
        self._silent: list[list[int]] = []
        start = self._state()
        self.end = self._add(rule, start)
        self.start = self.closed((start,))

    def closed(self, states: Iterable[int]) -> frozenset[int]:
        """Return the states that some states reach without a word."""
        found, waiting = set[int](), list(states)
        while waiting:
            state = waiting.pop()
            if state not in found:
                found.add(state)
                waiting += self._silent[state]
        return frozenset(found)

    def _state(self) -> int:
        self.moves.append([])
        self._silent.append([])
        return len(self.moves) - 1

    def _add(self, rule: Rule, start: int) -> int:
        """Add a rule after a state; return the state after it."""
        if isinstance(rule, Words):
            for word in rule.text.lower().split():
                after = self._state()
                self.moves[start].append((word, after))
                start = after
            return start
        if isinstance(rule, Sequence):
            for part in rule.rules:
                start = self._add(part, start)
            return start
        if isinstance(rule, Choice):
            end = self._state()
            for part in rule.rules:
                begin = self._state()
                self._silent[start].append(begin)
                self._silent[self._add(part, begin)].append(end)
            return end
        assert_never(rule)


_Table = list[dict[str, int]]


def _determined(loose: _Nondeterministic) -> tuple[_Table, list[bool]]:
    """Return the moves of the sets of states, and which of these are final."""
    numbers = {loose.start: 0}
    table: _Table = []
    for states in _growing(numbers):
        reached: dict[str, set[int]] = {}
        for state in states:
            for word, after in loose.moves[state]:
                reached.setdefault(word, set()).add(after)
        table.append({
            word: numbers.setdefault(loose.closed(after), len(numbers))
            for word, after in sorted(reached.items())
        })  # fmt: skip
    return table, [loose.end in states for states in numbers]


def _growing(numbers: dict[frozenset[int], int]) -> Iterator[frozenset[int]]:
    """Yield the keys of a dictionary that grows meanwhile."""
    done = 0
    while done < len(numbers):
        for states in list(numbers)[done:]:
            done += 1
            yield states


def _minimal(table: _Table, finals: list[bool]) -> Automaton:
    """Merge the states from which the same can follow, after Moore; finite rules end soon."""
    classes = [int(final) for final in finals]
    while True:
        keys = [
            (classes[state], *((word, classes[after]) for word, after in moves.items()))
            for state, moves in enumerate(table)
        ]
        numbers: dict[object, int] = {}
        finer = [numbers.setdefault(key, len(numbers)) for key in keys]
        if len(numbers) == len(set(classes)):
            break
        classes = finer
    return _merged(table, finals, finer)


def _merged(table: _Table, finals: list[bool], classes: list[int]) -> Automaton:
    """State 0 is in class 0, since classes are numbered in the order of their first states."""
    first = {number: state for state, number in reversed(list(enumerate(classes)))}
    arcs = tuple(
        Arc(number, word, classes[after])
        for number in sorted(first)
        for word, after in table[first[number]].items()
    )
    return Automaton(
        len(first), arcs, frozenset(number for number, state in first.items() if finals[state])
    )
