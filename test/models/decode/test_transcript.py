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

"""The text of an answer as its tokens come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip('torch')

from tiny_tokenizer import tiny_tokenizer

from vlm_robot.models.decode.greedy import Chosen
from vlm_robot.models.decode.transcript import Transcript

pytestmark = pytest.mark.torch

TOKENIZER = tiny_tokenizer()


def write(ids: list[int], **options: object) -> tuple[Transcript, list[str]]:
    pieces: list[str] = []
    script = Transcript(TOKENIZER.decode, on_text=pieces.append, **options)
    for token in ids:
        script.add(Chosen(token, 0.5))
        if script.stopped:
            break
    script.close()
    return script, pieces


@given(st.lists(st.integers(0, len(TOKENIZER) - 1), max_size=20))
def test_tokens_tile_the_text_and_pieces_make_it(ids: list[int]) -> None:
    script, pieces = write(ids)
    assert script.text == TOKENIZER.decode(ids) == ''.join(pieces)
    places = [(token.start, token.end) for token in script.tokens()]
    assert ''.join(script.text[a:b] for a, b in places) == script.text
    assert all(a <= b for a, b in places)
    assert [a for a, _ in places[1:]] == [b for _, b in places[:-1]]


def test_a_character_of_several_tokens_is_told_once_it_is_whole() -> None:
    _, pieces = write(TOKENIZER.encode('ab 繽 c'))
    assert ''.join(pieces) == 'ab 繽 c'
    assert not any('\ufffd' in piece for piece in pieces)


@pytest.mark.parametrize('stop', ['STOP', ' or', 'S'])
def test_an_answer_ends_before_a_stop_string_of_which_nothing_is_told(stop: str) -> None:
    script, pieces = write(TOKENIZER.encode(f'red cube{stop} blue bowl'), stop=(stop,))
    assert script.stopped
    assert script.text == ''.join(pieces) == 'red cube'
    assert script.tokens()[-1].end == len('red cube')


def test_what_only_begins_like_a_stop_string_is_told_in_the_end() -> None:
    script, pieces = write(TOKENIZER.encode('red ST'), stop=('STOP',))
    assert not script.stopped
    assert script.text == ''.join(pieces) == 'red ST'
