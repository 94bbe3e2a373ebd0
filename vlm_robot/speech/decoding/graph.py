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
An automaton over words as a graph over phones, in flat arrays.

Between the automaton's states ("nodes") run chains of phones, one for each way of saying a word.
The topology is that of connectionist temporal classification (Graves et al. 2006): a phone lasts
for one frame or more, and blanks may come between two. The same phone at the end of a word and
the beginning of the next need no blank between them: people say "red door" with one D.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.acoustic.phones import PHONES, indices
from vlm_robot.speech.grammar.automaton import Arc, Automaton
from vlm_robot.speech.grammar.pronunciations import Pronunciations

Indices = NDArray[np.int64]
UNKNOWN = '<unknown>'
ANY = len(PHONES)
"""The column of what may be any phone."""

_FILLER = (ANY,) * 3
_OPEN = 4
"""Where so many words stand between the same two nodes, one that nobody knows may."""


@dataclass(frozen=True)
class PhoneGraph:
    """
    Slots of phones in chains between nodes; S slots, C chains, K skips.

    :param words: of each arc.
    :param labels: (S,) columns of the acoustic model's answer, or ANY.
    :param first: (C,) the first slot of each chain; chains are in order, without gaps.
    :param last: (C,) the last one.
    :param sources: (C,) nodes.
    :param targets: (C,) nodes.
    :param arcs: (C,) the arc that each chain says.
    :param skips: (K, 3) source, target and arc of words that may be left out.
    :param starts: (nodes,) whether sentences begin there.
    :param finals: (nodes,) whether they end there.
    """

    words: tuple[str, ...]
    labels: Indices
    first: Indices
    last: Indices
    sources: Indices
    targets: Indices
    arcs: Indices
    skips: Indices
    starts: NDArray[np.bool_]
    finals: NDArray[np.bool_]

    def reversed(self) -> PhoneGraph:
        """Return the graph of what is said from its end to its beginning."""
        size = self.labels.size
        return PhoneGraph(
            words=self.words,
            labels=self.labels[::-1].copy(),
            first=(size - 1 - self.last)[::-1].copy(),
            last=(size - 1 - self.first)[::-1].copy(),
            sources=self.targets[::-1].copy(),
            targets=self.sources[::-1].copy(),
            arcs=self.arcs[::-1].copy(),
            skips=self.skips[:, [1, 0, 2]],
            starts=self.finals,
            finals=self.starts,
        )


def phone_graph(automaton: Automaton, said: Pronunciations, *, closed: bool = False) -> PhoneGraph:
    """
    Compile an automaton.

    :param closed: whether to do without arcs for words that nobody knows, which are UNKNOWN.
    """
    arcs = automaton.arcs if closed else (*automaton.arcs, *_unknowns(automaton))
    chains = list(_chains(arcs, said))
    sizes = np.array([len(labels) for _, labels in chains])
    last = np.cumsum(sizes) - 1
    spoken = np.array([arc for arc, _ in chains])
    nodes = np.arange(automaton.states)
    return PhoneGraph(
        words=tuple(arc.word for arc in arcs),
        labels=np.array([label for _, labels in chains for label in labels]),
        first=last - sizes + 1,
        last=last,
        sources=np.array([arcs[arc].source for arc in spoken]),
        targets=np.array([arcs[arc].target for arc in spoken]),
        arcs=spoken,
        skips=_skips(arcs, said),
        starts=nodes == 0,
        finals=np.isin(nodes, list(automaton.finals)),
    )


def _chains(arcs: Sequence[Arc], said: Pronunciations) -> Iterator[tuple[int, tuple[int, ...]]]:
    for number, arc in enumerate(arcs):
        if arc.word == UNKNOWN:
            yield number, _FILLER
            continue
        for phones in said[arc.word]:
            if phones:
                yield number, tuple(indices(phones))


def _skips(arcs: Sequence[Arc], said: Pronunciations) -> Indices:
    rows = [
        (arc.source, arc.target, number)
        for number, arc in enumerate(arcs)
        if () in said.get(arc.word, ())
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _unknowns(automaton: Automaton) -> Iterator[Arc]:
    """Yield arcs beside each open class of words, and one from the beginning to each end."""
    beside: dict[tuple[int, int], int] = {}
    for arc in automaton.arcs:
        key = (arc.source, arc.target)
        beside[key] = beside.get(key, 0) + 1
    whole = {(0, final) for final in automaton.finals}
    for source, target in sorted(whole | {key for key, n in beside.items() if n >= _OPEN}):
        yield Arc(source, UNKNOWN, target)
