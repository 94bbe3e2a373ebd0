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

"""Sums over what was judged: rates with intervals, percentiles, and the issue's limits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vlm_robot.tuning.speech.judge import Judged, Result, sentence_error, word_error
from vlm_robot.tuning.speech.judge_stops import StopJudged
from vlm_robot.tuning.speech.judge_triggers import Heeded
from vlm_robot.tuning.statistics import Rate


@dataclass(frozen=True)
class CommandRow:
    """
    What came of a group of commands.

    :param errors: commands that were not done, or done wrong.
    :param results: how often each came.
    :param latency_s: 50th and 95th percentile, of those done right.
    """

    name: str
    word_error: float
    sentences: Rate
    errors: Rate
    results: dict[str, int]
    latency_s: tuple[float, float]


@dataclass(frozen=True)
class SceneRow:
    """What was made of the minutes of a scene."""

    name: str
    hours: float
    instructions: int
    questions: int
    stops: int
    refused: int


@dataclass(frozen=True)
class StopRow:
    """How many stop words of a group were heard, and how soon: 50th and 95th percentile."""

    name: str
    heard: Rate
    latency_s: tuple[float, float]
    block_s: float


@dataclass(frozen=True)
class Limit:
    """
    What is asked of hearing, and what was measured.

    :param least: whether more is better.
    """

    name: str
    limit: float
    measured: float
    unit: str
    least: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it is; not where nothing was measured."""
        return self.measured >= self.limit if self.least else self.measured <= self.limit


def command_row(name: str, group: Sequence[Judged]) -> CommandRow:
    """Sum a group of commands."""
    return CommandRow(
        name,
        word_error(group),
        Rate(sum(map(sentence_error, group)), len(group)),
        errors(group),
        dict(Counter(judged.result.value for judged in group)),
        percentiles(judged.latency_s for judged in group),
    )


def by_condition(commands: Sequence[Judged]) -> dict[str, list[Judged]]:
    """Group commands by their condition, in the order in which they come."""
    return _grouped(commands, [judged.condition for judged in commands])


def by_speaker(commands: Sequence[Judged]) -> dict[str, list[Judged]]:
    """Group commands by who said them."""
    return _grouped(commands, [judged.speaker for judged in commands])


def errors(group: Sequence[Judged]) -> Rate:
    """Return the share that was not done as it was said."""
    return Rate(sum(judged.result is not Result.RIGHT for judged in group), len(group))


def scene_rows(minutes: Sequence[Heeded]) -> list[SceneRow]:
    """Sum minutes by scene, and all of them."""
    groups = _grouped(minutes, [minute.scene for minute in minutes])
    return [_scene(name, group) for name, group in (*groups.items(), ('all', list(minutes)))]


def stop_rows(stops: Sequence[StopJudged]) -> list[StopRow]:
    """Sum stop words: all, each word, and those heard while a recogniser ran."""
    alone = [stop for stop in stops if not stop.busy]
    words = _grouped(alone, [f'"{stop.word}"' for stop in alone])
    busy = [stop for stop in stops if stop.busy]
    groups = {'all': alone, **words, 'while a recogniser runs': busy}
    return [_stops(name, group) for name, group in groups.items() if group]


def limits(
    commands: Sequence[Judged], minutes: Sequence[Heeded], stops: Sequence[StopJudged]
) -> list[Limit]:
    """Return what is asked of hearing, with what was measured; NaN for what was not."""
    groups = by_condition(commands)
    clean = groups.get('clean', [])
    noisy = [
        judged for name, group in groups.items() if name.endswith('10 dB') for judged in group
    ]
    return [
        Limit('command error, clean', 5.0, 100 * errors(clean).share, '%'),
        Limit('command error, 10 dB', 15.0, 100 * errors(noisy).share, '%'),
        *_trigger_limits(scene_rows(minutes)[-1]),
        *_stop_limits(stop_rows(stops)[:1]),
        Limit('end of speech to instruction, clean, p95', 0.5, _late(clean), 's'),
        Limit('end of speech to instruction, 10 dB, p95', 0.5, _late(noisy), 's'),
    ]


def _trigger_limits(row: SceneRow) -> list[Limit]:
    false = row.instructions + row.questions + row.stops
    return [
        Limit('false triggers', 2.0, _per_hour(false, row.hours), 'per hour'),
        Limit('of them instructions', 0.0, _per_hour(row.instructions, row.hours), 'per hour'),
    ]


def _stop_limits(rows: Sequence[StopRow]) -> list[Limit]:
    recall = 100 * rows[0].heard.share if rows else math.nan
    late = rows[0].latency_s[1] if rows else math.nan
    return [
        Limit('stop recall, motor 10 dB', 98.0, recall, '%', least=True),
        Limit('stop word to stop, p95', 0.3, late, 's'),
    ]


def _late(group: Sequence[Judged]) -> float:
    return percentiles(judged.latency_s for judged in group)[1]


def percentiles(values: Iterable[float]) -> tuple[float, float]:
    """Return the 50th and 95th percentile, without NaN; NaN for none."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return math.nan, math.nan
    middle, late = np.percentile(known, [50, 95])
    return float(middle), float(late)


def _scene(name: str, group: Sequence[Heeded]) -> SceneRow:
    return SceneRow(
        name,
        sum(minute.seconds for minute in group) / 3600,
        sum(len(minute.instructions) for minute in group),
        sum(len(minute.questions) for minute in group),
        sum(len(minute.stops) for minute in group),
        sum(len(minute.refused) for minute in group),
    )


def _stops(name: str, group: Sequence[StopJudged]) -> StopRow:
    heard = Rate(sum(bool(stop.heard) for stop in group), len(group))
    latency_s = percentiles(stop.latency_s for stop in group)
    return StopRow(name, heard, latency_s, percentiles(stop.block_s for stop in group)[1])


def _grouped(items: Sequence, keys: Sequence[str]) -> dict[str, list]:  # type: ignore[type-arg]
    groups: dict[str, list] = {}  # type: ignore[type-arg]
    for item, key in zip(items, keys, strict=True):
        groups.setdefault(key, []).append(item)
    return groups


def _per_hour(count: int, hours: float) -> float:
    return count / hours if hours else math.nan
