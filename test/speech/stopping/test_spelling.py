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

from vlm_robot.speech.acoustic.phones import PHONES, indices
from vlm_robot.speech.grammar.pronunciations import pronunciations
from vlm_robot.speech.stopping.base import STOP_WORDS
from vlm_robot.speech.stopping.spelling import Speller, StopSpelling

SAID = pronunciations(STOP_WORDS)
SPELLER = Speller({word: SAID[word] for word in STOP_WORDS})
SPELLING = StopSpelling()
STOP, HALT, FREEZE = range(3)


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
    assert Speller({'up': (('AH', 'P'),)}).fits(found)[0] == pytest.approx(max(paths), abs=1e-4)


def odds(said: str, *, sure: float = 0.9) -> list[float]:
    """Return the odds of a stop word, and those of each."""
    best, each = SPELLING.odds(rows(said, sure=sure))
    return [best, *each]


@pytest.mark.parametrize(
    ('said', 'word'),
    [('S T AA P', STOP), ('HH AO L T', HALT), ('F R IY Z', FREEZE), ('AO L T', HALT)],
)
def test_phones_speak_for_the_word_that_fits(said: str, word: int) -> None:
    best, *each = odds(said)
    assert best == max(each) == each[word] > 0


def test_halt_may_lose_its_h_at_a_price() -> None:
    assert odds('K AE T')[0] < 0 < odds('AO L T')[0] < odds('HH AO L T')[0]


@pytest.mark.parametrize('said', ['P L IY Z', 'S T AE K', 'HH AA T', 'TH R IY', 'AA T', 'R IY Z'])
def test_phones_speak_against_other_words(said: str) -> None:
    assert odds(said)[0] < 0


def test_please_speaks_more_against_freeze_than_a_word_that_is_as_near() -> None:
    assert odds('P L IY Z', sure=0.5)[0] < odds('K L IY Z', sure=0.5)[0] - 0.5


@given(st.integers(0, 2**32 - 1))
def test_what_phones_can_say_is_limited(seed: int) -> None:
    drawn = np.random.default_rng(seed).normal(0, 4, (30, len(PHONES)))
    found = (drawn - np.log(np.exp(drawn).sum(1, keepdims=True))).astype(np.float32)
    best, each = SPELLING.odds(found)
    assert -5 < best <= 0.9
    assert np.all((each > -5) & (each <= 0.9))
