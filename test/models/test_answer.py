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

"""What a model's answer says of itself."""

from __future__ import annotations

import math

import pytest

from vlm_robot.models.answer import Answer, Token


def spelled(*tokens: tuple[str, float]) -> Answer:
    """Build an answer of tokens with their probabilities."""
    text, spans = '', []
    for piece, probability in tokens:
        spans.append(Token(len(text), len(text) + len(piece), probability))
        text += piece
    return Answer(text, tuple(spans))


def test_the_least_sure_token_of_a_span_tells_its_confidence() -> None:
    answer = spelled(('pick', 0.1), (' <x_1>', 0.9), (' <y_2>', 0.7), (' red', 0.2))
    assert answer.confidence(4, 16) == pytest.approx(0.7)
    assert answer.confidence(0, 16) == pytest.approx(0.1)


def test_of_a_number_only_the_first_digit_counts() -> None:
    digits = (('[', 1.0), ('3', 0.9), ('9', 0.3), ('4', 0.1), (',', 1.0), ('8', 0.8), ('5', 0.2))
    answer = spelled(*digits)
    assert answer.confidence(0, len(answer.text)) == pytest.approx(0.8)


def test_a_number_that_is_one_token_counts() -> None:
    answer = spelled(('[', 1.0), ('394', 0.4), (', ', 1.0), ('105', 0.6))
    assert answer.confidence(0, len(answer.text)) == pytest.approx(0.4)


def test_without_tokens_nothing_is_known() -> None:
    assert math.isnan(Answer('pick').confidence(0, 4))
    assert math.isnan(spelled(('pick', 0.5)).confidence(4, 9))
