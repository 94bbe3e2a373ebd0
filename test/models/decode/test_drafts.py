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

"""Drafts follow an answer, and find it again behind a change."""

from __future__ import annotations

import pytest

pytest.importorskip('torch')

from rig import json_profile
from tiny_tokenizer import tiny_tokenizer

from vlm_robot.models.decode.drafts import Drafts, Reference
from vlm_robot.models.decode.json_syntax import JsonSyntax

pytestmark = pytest.mark.torch

TOKENIZER = tiny_tokenizer()
SYNTAX = JsonSyntax(json_profile(), TOKENIZER, len(TOKENIZER), 2)
BEFORE = '{"skill":"pick","point":[412,133],"label":"red cube"}'


def ids(text: str) -> list[int]:
    return list(TOKENIZER.encode(text, add_special_tokens=False))


def after(reference: Reference, text: str) -> str:
    for token in ids(text):
        reference.follow(token)
    return str(TOKENIZER.decode(list(reference.ahead())))


def test_an_answer_that_comes_again_is_drafted_to_its_end() -> None:
    reference = Reference(ids(BEFORE), SYNTAX, sure=True)
    assert after(reference, '') == BEFORE
    assert after(reference, '{"skill":"pick","point":[') == '412,133],"label":"red cube"}'


@pytest.mark.parametrize(
    ('changed', 'rest'),
    [
        ('{"skill":"push","', 'point":[412,133],"label":"red cube"}'),
        ('{"skill":"pick","point":[482', ',133],"label":"red cube"}'),
        ('{"skill":"pick","point":[4,', '133],"label":"red cube"}'),
        ('{"skill":"pick","point":[4125,', '133],"label":"red cube"}'),
        ('{"skill":"pick","point":[412,133],"label":"green', ' cube"}'),
    ],
)
def test_behind_a_change_the_rest_is_found_again(changed: str, rest: str) -> None:
    assert after(Reference(ids(BEFORE), SYNTAX, sure=True), changed) == rest


def test_a_sketch_is_drafted_up_to_numbers_which_it_does_not_know() -> None:
    sketch = Reference(ids(BEFORE), SYNTAX, sure=False)
    assert after(sketch, '') == '{"skill":"pick","point":['
    assert after(sketch, '{"skill":"pick","point":[9,80') == '],"label":"red cube"}'


def test_the_reference_that_fits_better_is_drafted_from() -> None:
    wrong = Reference(ids('{"outcome":"unsupported"}'), SYNTAX, sure=True)
    drafts = Drafts([wrong, Reference(ids(BEFORE), SYNTAX, sure=False)])
    for token in ids('{"skill":"pick","point":[9,80],"label":"'):
        drafts.follow(token)
    assert TOKENIZER.decode(list(drafts.ahead(2))) == 'red cube'


def test_without_a_reference_there_is_no_draft() -> None:
    drafts = Drafts()
    drafts.follow(3)
    assert drafts.ahead(9) == ()
