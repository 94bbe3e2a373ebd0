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

"""Model profiles."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.core.skills import CATALOGUE, Relation
from vlm_robot.models.answer import Task
from vlm_robot.models.conventions.registry import CONVENTIONS
from vlm_robot.models.parse import parse_answer
from vlm_robot.models.profile import known_profiles, load_profile

TRUE = 'source: x\nplan: tabletop\nrelations: [in, on]'  # in YAML a bare on is true
MUTE = 'source: x\nplan: tabletop\nprompts: {plan: <image>}'


def test_every_profile_that_ships_loads_and_names_a_known_convention() -> None:
    assert 'tabletop' in known_profiles()
    for name in known_profiles():
        profile = load_profile(name)
        assert profile.name == name
        assert profile.plan or profile.point
        assert {profile.plan, profile.point} <= {*CONVENTIONS, ''}
        assert profile.grounder in ('', *known_profiles())


def test_an_unknown_model_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown model 'tabeltop': known are .*tabletop"):
        load_profile('tabeltop')


@pytest.mark.parametrize('content', ['', '3', 'source: x', 'source: [', '\x07', MUTE, TRUE])
def test_a_file_that_is_no_profile_is_a_configuration_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / 'mine.yaml'
    path.write_text(content, encoding='utf-8')
    with pytest.raises(ConfigurationError, match='is not a model profile'):
        load_profile(str(path))


def test_a_profile_names_the_relations_that_its_model_knows(tmp_path: Path) -> None:
    place = CATALOGUE['place']
    tabletop = load_profile('tabletop')
    assert tabletop.relations == (Relation.IN, Relation.ON, Relation.NEXT_TO)
    assert tabletop.relations_of(place) == tabletop.relations
    assert tabletop.relations_of(CATALOGUE['pick']) == (Relation.NONE,)
    assert load_profile('qwen3_vl').relations_of(place) == place.relations
    path = tmp_path / 'mine.yaml'
    path.write_text(yaml.safe_dump(tabletop.model_dump(mode='json', exclude={'name'})))
    assert load_profile(str(path)).relations == tabletop.relations
    path.write_text('source: x\nplan: plan_json\nrelations: [in, above]')
    with pytest.raises(ConfigurationError, match="'above' is no relation: expected some of in, "):
        load_profile(str(path))


# Worked out by hand from each vendor's documentation, on an image of 640 x 480 pixels that was
# seen as 1288 x 952: the point or the centre of the box, from the image's top-left corner. No
# answer is symmetric, so that a swapped axis, a wrong divisor or a wrong size moves it.
EXPECTED = {
    # 322 of 1288, 714 of 952
    'qwen2_5_vl': ('```json\n[{"point_2d": [322, 714], "label": "mug"}]\n```', (160, 360)),
    # 250 and 750 of 1000
    'qwen3_vl': ('```json\n[{"point_2d": [250, 750], "label": "mug"}]\n```', (160, 360)),
    # y from 640 to 896 of 1024: 360; x from 192 to 320: 160
    'paligemma2': ('<loc0640><loc0192><loc0896><loc0320> mug', (160, 360)),
    # bin centres: x (199.5 + 300.5) / 2, y (700.5 + 799.5) / 2 of 1000
    'florence2': ('</s><s>mug<loc_199><loc_700><loc_300><loc_799></s>', (160, 360)),
    'internvl3': ('<ref>mug</ref><box>[[200, 700, 300, 800]]</box>', (160, 360)),
    # rows 20 and 27, columns 6 and 9 of 32: x 8 of 32, y 24 of 32
    'kosmos2': (
        '<phrase> mug</phrase><object><patch_index_0646><patch_index_0873></object>', (160, 360),
    ),
    'glm4v': ('It is at <|begin_of_box|>[[200,700,300,800]]<|end_of_box|>.', (160, 360)),
    'molmo': (' <point x="25.0" y="75.0" alt="mug">mug</point>', (160, 360)),
    'molmo2': ('<points coords="1 1 250 750">mug</points>', (160, 360)),
    'moondream': ("{'points': [{'x': 0.25, 'y': 0.75}]}", (160, 360)),
    'robopoint': ('[(0.25, 0.75)]', (160, 360)),
    'robobrain2': ('<think>[(1, 1)]</think><answer>[(322, 714)]</answer>', (160, 360)),
    'embodied_r1': (
        '<think>a</think><answer><point>[[322, 714]]</point></answer>', (160, 360),
    ),
    # 333 of 999 is a third, 666 of 999 two thirds
    'deepseek_vl2': (
        '<|ref|>mug<|/ref|><|det|>[[323, 656, 343, 676]]<|/det|>', (640 / 3, 320),
    ),
    'minicpm_v': ('<ref>mug</ref><box>200 700 300 800</box>', (160, 360)),
    # y first
    'gemini_robotics_er': ('```json\n[{"point": [750, 250], "label": "mug"}]\n```', (160, 360)),
}  # fmt: skip


def test_every_model_that_points_is_in_the_table() -> None:
    pointing = {name for name in known_profiles() if load_profile(name).point}
    assert pointing == set(EXPECTED)


@pytest.mark.parametrize('model', sorted(EXPECTED))
def test_a_raw_answer_points_where_its_vendor_means(model: str) -> None:
    text, (x, y) = EXPECTED[model]
    parsed = parse_answer(model, text, width=640, height=480, seen_width=1288, seen_height=952)
    (pointed,) = parsed.pointed
    assert pointed.target.pixel == pytest.approx((x - 0.5, y - 0.5))


def test_every_profile_plans_or_is_planned_for() -> None:
    for name in known_profiles():
        profile = load_profile(name)
        if profile.grounder:
            assert profile.plan == 'plan_json'
            assert load_profile(profile.grounder).point
            assert not profile.point
        if profile.point and Task.POINT not in profile.prompts:
            assert not profile.point, f'{name} is not told how to point'


def test_no_profile_turns_code_of_a_checkpoint_on() -> None:
    assert not [name for name in known_profiles() if load_profile(name).trust_remote_code]


def test_every_profile_says_how_it_was_tested() -> None:
    assert not [name for name in known_profiles() if not load_profile(name).tested]


def test_syntaxes_of_special_tokens_keep_them() -> None:
    special = {'paligemma', 'florence2', 'kosmos2', 'ref_box', 'ref_box_spaced', 'ref_det'}
    for name in known_profiles():
        profile = load_profile(name)
        assert profile.keep_special_tokens or profile.point not in special | {'glm_box'}
