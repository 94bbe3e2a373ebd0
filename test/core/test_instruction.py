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

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.instruction import check_instruction
from vlm_robot.core.outcome import Outcome


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('', 'is empty'),
        (' \n\t', 'is empty'),
        ('x' * 10_000, 'has 10000 characters: the limit is 500'),
        ('pick \x00 up', 'is not text'),
        ('pick \ufffd up', 'is not text'),
        (b'pick \xff'.decode('utf-8', 'surrogateescape'), 'is not text'),
    ],
)
def test_what_nobody_can_have_said_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    verdict = check_instruction(text)

    assert verdict.outcome is Outcome.BAD_INSTRUCTION
    assert sentence in verdict.message


@pytest.mark.parametrize(
    'text', ['pick the red cube', 'lege den Würfel in die Schüssel', '拿起杯子']
)
def test_what_people_say_is_an_instruction(text: str) -> None:
    assert check_instruction(text).ok


@given(st.text(max_size=600))
def test_every_text_gets_a_verdict_whose_sentence_can_be_sent(text: str) -> None:
    check_instruction(text).message.encode('utf-8')
