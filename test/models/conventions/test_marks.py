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

"""Syntaxes made of marks and tokens: places, labels and spans."""

from __future__ import annotations

import pytest
from answers import ANSWERS, UNITS

from vlm_robot.models.answer import ImageSize, Parsed
from vlm_robot.models.conventions.registry import make_convention

SIZE = ImageSize(1000, 1000)


def read(syntax: str, text: str) -> Parsed:
    return make_convention(syntax, UNITS[syntax]).parse(text, SIZE)


@pytest.mark.parametrize(
    ('syntax', 'labels', 'spans'),
    [
        ('json_points', ['red cube', 'mug, white'], ['341, 258, 397, 360', '422, 383']),
        ('molmo', ['red cubes', 'red cubes', 'mug'],
         ['32.0" y1="62.8', '40.1" y2="20.5', '7.4" y="99.9']),
        ('molmo2', ['mugs'] * 3, ['073 160', '173 600', '258 725']),
        ('paligemma', ['shoe', 'left shoe'],
         ['<loc0051><loc0309><loc0708><loc0646>', '<loc0512><loc0100><loc0800><loc0300>']),
        ('florence2', ['car', 'wheel', 'wheel'],
         ['<loc_53><loc_333><loc_933><loc_774>', '<loc_708><loc_568><loc_860><loc_768>',
          '<loc_148><loc_570><loc_290><loc_774>']),
        ('kosmos2', ['a snowman', 'a fire'],
         ['<patch_index_0044><patch_index_0863>', '<patch_index_0005><patch_index_0911>']),
        ('ref_box', ['red cube'] * 2, ['341, 258, 397, 360', '10, 20, 90, 80']),
        ('ref_box_spaced', ['red cube'] * 2, ['341 258 397 360', '10 20 90 80']),
        ('ref_det', ['The giraffe at the back.'], ['580, 270, 999, 904']),
        ('glm_box', [''], ['94,598,177,991']),
        ('point_tuples', [''] * 3, ['0.461, 0.527', '0.498, 0.521', '0.444, 0.545']),
        ('point_tags', [''] * 2, ['212, 230', '305, 118']),
    ],
)  # fmt: skip
def test_labels_and_the_places_of_the_numbers(
    syntax: str, labels: list[str], spans: list[str]
) -> None:
    text = ANSWERS[syntax]
    pointed = read(syntax, text).pointed
    if syntax == 'molmo2':
        labels = ['the mugs'] * 3 if 'alt=' not in text else labels
    assert [p.target.label for p in pointed] == labels
    assert [text[p.start : p.end] for p in pointed] == spans


@pytest.mark.parametrize(
    'inside',
    ['[[94,598,177,991]]', '[94, 598, 177, 991]', '(94,598,177,991)', '<94,598,177,991>',
     '{94, 598, 177, 991}', '94, 598, 177, 991', '(94, 598), (177, 991)',
     '[{"label": "", "bbox_2d": [94, 598, 177, 991]}]'],
)  # fmt: skip
def test_the_brackets_of_glm_vary(inside: str) -> None:
    (pointed,) = read('glm_box', f'At <|begin_of_box|>{inside}<|end_of_box|>.').pointed
    assert pointed.box == pytest.approx((93.5, 597.5, 176.5, 990.5))


def test_corners_in_parentheses_are_one_box() -> None:
    text = '<|object_ref_start|>the cup<|object_ref_end|><|box_start|>(10,20),(30,40)<|box_end|>'
    (pointed,) = read('json_points', text).pointed
    assert (pointed.target.label, pointed.box) == ('the cup', (9.5, 19.5, 29.5, 39.5))


def test_plain_lines_are_boxes_with_names() -> None:
    text = '100,200,300,400 red cube\n2. 500, 600, 700, 800, mug\n1, 2 or 3 of them'
    pointed = read('json_points', text).pointed
    assert [(p.target.label, p.target.pixel) for p in pointed] == [
        ('red cube', (199.5, 299.5)), ('mug', (599.5, 699.5)),
    ]  # fmt: skip


def test_a_box_and_a_point_of_one_thing_are_one_thing() -> None:
    text = '{"bbox_2d": [100, 100, 200, 200], "point_2d": [110, 120], "label": "mug"}'
    (pointed,) = read('json_points', text).pointed
    assert pointed.target.pixel == (109.5, 119.5)
    assert pointed.box == (99.5, 99.5, 199.5, 199.5)


def test_points_on_other_images_say_which() -> None:
    text = '<points coords="1 1 555 169;3 2 649 154 3 709 162">mugs</points>'
    assert [p.image for p in read('molmo2', text).pointed] == [0, 2, 2]


def test_a_box_of_one_row_of_cells_reaches_their_edges() -> None:
    # transformers' patch_index_to_coordinate(5, 37, 32): (0.15625, 0, 0.1875, 0.0625)
    text = '<object><patch_index_0005><patch_index_0037></object>'
    (pointed,) = read('kosmos2', text).pointed
    assert pointed.box == pytest.approx((155.75, -0.5, 187.0, 62.0))


def test_keys_that_name_axes_stand_above_the_units_order() -> None:
    text = '{"y": 100, "x": 300, "label": "a"}'
    (pointed,) = make_convention('json_points', UNITS['paligemma']).parse(text, SIZE).pointed
    assert pointed.target.pixel == pytest.approx((300 / 1.024 - 0.5, 100 / 1.024 - 0.5))
