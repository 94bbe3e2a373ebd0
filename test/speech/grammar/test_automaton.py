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

"""Rules as automata."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.speech.grammar.automaton import automaton
from vlm_robot.speech.grammar.jsgf import jsgf
from vlm_robot.speech.grammar.rules import Choice, Rule, Sequence, Words, choice, sequence

_words = st.lists(st.sampled_from('abc'), max_size=2).map(lambda said: Words(' '.join(said)))
RULES: st.SearchStrategy[Rule] = st.recursive(
    _words,
    lambda rules: (
        st.lists(rules, min_size=1, max_size=3).map(lambda parts: Sequence(tuple(parts)))
        | st.lists(rules, min_size=1, max_size=3).map(lambda parts: Choice(tuple(parts)))
    ),
    max_leaves=8,
)


def language(rule: Rule) -> set[tuple[str, ...]]:
    """All sentences, spelled out."""
    if isinstance(rule, Words):
        return {tuple(rule.text.split())}
    if isinstance(rule, Choice):
        return set().union(*map(language, rule.rules))
    parts = itertools.product(*map(language, rule.rules))
    return {tuple(itertools.chain(*said)) for said in parts}


@given(RULES)
def test_an_automaton_accepts_the_sentences_of_its_rule_and_no_others(rule: Rule) -> None:
    compiled, said = automaton(rule), language(rule)
    longest = min(max(map(len, said)), 4)
    for length in range(longest + 1):
        for words in itertools.product('abc', repeat=length):
            assert compiled.accepts(' '.join(words)) is (words in said)
    assert all(compiled.accepts(' '.join(words)) for words in said)


@given(RULES)
def test_an_automaton_is_deterministic_and_every_state_is_reached(rule: Rule) -> None:
    compiled = automaton(rule)
    moves = [(arc.source, arc.word) for arc in compiled.arcs]
    assert len(set(moves)) == len(moves)
    assert {0, *(arc.target for arc in compiled.arcs)} == set(range(compiled.states))


def test_states_from_which_the_same_follows_are_one() -> None:
    compiled = automaton(sequence(choice('a', 'b', 'c d'), choice('e', 'f')))
    assert compiled.states == 4


def test_a_grammar_file_names_what_occurs_several_times_once() -> None:
    colour = choice('red', 'blue')
    text = jsgf(sequence(colour, 'and', colour))
    assert text.startswith('#JSGF V1.0;')
    assert text.count('red | blue') == 1
