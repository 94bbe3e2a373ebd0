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

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.speech.heard import Kind
from vlm_robot.speech.sound import RATE_HZ
from vlm_robot.tuning.speech.judge import (
    Judged,
    Result,
    Stage,
    confusions,
    judge,
    sentence_error,
    word_error,
)
from vlm_robot.tuning.speech.judge_corpus import CLEAN, Case, Stream
from vlm_robot.tuning.speech.judge_sums import command_row, percentiles
from vlm_robot.tuning.speech.listener import Account, Stopped, Told
from vlm_robot.tuning.speech.speakers import HELD_OUT_SPEAKERS

TEXT = 'put the red cube in the bowl'
STREAM = Stream(np.zeros(5 * RATE_HZ, np.float32), from_s=1.0, to_s=3.0)


def told(
    said: str, kind: Kind = Kind.INSTRUCTION, *, from_s: float = 0.7, to_s: float = 3.0
) -> Told:
    return Told(
        kind, said, said, 0.9, start_s=from_s, end_s=to_s, told_s=to_s + 0.4, compute_s=0.08
    )


def judged(*what: Told, text: str = TEXT) -> Judged:
    case = Case(text, HELD_OUT_SPEAKERS[0], 1.0, CLEAN, 0)
    return judge(case, STREAM, Account(what, (), 0.1))


def test_an_instruction_that_means_what_was_said_is_right() -> None:
    found = judged(told('place the red block inside the bowl'))
    assert (found.result, found.stage) == (Result.RIGHT, Stage.NONE)
    assert found.latency_s == pytest.approx(0.4)
    assert sentence_error(found)


@pytest.mark.parametrize(
    ('what', 'result', 'stage'),
    [
        ((), Result.MISSED, Stage.NOT_SEGMENTED),
        ((told('', Kind.NOTHING),), Result.MISSED, Stage.MISHEARD),
        ((told('put the red cup in the bowl'),), Result.WRONG, Stage.MISHEARD),
        ((told(TEXT, Kind.QUESTION),), Result.ASKED, Stage.REJECTED),
        ((told(TEXT, Kind.REFUSED),), Result.REFUSED, Stage.REJECTED),
        ((told('push the red cube left', Kind.REFUSED),), Result.REFUSED, Stage.MISHEARD),
        ((told('pick up the red cube'), told('yes', Kind.NOTHING)), Result.WRONG, Stage.SPLIT),
        ((told(TEXT), told(TEXT)), Result.WRONG, Stage.SPLIT),
        ((told('stop', Kind.STOP),), Result.STOPPED, Stage.MISHEARD),
        ((told('the cube in the bowl', Kind.REFUSED, from_s=1.3),), Result.REFUSED, Stage.CUT),
        ((told('put the red cube', Kind.REFUSED, to_s=2.0),), Result.REFUSED, Stage.CUT),
        ((told('put the red cup', Kind.REFUSED, to_s=2.9),), Result.REFUSED, Stage.MISHEARD),
    ],
)
def test_a_mistake_is_told_by_its_result_and_stage(
    what: tuple[Told, ...], result: Result, stage: Stage
) -> None:
    found = judged(*what)
    assert (found.result, found.stage) == (result, stage)
    assert math.isnan(found.latency_s)


def test_a_command_in_which_the_spotter_hears_a_stop_word_is_stopped() -> None:
    case = Case(TEXT, HELD_OUT_SPEAKERS[0], 1.0, CLEAN, 0)
    account = Account((told(TEXT),), (Stopped('halt', 0.9, 2.0, 0.01),), 0.1)
    found = judge(case, STREAM, account)
    assert (found.result, found.stage) == (Result.STOPPED, Stage.SPOTTER)


def test_error_rates_are_those_of_a_known_confusion() -> None:
    right, wrong = judged(told(TEXT)), judged(told('put the red cup in bowl'))
    assert word_error([right]) == 0
    assert word_error([wrong]) == pytest.approx(2 / 7)
    assert word_error([right, wrong]) == pytest.approx(2 / 14)
    assert word_error([judged()]) == 1
    assert math.isnan(word_error([]))
    assert confusions([right, wrong, wrong]) == {('cube', 'cup'): 2, ('the', ''): 2}


def test_a_row_counts_results_and_gives_the_interval_of_the_errors() -> None:
    group = [judged(told(TEXT))] * 19 + [judged()]
    row = command_row('clean', group)
    assert (row.errors.hits, row.errors.count) == (1, 20)
    low, high = row.errors.interval
    assert (low, high) == (pytest.approx(0.0089, abs=1e-4), pytest.approx(0.2361, abs=1e-4))
    assert row.results == {'right': 19, 'missed': 1}
    assert row.latency_s == (pytest.approx(0.4), pytest.approx(0.4))


@given(st.lists(st.floats(0, 10) | st.just(math.nan)))
def test_percentiles_are_of_what_is_known_and_in_order(values: list[float]) -> None:
    known = [value for value in values if not math.isnan(value)]
    middle, late = percentiles(values)
    if not known:
        assert math.isnan(middle)
        assert math.isnan(late)
    else:
        assert min(known) <= middle <= late <= max(known)
