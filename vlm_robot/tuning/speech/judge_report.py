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

"""Writes a judgement of hearing as tables, as JSON with everything in it, and as a picture."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path

from vlm_robot.tuning.speech.evaluation import Evaluation, Verdicts
from vlm_robot.tuning.speech.judge import Result
from vlm_robot.tuning.speech.judge_failures import findings
from vlm_robot.tuning.speech.judge_picture import draw
from vlm_robot.tuning.speech.judge_sums import (
    CommandRow,
    Limit,
    SceneRow,
    StopRow,
    by_condition,
    by_speaker,
    command_row,
    errors,
    limits,
    scene_rows,
    stop_rows,
)
from vlm_robot.tuning.statistics import Rate

DEFINITIONS = """\
Definitions. All speech is synthesised, by voices that no model of ours was trained on, at 0.85, 1
and 1.15 times their speed; it is heard as a stream in blocks of 32 ms, with 0.8 to 1.6 s of the
same noise before it. *Clean*: a microphone's floor 60 dB below the speech; *room*: rumble and
hiss; *motor*: harmonics of a speed that wanders, with a gear's whine; the signal-to-noise ratio
is that of the speech where it is loud. *Command error*: anything but one instruction that means
what was said, by skill, thing, relation, direction; synonyms and politeness change no meaning.
*Executed wrong*: an instruction with another meaning was published; *asked back*: nothing is done
before a yes; *refused* and *missed*: nothing is done; *stopped*: a stop word was heard that
nobody said. *Word error*: substituted, deleted and
inserted words per word said. *Latency*: from the last sample of the speech over -40 dB of its peak
to the instruction, on the stream's clock, with what computing took on this machine, one thread.
*False triggers*: instructions, questions and stops while nobody commands; no sentence of the talk
is a command or has a stop word. *Stop*: the word stands inside other speech of the same voice, 20
to 150 ms from it, with a motor at 10 dB; heard later than 0.7 s after its end it counts as missed.
Intervals are Wilson's, 95 %."""


def tables(verdicts: Verdicts) -> str:
    """Return the report in Markdown."""
    commands = verdicts.commands
    found = limits(commands, verdicts.minutes, verdicts.stops)
    parts = [f'Recogniser: `{verdicts.recogniser}`.', _limit_table(found)]
    if commands:
        rows = [command_row(name, group) for name, group in by_condition(commands).items()]
        parts += [_command_table('condition', rows), _speaker_table(verdicts)]
    if verdicts.minutes:
        parts += [_scene_table(scene_rows(verdicts.minutes)), _ears(verdicts)]
    if verdicts.stops:
        parts.append(_stop_table(stop_rows(verdicts.stops)))
    return '\n\n'.join([*parts, DEFINITIONS])


def write(verdicts: Verdicts, evaluation: Evaluation, folder: Path) -> None:
    """Write `report.md`, `report.json`, `report.png` and `failures.txt` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'report.md').write_text(tables(verdicts) + '\n', encoding='utf-8')
    whole = _plain({'evaluation': asdict(evaluation), **asdict(verdicts)})
    (folder / 'report.json').write_text(json.dumps(whole, indent=1), encoding='utf-8')
    (folder / 'failures.txt').write_text(findings(verdicts), encoding='utf-8')
    draw(verdicts, folder / 'report.png')


def _plain(value: object) -> object:
    """Return a value as JSON knows it: NaN is null, a kind its name."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, Path):
        return str(value)
    return None if isinstance(value, float) and math.isnan(value) else value


def _limit_table(found: Sequence[Limit]) -> str:
    return _table(
        ['what is asked', 'limit', 'measured', 'kept'],
        (
            [
                limit.name,
                f'{"at least" if limit.least else "at most"} {limit.limit:g} {limit.unit}',
                _number(limit.measured, limit.unit),
                'not measured' if math.isnan(limit.measured) else 'yes' if limit.is_kept else 'NO',
            ]
            for limit in found
        ),
    )


def _command_table(what: str, rows: Sequence[CommandRow]) -> str:
    wrong = [result for result in Result if result is not Result.RIGHT]
    return _table(
        [what, 'command error', *(result.value for result in wrong), 'word error',
         'sentence error', 'latency p50 / p95'],
        (
            [
                row.name,
                _rate(row.errors),
                *(str(row.results.get(result.value, 0)) for result in wrong),
                f'{100 * row.word_error:.1f} %',
                _rate(row.sentences),
                _pair(row.latency_s),
            ]
            for row in rows
        ),
    )  # fmt: skip


def _speaker_table(verdicts: Verdicts) -> str:
    conditions = list(by_condition(verdicts.commands))
    lines = []
    for speaker, group in by_speaker(verdicts.commands).items():
        apart = by_condition(group)
        shares = [errors(apart.get(name, [])) for name in conditions]
        lines.append([speaker, *(f'{share.hits} of {share.count}' for share in shares)])
    return _table(['command errors of', *conditions], lines)


def _scene_table(rows: Sequence[SceneRow]) -> str:
    return _table(
        ['nobody commands', 'minutes', 'instructions', 'questions', 'stops', 'refused'],
        (
            [row.name, f'{60 * row.hours:.0f}',
             *map(str, (row.instructions, row.questions, row.stops, row.refused))]
            for row in rows
        ),
    )  # fmt: skip


def _ears(verdicts: Verdicts) -> str:
    spent = sum(minute.ears_s for minute in verdicts.minutes)
    share = spent / sum(minute.seconds for minute in verdicts.minutes)
    return f'Listening, without recognising, takes {100 * share:.0f} % of one core.'


def _stop_table(rows: Sequence[StopRow]) -> str:
    return _table(
        ['stop word', 'heard', 'latency p50 / p95', 'computing, longest block, p95'],
        (
            [row.name, _rate(row.heard), _pair(row.latency_s), f'{1000 * row.block_s:.0f} ms']
            for row in rows
        ),
    )


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [list(heads), ['---'] * len(heads), *map(list, lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    return '\n'.join(
        '| '
        + ' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        + ' |'
        for row in rows
    )


def _rate(rate: Rate) -> str:
    return str(rate).strip()


def _pair(values: tuple[float, float]) -> str:
    return ' / '.join('-' if math.isnan(value) else f'{value:.2f} s' for value in values)


def _number(value: float, unit: str) -> str:
    if math.isnan(value):
        return '-'
    return f'{value:.2f} {unit}' if unit == 's' else f'{value:.1f} {unit}'
