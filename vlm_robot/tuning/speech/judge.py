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

"""Judges what was made of a command: right, or which mistake of which stage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import jiwer

from vlm_robot.speech.heard import Kind
from vlm_robot.tuning.speech.judge_corpus import Case, Stream
from vlm_robot.tuning.speech.lexicon import words_of
from vlm_robot.tuning.speech.listener import Account, Told
from vlm_robot.tuning.speech.meaning import meaning

_CUT_S = 0.06  # of speech that is not in its utterance


class Result(StrEnum):
    """What came of a command."""

    RIGHT = 'right'  # one instruction, which means what was said
    WRONG = 'executed wrong'  # an instruction that means something else, or one too many
    ASKED = 'asked back'
    REFUSED = 'refused'
    STOPPED = 'stopped'  # a stop word was heard that nobody said
    MISSED = 'missed'  # nothing at all was said about it


class Stage(StrEnum):
    """Where a mistake was made."""

    NONE = ''
    NOT_SEGMENTED = 'not segmented'  # nobody was heard to speak
    SPOTTER = 'stop word'  # heard in it by the spotter
    SPLIT = 'split'  # more than one utterance was made of it
    CUT = 'cut'  # its begin or end was not in the utterance
    MISHEARD = 'misheard'  # other words
    REJECTED = 'rejected'  # the right words, not believed


@dataclass(frozen=True)
class Judged:
    """
    One command with what was made of it.

    :param heard: all that was recognised, joined.
    :param latency_s: from the true end of the speech to the right instruction; NaN without one.
    :param told: what was done, in order.
    """

    text: str
    speaker: str
    speed: float
    condition: str
    seed: int
    result: Result
    stage: Stage
    heard: str
    confidence: float
    latency_s: float
    compute_s: float
    told: tuple[Told, ...]


def judge(case: Case, stream: Stream, account: Account) -> Judged:
    """Return what is to be said about one command."""
    result = _result(case.text, account)
    stage = Stage.NONE if result is Result.RIGHT else _stage(case.text, stream, account)
    done = next((t for t in account.told if t.kind is Kind.INSTRUCTION), None)
    right = result is Result.RIGHT and done is not None
    last = done or (account.told[-1] if account.told else None)
    return Judged(
        case.text, case.speaker.name, case.speed, case.condition.name, case.seed, result, stage,
        heard=' '.join(told.said for told in account.told if told.said),
        confidence=last.confidence if last else math.nan,
        latency_s=done.told_s - stream.to_s if right and done else math.nan,
        compute_s=last.compute_s if last else math.nan,
        told=account.told,
    )  # fmt: skip


def word_error(judged: Sequence[Judged]) -> float:
    """Return substituted, deleted and inserted words per word said; NaN for no commands."""
    if not judged:
        return math.nan
    said = [' '.join(words_of(j.text)) for j in judged]
    heard = [' '.join(words_of(j.heard)) for j in judged]
    return float(jiwer.wer(said, heard))


def sentence_error(judged: Judged) -> bool:
    """Whether any word differs."""
    return words_of(judged.text) != words_of(judged.heard)


def confusions(judged: Sequence[Judged]) -> dict[tuple[str, str], int]:
    """Return how often words were heard for others, the most frequent first; '' for no word."""
    found: dict[tuple[str, str], int] = {}
    for j in judged:
        for pair in _differences(words_of(j.text), words_of(j.heard)):
            found[pair] = found.get(pair, 0) + 1
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _differences(said: list[str], heard: list[str]) -> list[tuple[str, str]]:
    chunks = jiwer.process_words(' '.join(said), ' '.join(heard)).alignments[0]
    return [
        (
            ' '.join(said[chunk.ref_start_idx : chunk.ref_end_idx]),
            ' '.join(heard[chunk.hyp_start_idx : chunk.hyp_end_idx]),
        )
        for chunk in chunks
        if chunk.type != 'equal'
    ]


def _result(text: str, account: Account) -> Result:
    if account.stops:
        return Result.STOPPED
    told = account.told
    kinds = [t.kind for t in told]
    done = [t.text for t in told if t.kind is Kind.INSTRUCTION]
    if done:
        return Result.RIGHT if len(done) == 1 and same(done[0], text) else Result.WRONG
    if Kind.STOP in kinds:
        return Result.STOPPED
    if Kind.QUESTION in kinds:
        return Result.ASKED
    return Result.REFUSED if Kind.REFUSED in kinds else Result.MISSED


def same(heard: str, said: str) -> bool:
    """Whether two texts ask for the same."""
    means = meaning(said)
    return meaning(heard) == means if means else words_of(heard) == words_of(said)


def _stage(text: str, stream: Stream, account: Account) -> Stage:
    if account.stops:
        return Stage.SPOTTER
    told = account.told
    if not told:
        return Stage.NOT_SEGMENTED
    if len(told) > 1:
        return Stage.SPLIT
    if same(told[0].said, text):
        return Stage.REJECTED
    starts_late = told[0].start_s > stream.from_s + _CUT_S
    listened_s = told[0].told_s - told[0].compute_s  # to the pause behind it as well
    ends_early = listened_s < stream.to_s - _CUT_S
    return Stage.CUT if starts_late or ends_early else Stage.MISHEARD
