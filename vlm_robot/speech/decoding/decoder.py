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

"""The sentences of a grammar that log probabilities of phones say best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.decoding.graph import phone_graph
from vlm_robot.speech.decoding.trellis import NEVER, Scores, Searcher, Spoken, Trellis
from vlm_robot.speech.grammar.automaton import Automaton
from vlm_robot.speech.grammar.expectation import expectation
from vlm_robot.speech.grammar.pronunciations import Pronunciations

SENTENCES = 5
"""As many of the best are told."""

_SURE_BLANK = np.log(0.99)
_REACHED = NEVER / 2


@dataclass(frozen=True)
class Weights:
    """
    What the decoder adds to the log probabilities.

    :param word: for every word.
    :param left_out: for every word that is left out.
    :param unknown: for every word that nobody knows.
    :param strange: for every frame of such a word, as far as it is no blank.
    :param unfinished: by so much a beginning of a sentence must be better than a whole one.
    """

    word: float = 1.0
    left_out: float = -1.0
    unknown: float = -5.0
    strange: float = -1.2
    unfinished: float = 4.0


@dataclass(frozen=True)
class Sentence:
    """
    Words with their places.

    :param score: as a sum of log probabilities with the weights.
    :param spans: (begin, end) of each word in frames of the log probabilities.
    """

    words: tuple[str, ...]
    score: float
    spans: tuple[tuple[int, int], ...]

    @property
    def text(self) -> str:
        """The words as they are written."""
        return ' '.join(self.words)


@dataclass(frozen=True)
class Decoded:
    """
    What was said.

    :param sentences: distinct ones of the grammar, the best first; none if nothing was said.
    :param freely: the best sentence with words that may be UNKNOWN; None where none fits better.
    :param beginning: the best beginning of a sentence, when that fits better than any whole one.
    :param phones: how many were heard.
    :param excess: by how much the best phones without a grammar are better than the best sentence.
    :param worst: the same of the word that fits worst.
    :param outside: how much of the excess is sound that belongs to no word.
    :param uncertainty: the entropy of the phones of a frame, in nats, where one is heard.
    """

    sentences: tuple[Sentence, ...] = ()
    freely: Sentence | None = None
    beginning: Sentence | None = None
    phones: int = 0
    excess: float = 0.0
    worst: float = 0.0
    outside: float = 0.0
    uncertainty: float = 0.0


class Decoder:
    """Finds what was said, of what a grammar allows."""

    def __init__(
        self, automaton: Automaton, said: Pronunciations, weights: Weights | None = None
    ) -> None:
        self._weights = weights or Weights()
        self._graph = phone_graph(automaton, said)
        self._ahead, self._back = (
            Searcher(
                graph,
                word_score=self._weights.word,
                skip_score=self._weights.left_out,
                unknown_score=self._weights.unknown,
            )
            for graph in (self._graph, self._graph.reversed())
        )

    def decode(self, log_probabilities: Scores, cancel: CancelToken) -> Decoded:
        """
        Return the best sentences.

        :param log_probabilities: (T, phones) of `vlm_robot.speech.acoustic`.
        :raises Refusal: when canceled.
        """
        kept = np.flatnonzero(log_probabilities[:, 0] < _SURE_BLANK)
        rows = log_probabilities[kept]
        phones = heard_phones(rows)
        if not phones:
            return Decoded()
        closed = self._ahead.trellis(_with_any(rows, None), cancel)
        found = self._sentences(closed, rows, cancel)
        whole = max((score - self._expected(path) for path, score in found), default=float(NEVER))
        beginning = self._beginning(closed, whole)
        misfit = self._misfit(closed, rows, found[0][0] if found else [])
        freely = self._freely(rows, cancel) if self._may_be_strange(misfit) else None
        places = np.append(kept, log_probabilities.shape[0])
        return Decoded(
            sentences=tuple(self._sentence(path, score, places) for path, score in found),
            freely=freely and self._sentence(*freely, places),
            beginning=beginning and self._sentence(*beginning, places),
            phones=phones,
            uncertainty=uncertainty(rows),
            **misfit,
        )

    def _sentences(
        self, ahead: Trellis, rows: Scores, cancel: CancelToken
    ) -> list[tuple[list[Spoken], float]]:
        """Return paths that differ in a word, the likeliest first, with their scores."""
        back = self._back.trellis(_with_any(rows[::-1], None), cancel)
        chains, times, through = self._through(ahead, back)
        found: list[tuple[list[Spoken], float]] = []
        used: set[int] = set()
        for index in np.argsort(-through, kind='stable'):
            if len(found) == SENTENCES or through[index] < _REACHED:
                break
            if int(self._graph.arcs[chains[index]]) in used:
                continue
            path = self._joined(ahead, back, int(chains[index]), int(times[index]))
            used |= {word.arc for word in path}
            found.append((path, float(through[index]) + self._expected(path)))
        return sorted(found, key=lambda one: -one[1])

    def _expected(self, path: list[Spoken]) -> float:
        return expectation([self._graph.words[word.arc] for word in path])

    def _through(
        self, ahead: Trellis, back: Trellis
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Scores]:
        """Return each chain with the frame after which the best path through it leaves it."""
        ends = ahead.phone[:, self._graph.last] + self._ahead.word_scores
        both = ends + back.arrived[::-1][:, self._graph.targets]
        times = both.argmax(0)
        chains = np.arange(times.size)
        return chains, times, both[times, chains]

    def _joined(self, ahead: Trellis, back: Trellis, chain: int, t: int) -> list[Spoken]:
        frames = ahead.node.shape[0] - 1
        target = int(self._graph.targets[chain])
        after = self._back.path(back, frames - t, target)
        chains = self._graph.arcs.size
        mirrored = [
            Spoken(
                w.arc,
                chains - 1 - w.chain if w.chain >= 0 else -1,
                frames - w.end,
                frames - w.begin,
            )
            for w in reversed(after)
        ]
        return [*self._ahead.path_of_chain(ahead, t, chain), *mirrored]

    def _beginning(self, ahead: Trellis, whole: float) -> tuple[list[Spoken], float] | None:
        """Return the best beginning of a sentence when no whole sentence is nearly as good."""
        path, score = self._ahead.path_anywhere(ahead)
        return (path, score) if score > whole + self._weights.unfinished else None

    def _may_be_strange(self, misfit: dict[str, float]) -> bool:
        """Whether a word that nobody knows can make up for its cost."""
        return misfit.get('excess', np.inf) > -self._weights.unknown

    def _freely(self, rows: Scores, cancel: CancelToken) -> tuple[list[Spoken], float] | None:
        trellis = self._ahead.trellis(_with_any(rows, self._weights.strange), cancel)
        ends = np.where(self._graph.finals, trellis.arrived[-1], NEVER)
        node = int(ends.argmax())
        if ends[node] < _REACHED:
            return None
        return self._ahead.path(trellis, len(rows), node), float(ends[node])

    def _misfit(self, ahead: Trellis, rows: Scores, path: list[Spoken]) -> dict[str, float]:
        best = np.append(0.0, np.cumsum(rows.max(1)))
        sizes = [
            best[word.end] - best[word.begin] - self._ahead.score_of(ahead, word)
            for word in path
            if word.end > word.begin
        ]
        if not sizes:
            return {}
        spoken = sum(word.end - word.begin for word in path)
        outside = (
            sum(float(rows[t].max() - rows[t, 0]) for t in _gaps(path, len(rows)))
            if spoken < len(rows)
            else 0.0
        )
        excess = float(sum(sizes)) + outside
        return {'excess': excess, 'worst': float(max(sizes)), 'outside': outside}

    def _sentence(self, path: list[Spoken], score: float, places: NDArray[np.int64]) -> Sentence:
        return Sentence(
            words=tuple(self._graph.words[word.arc] for word in path),
            score=score,
            spans=tuple(
                (int(places[w.begin]), int(places[max(w.end - 1, w.begin)]) + (w.end > w.begin))
                for w in path
            ),
        )


def heard_phones(rows: Scores) -> int:
    """Return how many phones are likelier than anything else, one after the other."""
    best = rows.argmax(1)
    return int(np.sum((best > 0) & (best != np.append(0, best[:-1])))) if best.size else 0


def uncertainty(rows: Scores) -> float:
    """Return the mean entropy of rows of log probabilities, each as far as it is no blank."""
    chances = np.exp(rows)
    heard = 1 - chances[:, 0]
    return float(-(chances * rows).sum(1) @ heard / max(float(heard.sum()), 1e-3))


def _gaps(path: list[Spoken], frames: int) -> Iterator[int]:
    """Yield the frames that belong to no word."""
    taken = np.zeros(frames, bool)
    for word in path:
        taken[word.begin : word.end] = True
    yield from np.flatnonzero(~taken).tolist()


def _with_any(rows: Scores, cost: float | None) -> Scores:
    """
    Append the column of what may be any phone.

    :param cost: per frame, as far as it is no blank; None where nothing may be unknown.
    """
    if cost is None:
        any_phone = np.full(len(rows), NEVER)
    else:
        any_phone = rows.max(1) + np.float32(cost) * (1 - np.exp(rows[:, 0]))
    return np.column_stack((rows, any_phone)).astype(np.float32)
