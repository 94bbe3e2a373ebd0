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

"""Which part of a text is the answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.models.conventions.answer_text import answer_of, says_nothing, unfenced

MARKS = ['<think>', '</think>', '<answer>', '</answer>', '```json\n', '```', '</s>', 'a', ' 7 ']


@given(st.lists(st.sampled_from(MARKS)).map(''.join))
def test_what_is_left_keeps_its_place(text: str) -> None:
    for kept in (answer_of(text), unfenced(text)):
        assert len(kept) == len(text)
        assert all(a in (b, ' ') for a, b in zip(kept, text, strict=True))


@pytest.mark.parametrize(
    ('text', 'answer'),
    [
        ('a<think>b</think>c', 'ac'),
        ('b</think>c', 'c'),
        ('<think>b</think>a<think>c', 'a'),
        ('<think>b<think>c</think>a', 'a'),
        ('x<answer>a</answer>y', 'a'),
        ('<answer>x</answer><answer>a', 'a'),
        ('a</answer>', 'a'),
        ('<think>x</think><answer>a</answer></s>', 'a'),
        ('a<|im_end|><end_of_utterance>', 'a'),
        ('As in [1]:\n**Final Answer**: 7', '7'),
        ('Answer: none', 'Answer:none'),
    ],
)
def test_thoughts_and_marks_are_not_the_answer(text: str, answer: str) -> None:
    assert ''.join(answer_of(text).split()) == answer


def test_a_fence_with_numbers_is_the_answer_and_one_without_is_prose() -> None:
    assert unfenced('a ```json\n7``` b').split() == ['7']
    assert unfenced('a ```b``` 7').split() == ['a', 'b', '7']
    assert unfenced('a 1 ```json\n7').split() == ['7']


@pytest.mark.parametrize(
    'text',
    [
        'None', 'There are none.', 'No object detected.', 'No red cubes are visible.',
        'I cannot find a mug.', 'The mug is not in the image.', 'not found', 'Nothing.',
        "There isn't a cup here.", 'Unable to locate the cup.', 'There is no cup.',
    ],
)  # fmt: skip
def test_nothing_is_said_in_many_words(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize('text', ['', 'The cup is here.', 'Notice the cup.', 'I know it.', '[1]'])
def test_other_words_do_not_say_nothing(text: str) -> None:
    assert not says_nothing(text)
