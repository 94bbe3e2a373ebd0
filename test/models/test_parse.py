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

"""The parser for people who only want the parser."""

from __future__ import annotations

from pathlib import Path

import pytest

from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.models.answer import ParseStatus
from vlm_robot.models.parse import parse_answer

ANSWER = '[{"point_2d": [322, 238], "label": "mug"}]'


def test_an_answer_is_read_in_the_models_units() -> None:
    parsed = parse_answer('qwen3_vl', ANSWER, width=1000, height=1000)
    assert parsed.status is ParseStatus.OK
    assert parsed.pointed[0].target.pixel == pytest.approx((321.5, 237.5))


def test_the_size_that_the_model_saw_comes_from_the_caller_or_the_resize_rule() -> None:
    told = parse_answer(
        'qwen2_5_vl', ANSWER, width=640, height=480, seen_width=1288, seen_height=952
    )
    assert told.pointed[0].target.pixel == pytest.approx((159.5, 119.5))
    # 640 x 480 becomes 644 x 476: multiples of 28
    ruled = parse_answer('qwen2_5_vl', ANSWER, width=640, height=480)
    assert ruled.pointed[0].target.pixel == pytest.approx((319.5, 239.5))


def test_plans_are_read_too() -> None:
    text = '{"steps": [{"skill": "pick", "point": [500, 250], "label": "mug"}]}'
    parsed = parse_answer('gemini_robotics_er', text, width=1000, height=1000, task='plan')
    assert parsed.steps[0].target.pixel == (249.5, 499.5)
    assert parse_answer('qwen3_vl', 'Two mugs.', width=9, height=9, task='ask').pointed == ()


def test_a_profile_of_ones_own_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text('{source: x, point: point_tuples, units: {divisor: 1}}', encoding='utf-8')
    parsed = parse_answer(str(path), '[(0.5, 0.5)]', width=100, height=100)
    assert parsed.pointed[0].target.pixel == (49.5, 49.5)


@pytest.mark.parametrize(
    ('model', 'task', 'width', 'sentence'),
    [
        ('gemma3', 'point', 9, "model 'gemma3' does not point"),
        ('molmo', 'plan', 9, "model 'molmo' does not plan"),
        ('molmo', 'dance', 9, "unknown task 'dance': expected plan, point or ask"),
        ('molmo', 'point', 0, 'an image of 0 x 9 pixels'),
    ],
)
def test_what_cannot_be_asked_for_is_a_configuration_error(
    model: str, task: str, width: int, sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        parse_answer(model, ANSWER, width=width, height=9, task=task)


def test_an_unknown_model_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean 'qwen3_vl'"):
        parse_answer('qwen3vl', ANSWER, width=9, height=9)
