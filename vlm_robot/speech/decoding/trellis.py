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
Viterbi's best paths through a graph of phones, for all slots of a frame at once.

Row 0 of every array is before the first frame. Scores are sums of log probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.decoding.graph import UNKNOWN, PhoneGraph

Scores = NDArray[np.float32]
NEVER = np.float32(-1e9)
_LOOK = 16  # frames between two looks at whether the answer is still wanted


@dataclass(frozen=True)
class Trellis:
    """
    The best scores of paths that begin at a start.

    :param phone: (T + 1, S) in a phone.
    :param blank: (T + 1, S) in the blanks after it, in the word.
    :param node: (T + 1, nodes) a word has just ended there.
    :param pause: (T + 1, nodes) in the blanks after it.
    """

    phone: Scores
    blank: Scores
    node: Scores
    pause: Scores

    @property
    def arrived(self) -> Scores:
        """(T + 1, nodes) whatever came after the word."""
        return np.maximum(self.node, self.pause)


@dataclass(frozen=True)
class Spoken:
    """
    A word of a path.

    :param arc: of the graph.
    :param chain: of the graph; -1 for a word that was left out.
    :param begin: its first frame.
    :param end: the frame after its last one; the same for a word that was left out.
    """

    arc: int
    chain: int
    begin: int
    end: int


class Searcher:
    """
    Finds best paths.

    :param graph: where.
    :param word_score: for each word.
    :param skip_score: for each that is left out.
    :param unknown_score: for each that nobody knows.
    """

    def __init__(
        self, graph: PhoneGraph, *, word_score: float, skip_score: float, unknown_score: float
    ) -> None:
        self.graph = graph
        self._skip = np.float32(skip_score)
        unknown = np.array([word == UNKNOWN for word in graph.words])[graph.arcs]
        self.word_scores = np.where(unknown, unknown_score, word_score).astype(np.float32)

    @cached_property
    def _by_target(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Chains in the order of their targets; where each target's begin; the targets."""
        order = np.argsort(self.graph.targets, kind='stable')
        targets, starts = np.unique(self.graph.targets[order], return_index=True)
        return order, starts, targets

    def trellis(self, scores: Scores, cancel: CancelToken) -> Trellis:
        """
        Return the best scores of a stretch of sound.

        :param scores: (T, ANY + 1) log probabilities of the phones, and of what may be any.
        :raises Refusal: when canceled.
        """
        graph, frames = self.graph, scores.shape[0]
        phone = np.full((frames + 1, graph.labels.size), NEVER)
        blank = phone.copy()
        node = np.full((frames + 1, graph.starts.size), NEVER)
        pause = node.copy()
        node[0, graph.starts] = 0
        self._leave_out(node[0])
        before = np.empty(graph.labels.size, np.float32)
        for t, row in enumerate(scores, start=1):
            if t % _LOOK == 0:
                cancel.check()
            np.maximum(phone[t - 1, :-1], blank[t - 1, :-1], out=before[1:])
            before[graph.first] = np.maximum(node[t - 1], pause[t - 1])[graph.sources]
            np.maximum(before, phone[t - 1], out=phone[t])
            phone[t] += row[graph.labels]
            np.maximum(phone[t - 1], blank[t - 1], out=blank[t])
            blank[t] += row[0]
            self._arrive(phone[t], node[t])
            np.maximum(node[t - 1], pause[t - 1], out=pause[t])
            pause[t] += row[0]
        return Trellis(phone, blank, node, pause)

    def _arrive(self, phone: Scores, node: Scores) -> None:
        chains, starts, targets = self._by_target
        ends = phone[self.graph.last] + self.word_scores
        node[targets] = np.maximum.reduceat(ends[chains], starts)
        self._leave_out(node)

    def _leave_out(self, node: Scores) -> None:
        sources, targets, _ = self.graph.skips.T
        np.maximum.at(node, targets, node[sources] + self._skip)

    def path(self, trellis: Trellis, t: int, node: int) -> list[Spoken]:
        """Return the words of the best path that is at a node after t frames."""
        words: list[Spoken] = []
        while True:
            while trellis.pause[t, node] > trellis.node[t, node]:
                t -= 1
            skip = self._skipped(trellis, t, node)
            if skip is not None:
                words.append(Spoken(int(self.graph.skips[skip, 2]), -1, t, t))
                node = int(self.graph.skips[skip, 0])
                continue
            if t == 0:
                return words[::-1]
            chain = self._ended(trellis, t, node)
            begin = self._begun(trellis, t, int(self.graph.last[chain]), chain)
            words.append(Spoken(int(self.graph.arcs[chain]), chain, begin, t))
            t, node = begin, int(self.graph.sources[chain])

    def path_of_chain(self, trellis: Trellis, t: int, chain: int) -> list[Spoken]:
        """Return the words of the best path that leaves a chain after t frames."""
        begin = self._begun(trellis, t, int(self.graph.last[chain]), chain)
        word = Spoken(int(self.graph.arcs[chain]), chain, begin, t)
        return [*self.path(trellis, begin, int(self.graph.sources[chain])), word]

    def path_anywhere(self, trellis: Trellis) -> tuple[list[Spoken], float]:
        """Return the words that the best path has ended after the last frame, and its score."""
        node = int(trellis.arrived[-1].argmax())
        inside = np.maximum(trellis.phone[-1], trellis.blank[-1])
        inside[self.graph.last] = NEVER
        slot, t = int(inside.argmax()), len(trellis.node) - 1
        if trellis.arrived[-1, node] >= inside[slot]:
            return self.path(trellis, t, node), float(trellis.arrived[-1, node])
        chain = int(np.searchsorted(self.graph.first, slot, side='right')) - 1
        begin = self._begun(trellis, t, slot, chain)
        return self.path(trellis, begin, int(self.graph.sources[chain])), float(inside[slot])

    def score_of(self, trellis: Trellis, word: Spoken) -> float:
        """Return the log probability of a word of the best path."""
        ended = trellis.phone[word.end, self.graph.last[word.chain]]
        return float(ended - trellis.arrived[word.begin, self.graph.sources[word.chain]])

    def _skipped(self, trellis: Trellis, t: int, node: int) -> int | None:
        sources, targets, _ = self.graph.skips.T
        into = np.flatnonzero(targets == node)
        if t == 0 and self.graph.starts[node]:
            return None
        for skip in into:
            if trellis.node[t, sources[skip]] + self._skip >= trellis.node[t, node]:
                return int(skip)
        return None

    def _ended(self, trellis: Trellis, t: int, node: int) -> int:
        chains = np.flatnonzero(self.graph.targets == node)
        ends = trellis.phone[t, self.graph.last[chains]] + self.word_scores[chains]
        return int(chains[ends.argmax()])

    def _begun(self, trellis: Trellis, t: int, slot: int, chain: int) -> int:
        """Go back from a slot of a chain that is heard in frame t; return when that began."""
        first, source = int(self.graph.first[chain]), int(self.graph.sources[chain])
        ended = slot == self.graph.last[chain]
        in_blank = not ended and bool(trellis.blank[t, slot] > trellis.phone[t, slot])
        while True:
            t -= 1
            stay = trellis.phone[t, slot]
            if in_blank:
                in_blank = trellis.blank[t, slot] > stay
            elif slot == first:
                if max(trellis.node[t, source], trellis.pause[t, source]) >= stay:
                    return t
            elif max(trellis.phone[t, slot - 1], trellis.blank[t, slot - 1]) > stay:
                slot -= 1
                in_blank = trellis.blank[t, slot] > trellis.phone[t, slot]
