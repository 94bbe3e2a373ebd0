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

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vlm_robot.speech.heard import Kind
from vlm_robot.speech.sound import RATE_HZ
from vlm_robot.tuning.speech.evaluation import Evaluation, Verdicts
from vlm_robot.tuning.speech.judge import Judged, judge
from vlm_robot.tuning.speech.judge_corpus import Stream, cases
from vlm_robot.tuning.speech.judge_failures import findings
from vlm_robot.tuning.speech.judge_report import tables, write
from vlm_robot.tuning.speech.judge_stops import StopJudged, stop_cases
from vlm_robot.tuning.speech.judge_sums import limits, scene_rows, stop_rows
from vlm_robot.tuning.speech.judge_triggers import Heeded, Sentence, heeded, minutes
from vlm_robot.tuning.speech.listener import Account, Stopped, Told
from vlm_robot.tuning.speech.speakers import HELD_OUT_SPEAKERS

TEXTS = ('put the red cube in the bowl', 'push the cup left')


def told(kind: Kind, said: str) -> Told:
    return Told(kind, said, said, 0.9, start_s=0.8, end_s=3.2, told_s=3.4, compute_s=0.1)


def commands() -> tuple[Judged, ...]:
    stream = Stream(np.zeros(5 * RATE_HZ, np.float32), 1.0, 3.0)
    wrong = {0: TEXTS[0].replace('bowl', 'box')}
    return tuple(
        judge(case, stream, Account((told(Kind.INSTRUCTION, wrong.get(i, case.text)),), (), 0.1))
        for i, case in enumerate(cases(TEXTS))
    )


def quiet() -> tuple[Heeded, ...]:
    found = [heeded(minute, (), Account((), (), 3.0)) for minute in minutes(0.5)]
    said = (Sentence('she took a box', 'flite:awb', 1.0, 2.9),)
    heard = (told(Kind.INSTRUCTION, 'take the box'), told(Kind.REFUSED, 'take'))
    loud = heeded(minutes(0.5)[-1], said, Account(heard, (Stopped('halt', 0.9, 7.0, 0.01),), 3.0))
    return (*found[:-1], loud)


def stops() -> tuple[StopJudged, ...]:
    alone = [
        StopJudged(case.word, HELD_OUT_SPEAKERS[case.speaker].name, case.seed, 'before', 'after',
                   case.word, 0.9, 0.1 + 0.001 * i, 0.004, busy=False)
        for i, case in enumerate(stop_cases(28))
    ]  # fmt: skip
    missed = replace(alone[0], heard='', latency_s=math.nan)
    return (missed, *alone[1:], replace(alone[1], busy=True, latency_s=0.25))


VERDICTS = Verdicts('embedded', commands(), quiet(), stops())


def test_the_limits_are_measured_on_what_they_are_about() -> None:
    found = {limit.name: limit for limit in limits(commands(), quiet(), stops())}
    assert found['command error, clean'].measured == pytest.approx(50)
    assert not found['command error, clean'].is_kept
    assert found['command error, 10 dB'].measured == 0
    assert found['false triggers'].measured == pytest.approx(2 / 0.5)
    assert found['of them instructions'].measured == pytest.approx(1 / 0.5)
    assert found['stop recall, motor 10 dB'].measured == pytest.approx(100 * 27 / 28)
    assert not found['stop recall, motor 10 dB'].is_kept
    assert found['end of speech to instruction, clean, p95'].measured == pytest.approx(0.4)


def test_a_stop_that_the_recogniser_heard_counts_with_its_time_and_confidence() -> None:
    one = replace(told(Kind.STOP, 'halt'), told_s=7.5, compute_s=0.2, confidence=0.6)
    minute = minutes(0.5)[-1]
    assert heeded(minute, (), Account((one,), (), 3.0)).stops == (Stopped('halt', 0.6, 7.5, 0.2),)


def test_what_was_not_measured_keeps_no_limit() -> None:
    assert not any(limit.is_kept for limit in limits((), (), ()))


def test_stop_words_heard_while_a_recogniser_runs_are_told_apart() -> None:
    rows = {row.name: row for row in stop_rows(stops())}
    assert (rows['all'].heard.hits, rows['all'].heard.count) == (27, 28)
    assert rows['while a recogniser runs'].heard.count == 1
    assert sum(rows[f'"{word}"'].heard.count for word in ('stop', 'halt', 'freeze')) == 28


def test_the_rows_of_the_scenes_add_up() -> None:
    *rows, everywhere = scene_rows(quiet())
    assert sum(row.hours for row in rows) == pytest.approx(everywhere.hours)
    assert sum(row.instructions for row in rows) == everywhere.instructions == 1
    assert everywhere.stops == everywhere.refused == 1


def test_every_failure_is_listed_with_what_was_said_and_heard() -> None:
    text = findings(VERDICTS)
    assert "'put the red cube in the bowl' -> INSTRUCTION 'put the red cube in the box'" in text
    assert "'bowl' heard as 'box'" in text
    assert "INSTRUCTION 'take the box' (0.90) while 'she took a box' was said" in text
    assert "STOP 'halt'" in text
    assert '## stop words not heard: 1' in text


def test_a_report_is_written_as_tables_picture_and_strict_json(tmp_path: Path) -> None:
    write(VERDICTS, Evaluation(), tmp_path)
    raw = (tmp_path / 'report.json').read_text(encoding='utf-8')
    whole = json.loads(raw, parse_constant=pytest.fail)
    assert len(whole['commands']) == len(VERDICTS.commands)
    assert whole['commands'][0]['told'][0]['kind'] == 'instruction'
    assert whole['commands'][0]['latency_s'] is None
    assert (tmp_path / 'report.md').read_text(encoding='utf-8') == tables(VERDICTS) + '\n'
    assert (tmp_path / 'report.png').read_bytes().startswith(b'\x89PNG')
    assert (tmp_path / 'failures.txt').stat().st_size


def test_a_report_of_nothing_says_that_nothing_was_measured(tmp_path: Path) -> None:
    write(Verdicts('embedded'), Evaluation(), tmp_path)
    assert tables(Verdicts('embedded')).count('not measured') == len(limits((), (), ()))
