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

"""What is said after the wake phrase counts, and no part of the phrase is a part of it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.speech.wake import Wake

PHRASE = 'hey robot'
COMMAND = 'put the red cube in the bowl'
WHOLE = f'{PHRASE} {COMMAND}'.split()


def after(wake: Wake, text: str, *, at_s: float = 0.0, open_: bool = False) -> str | None:
    return wake.after(text, start_s=at_s, end_s=at_s + 1.0, open_=open_)


def test_without_a_phrase_whatever_is_said_counts() -> None:
    assert after(Wake(''), COMMAND) == COMMAND


@given(cuts=st.sets(st.integers(1, len(WHOLE) - 1)))
def test_however_the_words_are_split_no_part_of_the_phrase_gets_into_a_command(
    cuts: set[int],
) -> None:
    wake = Wake(PHRASE)
    edges = [0, *sorted(cuts), len(WHOLE)]
    parts = [' '.join(WHOLE[a:b]) for a, b in pairwise(edges)]

    got = [after(wake, part, at_s=2.0 * i) for i, part in enumerate(parts)]

    assert not {'hey', 'robot'} & {word for text in got if text for word in text.split()}
    said = [text for text in got if text]
    assert said[:1] == [parts[next(i for i, end in enumerate(edges[1:]) if end > 2)].split(
        f'{PHRASE} ')[-1].removeprefix('robot ')]  # fmt: skip


@given(keep=st.integers(1, len(PHRASE) - 1))
def test_any_end_of_the_phrase_that_is_heard_again_is_cut_off_after_it(keep: int) -> None:
    """The recogniser hears the last letters of the phrase at the beginning of what follows."""
    wake = Wake(PHRASE)
    assert after(wake, PHRASE) == ''

    tail = PHRASE[-keep:].strip()

    assert after(wake, f'{tail} {COMMAND}', at_s=2.0) == COMMAND


@given(keep=st.integers(1, len(PHRASE) - 1))
def test_a_part_of_the_phrase_alone_wakes_nobody(keep: int) -> None:
    assert after(Wake(PHRASE), f'{PHRASE[-keep:].strip()} {COMMAND}') is None
    assert after(Wake(PHRASE), f'{PHRASE[:keep].strip()} {COMMAND}') is None


def test_a_word_that_commands_begin_with_is_not_taken_for_the_end_of_the_phrase() -> None:
    wake = Wake('hey input', known=frozenset({'put'}))
    assert after(wake, 'hey input') == ''

    assert after(wake, COMMAND, at_s=2.0) == COMMAND


def test_the_phrase_counts_at_the_beginning_and_as_whole_words() -> None:
    assert after(Wake(PHRASE), f'put {PHRASE} in the bowl') is None
    assert after(Wake(PHRASE), f'hey robots {COMMAND}') is None


def test_after_the_phrase_alone_a_command_may_begin_for_a_while() -> None:
    for start_s, expected in ((5.9, COMMAND), (6.1, None)):
        wake = Wake(PHRASE, open_s=5.0)
        assert after(wake, PHRASE, at_s=0.0) == ''
        assert after(wake, COMMAND, at_s=start_s) == expected


def test_one_phrase_is_good_for_one_command() -> None:
    wake = Wake(PHRASE)

    assert after(wake, ' '.join(WHOLE)) == COMMAND
    assert after(wake, COMMAND, at_s=2.0) is None


def test_a_sound_without_words_between_the_phrase_and_the_command_changes_nothing() -> None:
    wake = Wake(PHRASE)
    assert after(wake, PHRASE) == ''

    assert after(wake, '', at_s=2.0) == ''
    assert after(wake, COMMAND, at_s=3.0) == COMMAND


@pytest.mark.parametrize('text', ['', 'yes', COMMAND])
def test_where_nobody_need_say_the_phrase_what_is_said_counts(text: str) -> None:
    assert after(Wake(PHRASE), text, open_=True) == text
