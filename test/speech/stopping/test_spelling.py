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

"""The phones of a word fit the end of a sound as well as CTC's best path through them does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.acoustic.phones import PHONES, indices
from vlm_robot.speech.stopping.base import STOP_WORDS
from vlm_robot.speech.stopping.spelling import Speller

SPELLER = Speller(STOP_WORDS)


def rows(symbols: str, *, sure: float = 0.9) -> NDArray[np.float32]:
    """Log probabilities in which a symbol is likely in each row; '-' is the blank."""
    chances = np.full((len(symbols.split()), len(PHONES)), (1 - sure) / (len(PHONES) - 1))
    for row, symbol in zip(chances, symbols.split(), strict=True):
        row[0 if symbol == '-' else indices([symbol])[0]] = sure
    return np.log(chances).astype(np.float32)


def collapsed(path: tuple[int, ...]) -> list[int]:
    return [symbol for symbol, _ in itertools.groupby(path) if symbol]


@pytest.mark.parametrize('said', ['S T AA P', 'S S - T AA AA - P', '- K - S T - AA P P -'])
def test_a_word_whose_phones_are_the_likeliest_fits(said: str) -> None:
    stop, halt, freeze = SPELLER.fits(rows(said))
    assert stop == 0.0
    assert max(halt, freeze) < -5


def test_any_of_the_ways_to_say_a_word_will_do() -> None:
    for said in ('HH AO L T', 'HH AA L T'):
        assert SPELLER.fits(rows(said))[1] == 0.0


@pytest.mark.parametrize('said', ['S T AE K', 'P L IY Z', 'HH AA T', 'S T AA R T', 'P AA T S'])
def test_another_word_fits_worse_by_a_phone_or_more(said: str) -> None:
    a_phone = np.log(0.9) - np.log(0.1 / (len(PHONES) - 1))
    assert SPELLER.fits(rows(said)).max() <= -a_phone + 1e-4


def test_a_word_that_ended_long_ago_fits_no_more() -> None:
    before = ' '.join(['S', 'T', 'AA', 'P', *['-'] * 30])
    assert SPELLER.fits(rows(before))[0] < -5


def test_without_rows_nothing_fits() -> None:
    assert SPELLER.fits(np.zeros((0, len(PHONES)), np.float32)).max() < -1e6


def test_a_word_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigurationError, match='qwrtz'):
        Speller(['qwrtz'])


@given(st.integers(0, 2**32 - 1))
def test_it_is_the_best_of_all_paths(seed: int) -> None:
    """All paths through a word of two phones in five rows, instead of Viterbi's recursion."""
    first, second = indices(('AH', 'P'))
    drawn = np.random.default_rng(seed).normal(0, 2, (5, len(PHONES)))
    found = (drawn - np.log(np.exp(drawn).sum(1, keepdims=True))).astype(np.float32)
    worse = found - found.max(1, keepdims=True)
    paths = [
        sum(worse[begin + n, symbol] for n, symbol in enumerate(path))
        for length in range(2, 6)
        for begin in range(6 - length)
        for path in itertools.product((first, 0, second), repeat=length)
        if collapsed(path) == [first, second] and path[0] == first and path[-1] == second
    ]
    assert Speller(['up']).fits(found)[0] == pytest.approx(max(paths), abs=1e-4)
