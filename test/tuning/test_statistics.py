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

"""Rates and their intervals."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.tuning.report import table
from vlm_robot.tuning.rollout import Result
from vlm_robot.tuning.statistics import Rate, rows


def test_the_wilson_interval_agrees_with_published_figures() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3 (score)
    assert Rate(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert Rate(15, 148).interval == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert Rate(0, 20).interval == pytest.approx((0.0, 0.1611), abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_within_0_and_1(pair: tuple[int, int]) -> None:
    rate = Rate(*pair)
    low, high = rate.interval
    assert 0 <= low <= rate.share <= high <= 1


def test_no_episodes_have_no_share() -> None:
    assert math.isnan(Rate(0, 0).share)


def result(failure: str, on: bool, error: float) -> Result:
    return Result(0, 'colour kind', 'pick', 'x', 'm', 'OK', failure, '', (on,), (error,))


def test_rows_count_successes_points_failures_and_errors_of_right_points_only() -> None:
    (row,) = rows([result('', True, 0.002), result('wrong object', False, 0.3)])
    assert (row.success.hits, row.success.count) == (1, 2)
    assert (row.on_object.hits, row.on_object.count) == (1, 2)
    assert row.errors_m == (0.002,)
    assert row.failures == {'wrong object': 1}
    assert 'wrong object 1' in table([result('', True, 0.002), result('wrong object', False, 0.3)])
