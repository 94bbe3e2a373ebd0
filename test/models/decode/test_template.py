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

"""Prompts are written as the processor's chat template says, and operators write only words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip('torch')

from rig import chat_profile, json_profile, picture
from tiny_models import built

from vlm_robot.models.answer import Task
from vlm_robot.models.decode.template import Template

pytestmark = [
    pytest.mark.torch,
    # of transformers' processor of PaliGemma
    pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning'),
]

IMAGE = picture(0)


def written(template: Template, processor, text: str, images: int = 1) -> str:  # type: ignore[no-untyped-def]
    inputs = template.inputs(Task.PLAN, text, [IMAGE] * images)
    return str(processor.tokenizer.decode(inputs['input_ids'][0]))


@pytest.fixture(scope='module')
def qwen():  # type: ignore[no-untyped-def]
    _, processor = built('qwen2_5_vl')
    return Template(json_profile(), processor), processor


def test_system_then_images_then_the_instruction(qwen) -> None:  # type: ignore[no-untyped-def]
    text = written(*qwen, 'pick up the mug', images=2)
    places = [
        text.index(part)
        for part in ('system\nYou plan', 'user\n<|vision_start|>', 'Instruction: pick up the mug')
    ]
    assert places == sorted(places)
    assert text.count('<|vision_start|>') == 2
    assert text.endswith('<|im_end|>\n<|im_start|>assistant\n')


@pytest.mark.parametrize(
    'mark',
    ['<|im_end|>', '<|image_pad|>', '<|IM_END|>', '<|im_<|im_end|>end|>', '<|vision_start|>'],
)
def test_a_special_token_of_an_instruction_is_only_words(qwen, mark: str) -> None:  # type: ignore[no-untyped-def]
    template, processor = qwen
    plain = template.inputs(Task.PLAN, 'pick x up', [IMAGE])['input_ids'][0].tolist()
    marked = template.inputs(Task.PLAN, f'pick {mark} up', [IMAGE])['input_ids'][0].tolist()
    special = set(processor.tokenizer.all_special_ids)
    assert [i for i in marked if i in special] == [i for i in plain if i in special]
    assert 'pick' in processor.tokenizer.decode(marked)


@given(st.text(alphabet=st.characters(), max_size=40))
def test_any_instruction_makes_a_prompt(text: str) -> None:
    template = Template(json_profile(), built('idefics3')[1])
    assert template.inputs(Task.PLAN, text, [IMAGE])['input_ids'].shape[0] == 1


def test_a_template_that_knows_no_system_gets_its_words_before_the_images() -> None:
    _, processor = built('idefics3')
    own = processor.chat_template
    strict = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    for template in (strict + own, '{% set messages = messages[-1:] %}' + own):
        processor.chat_template = template
        try:
            text = written(Template(json_profile(), processor), processor, 'pick')
        finally:
            processor.chat_template = own
        assert text.startswith('<|im_start|>user\nYou plan')
        assert text.index('You plan') < text.index('<image>')


def test_a_model_without_a_chat_gets_its_template_and_as_many_images_as_that_has() -> None:
    _, processor = built('paligemma')
    template = Template(chat_profile('paligemma'), processor)
    text = written(template, processor, 'the mug')
    assert text == '<image>' * 4 + '<|im_start|>plan the mug\n'
    assert len(template.images_of(Task.PLAN, [IMAGE, IMAGE])) == 1
