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

"""Confidences, as they reach a plan."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.models.answer import Answer, Token
from vlm_robot.models.profile import Profile
from vlm_robot.models.reading import calibrated, temper

shares = st.floats(0, 1)
temperatures = st.floats(0.01, 100)


@given(shares, shares, temperatures)
def test_a_tempered_probability_is_one_and_keeps_its_place_among_others(
    one: float, other: float, temperature: float
) -> None:
    low, high = sorted((one, other))
    assert 0 <= temper(low, temperature) <= temper(high, temperature) <= 1


@given(st.floats(1e-3, 1 - 1e-3), st.floats(0.5, 2))
def test_a_temperature_is_undone_by_its_inverse(probability: float, temperature: float) -> None:
    mended = temper(temper(probability, temperature), 1 / temperature)
    assert mended == pytest.approx(probability, abs=1e-6)


@given(temperatures)
def test_a_half_stays_a_half_and_what_is_not_known_stays_so(temperature: float) -> None:
    assert temper(0.5, temperature) == pytest.approx(0.5)
    assert math.isnan(temper(math.nan, temperature))


def test_a_warm_profile_makes_a_sure_model_less_sure_also_where_it_was_rounded_to_1() -> None:
    answer = Answer('ab', (Token(0, 1, 0.9), Token(1, 2, 1.0)))
    warm = calibrated(answer, Profile(source='x', plan='y', confidence_temperature=2.0))
    assert [token.probability for token in warm.tokens] == pytest.approx([0.75, 0.99976], abs=1e-5)
    assert warm.text == answer.text
    assert calibrated(answer, Profile(source='x', plan='y')) is answer
