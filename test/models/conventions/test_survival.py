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

"""What models do to their own formats: each way is survived, and nothing is made up."""

from __future__ import annotations

import pytest
from answers import UNITS

from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import ImageSize, Parsed, ParseStatus
from vlm_robot.models.conventions.registry import make_convention

SIZE = ImageSize(1000, 1000)


def read(syntax: str, text: str) -> Parsed:
    return make_convention(syntax, UNITS[syntax]).parse(text, SIZE)


def things(parsed: Parsed) -> list[tuple[str, int, int]]:
    """Labels and pixels, moved from pixel centres to the thousandths that JSON answers hold."""
    return [
        (p.target.label, round(p.target.pixel[0] + 0.5), round(p.target.pixel[1] + 0.5))
        for p in parsed.pointed
    ]


@pytest.mark.parametrize(
    'text',
    [
        '```json\n[{"point_2d": [412, 530], "label": "cup"}]\n```',
        '```json\n[{"point_2d": [412, 530], "label": "cup"}]',
        'json\n[\n\t{"point_2d": [412, 530], "label": "cup"}\n]\n',
        'Here are the points (in JSON):\n\n```\n[{"point_2d": [412, 530], "label": "cup"}]\n```\n'
        'The cup [1] is on the left (0-1000).',
        "Sure, it's here (the left): [{'point_2d': (412, 530), 'label': 'cup'}] I hope it's ok.",
        '- [{"point_2d": [412, 530], "label": "cup"}]',
        '* **cup**: {"point_2d": [412, 530], "label": "cup"}',
        '[apple](apple) {"point_2d": [412, 530], "label": "[cup](cup)"}',
        '["point_2d": [412, 530], "label": "cup"]',
        '{point_2d: [412, 530], label: cup}',
        '[{"point_2d": [412, 530], "label": "cup"},]',
        '[{"point_2d": [412, 530,], // left\n"label": "cup",}]',
        '[{"label": "cup" "point_2d": [412 530]}]',
        '{"point_2d": "[412, 530]", "label": "cup"}',
        '{"objects": [{"name": "cup", "point": {"x": 412, "y": 530}, "color": [9, 9]}]}',
        '{"cup": [[412, 530]]}',
        '[["cup", [412, 530]]]',
        '<points x1="412" y1="530" alt="cup">cup</points>',
    ],
)
def test_fences_prose_and_bad_json_do_not_hide_a_point(text: str) -> None:
    parsed = read('json_points', text)
    assert parsed.status is ParseStatus.OK, parsed.reason
    assert things(parsed) == [('cup', 412, 530)]


def test_prose_with_numbers_gives_way_to_the_fence() -> None:
    text = 'I looked at [1, 2] and {"point_2d": [3, 4]}.\n```json\n[{"point_2d": [5, 6]}]\n```'
    assert things(read('json_points', text)) == [('', 5, 6)]


def test_bullets_of_one_element_lists_are_one_list() -> None:
    text = '- [{"bbox_2d": [0, 0, 20, 40], "label": "a"}]\n- [{"bbox_2d": [40, 0, 60, 40]}]\n'
    assert things(read('json_points', text)) == [('a', 10, 20), ('', 50, 20)]


@pytest.mark.parametrize(
    ('text', 'count'),
    [
        ('[{"bbox_2d": [10, 20, 30, 40], "label": "a"}, {"bbox_2d": [50, 60, 7', 1),
        ('[{"point_2d": [10, 20], "label": "a"}, {"point_2d": [50, 60], "label": "a re', 1),
        ('[{"point_2d": [10, 20], "label": "a"}, {"poi', 1),
        ('[{"point_2d": [10, 20], "label": "a"}, ', 1),
        ('[[10, 20], [30, 40], [50', 2),
        ('[{"x": 10, "y": 20}, {"x": 30, "y": 4', 1),
        ('<points x1="10" y1="20" x2="30" y2="40" x3="5', 2),
    ],
)
def test_a_text_that_breaks_off_keeps_what_was_complete(text: str, count: int) -> None:
    parsed = read('json_points', text)
    assert (parsed.status, parsed.reason) == (ParseStatus.PARTIAL, 'the text breaks off')
    assert len(parsed.pointed) == count


@pytest.mark.parametrize('text', ['[{"point_2d": [10, 2', '{"x": 1, "y": 2', '[12', '[(1, 2'])
def test_half_a_point_is_none(text: str) -> None:
    assert read('json_points', text).status is ParseStatus.MALFORMED


def test_a_loop_names_one_thing() -> None:
    box = '{"bbox_2d": [10, 20, 30, 40], "label": "sheep"}'
    assert things(read('json_points', f'[{", ".join([box] * 20)}]')) == [('sheep', 20, 30)]
    broken = read('json_points', f'[{", ".join([box] * 20)}, {{"bbox_2d": [10, 20')
    assert broken.status is ParseStatus.PARTIAL
    assert things(broken) == [('sheep', 20, 30)]


@pytest.mark.parametrize('ending', ['', ']], "label": "head"}]', ']]<|/det|>'])
def test_endless_digits_are_no_coordinate(ending: str) -> None:
    digits = '9' * 5000
    for syntax, start in (
        ('json_points', '[{"bbox_2d": [[0, 5, 533, '),
        ('ref_det', '<|ref|>head<|/ref|><|det|>[[0, 5, 533, '),
    ):
        parsed = read(syntax, f'{start}{digits}{ending}')
        assert parsed.status is ParseStatus.MALFORMED
        assert len(parsed.reason) < 200


def test_keys_that_come_twice_are_two_things() -> None:
    text = '{"point_2d": [10, 20], "label": "a", "point_2d": [30, 40], "label": "b"}'
    assert things(read('json_points', text)) == [('a', 10, 20), ('b', 30, 40)]


def test_a_python_repr_is_read() -> None:
    text = "{'points': [{'x': 0.5, 'y': 0.25}], 'request_id': None, 'stream': True}"
    assert things(read('moondream', text)) == [('', 500, 250)]


@pytest.mark.parametrize(
    'text',
    [
        '<think>Perhaps [{"point_2d": [1, 2]}].</think>\n[{"point_2d": [5, 6]}]',
        'Perhaps [{"point_2d": [1, 2]}].</think>\n[{"point_2d": [5, 6]}]',
        '<think>[{"point_2d": [5, 6]}]</think><answer>[{"point_2d": [5, 6]}]</answer>',
        '[{"point_2d": [1, 2]}] or <answer>[{"point_2d": [5, 6]}]',
        '<thinking>a</thinking>[{"point_2d": [5, 6]}]<think>[{"point_2d": [1, 2]}]',
    ],
)
def test_only_the_answer_counts_not_the_thoughts(text: str) -> None:
    assert things(read('json_points', text)) == [('', 5, 6)]


@pytest.mark.parametrize('syntax', sorted(UNITS))
def test_thoughts_that_do_not_end_are_no_answer(syntax: str) -> None:
    parsed = read(syntax, '<think>It is at [1, 2], <point>[[1, 2]]</point>')
    assert not parsed.pointed
    assert parsed.status in (ParseStatus.MALFORMED, ParseStatus.NONE)


def test_an_echoed_prompt_is_not_the_answer() -> None:
    echo = 'detect cup\n<loc0256><loc0256><loc0768><loc0768> cup'
    assert things(read('paligemma', echo)) == [('cup', 500, 500)]
    region = 'The bounding box of <ref>cup</ref>\n<ref>cup</ref><box>[[0, 0, 20, 40]]</box>'
    assert things(read('ref_box', region)) == [('cup', 10, 20)]


@pytest.mark.parametrize(
    ('syntax', 'text'),
    [
        ('ref_box', 'red cube[[0, 0, 20, 40]]'),
        ('ref_box', '<ref>red cube</ref>[[0, 0, 20, 40]]'),
        ('ref_box', '<box>[[0, 0, 20, 40]]'),
        ('ref_box', '[[0, 0, 20, 40]]</box>'),
        ('ref_box_spaced', '<box>0 0 20 40<box>'),
        ('glm_box', 'It is at [[0, 0, 20, 40]].'),
        ('point_tags', '[[10, 20]]</point>'),
    ],
)
def test_marks_without_their_pair_leave_the_numbers(syntax: str, text: str) -> None:
    parsed = read(syntax, text)
    assert parsed.status is ParseStatus.OK, parsed.reason
    assert len(parsed.pointed) == 1


@pytest.mark.parametrize(
    ('syntax', 'text'),
    [
        ('json_points', '[x1, y1, x2, y2]'),
        ('json_points', '{"bbox_2d": [x1, y1, x2, y2], "label": "name"}'),
        ('json_points', '<points x1="x1" y1="y1" alt="cup">cup</points>'),
        ('ref_box', '<ref>cup</ref><box>[[x1, y1, x2, y2]]</box>'),
        ('ref_box_spaced', '<box>x1 y1 x2 y2</box>'),
        ('glm_box', '<|begin_of_box|>[[xmin,ymin,xmax,ymax]]<|end_of_box|>'),
        ('point_tags', '<answer><point>[[x1, y1], [x2, y2], ...]</point></answer>'),
        ('molmo2', '<points coords="t id x y">cup</points>'),
        ('point_tuples', '[(x1, y1), (x2, y2), ...]'),
    ],
)
def test_an_echoed_placeholder_is_no_answer(syntax: str, text: str) -> None:
    assert read(syntax, text).status is ParseStatus.MALFORMED


def test_a_placeholder_beside_an_answer_is_left_out() -> None:
    text = 'As {"point_2d": [x, y], "label": "name"}: {"point_2d": [10, 20], "label": "cup"}'
    assert (read('json_points', text).status, things(read('json_points', text))) == (
        ParseStatus.OK, [('cup', 10, 20)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ('label', 'read_as'),
    [
        ('"label": null', ''), ('"label": ""', ''), ('"name": "cup"', 'cup'),
        ('"object": "cup"', 'cup'), ('"label": null, "name": "cup"', 'cup'),
        ('"label": "mug, white, \\"left\\""', 'mug, white, "left"'),
        ('"label": "the "big" mug"', 'the "big" mug'), ('"label": 7', '7'),
        ('"label": "a\\n b"', 'a b'), ('"label": "\\ud83e"', '?'),
    ],
)  # fmt: skip
def test_labels_are_read_wherever_they_are(label: str, read_as: str) -> None:
    assert things(read('json_points', f'[{{"point_2d": [1, 2], {label}}}]')) == [(read_as, 1, 2)]


def test_one_label_for_seven_points_is_not_zipped() -> None:
    points = [[i, i] for i in range(10, 80, 10)]
    shared = read('json_points', f'{{"point_2d": {points}, "label": "egg"}}')
    assert [p.target.label for p in shared.pointed] == ['egg'] * 7
    listed = read('json_points', f'{{"points": {points}, "labels": ["egg"]}}')
    assert [p.target.label for p in listed.pointed] == ['egg'] * 7
    uneven = read('json_points', f'{{"points": {points}, "labels": ["egg", "cup"]}}')
    assert [p.target.label for p in uneven.pointed] == [''] * 7
    even = read('json_points', '{"points": [[1, 2], [3, 4]], "labels": ["egg", "cup"]}')
    assert [p.target.label for p in even.pointed] == ['egg', 'cup']


@pytest.mark.parametrize(
    ('syntax', 'text'),
    [
        ('json_points', '[]'),
        ('json_points', '```json\n[]\n```'),
        ('json_points', '{"objects": []}'),
        ('json_points', '[{"point_2d": null, "label": "cup"}]'),
        ('json_points', 'There is no red cup in the image.'),
        ('json_points', 'I do not see a purple dragon.'),
        ('json_points', 'The image doesn’t contain any mugs.'),
        ('json_points', '图中没有杯子。'),
        ('molmo', 'There are none.'),
        ('molmo', "This isn't in the image."),
        ('molmo2', 'There are none.'),
        ('florence2', '<s>No object detected.</s>'),
        ('florence2', '</s><s></s>'),
        ('paligemma', ''),
        ('glm_box', '<|begin_of_box|>None<|end_of_box|>'),
        ('moondream', "{'points': []}"),
        ('point_tuples', '[]'),
        ('plan_json', 'I see no red cube in the image.'),
        ('plan_json', '{"outcome": "not_found", "label": "red cube"}'),
    ],
)
def test_nothing_there_is_an_answer(syntax: str, text: str) -> None:
    parsed = read(syntax, text)
    assert parsed.status is ParseStatus.NONE
    assert parsed.verdict.outcome is Outcome.NOT_FOUND
    assert parsed.reason


@pytest.mark.parametrize('text', ['Yes.', 'The mug is white.', 'It has 3 legs (see 2).', 'Nice!'])
def test_words_that_say_something_else_are_not_nothing_found(text: str) -> None:
    parsed = read('json_points', text)
    assert parsed.status is ParseStatus.MALFORMED
    assert 'holds no point' in parsed.reason


@pytest.mark.parametrize(
    ('syntax', 'bad', 'good'),
    [
        ('json_points', '{"point_2d": [10, 1001]}', '{"point_2d": [10, 20]}'),
        ('json_points', '{"point_2d": [-1, -1]}', '{"point_2d": [10, 20]}'),
        ('molmo', '<point x="101.0" y="3" alt="a">a</point>',
         '<point x="1" y="2" alt="a">a</point>'),
        ('molmo2', '<points coords="1 1 1001 3">a</points>',
         '<points coords="1 1 9 9">a</points>'),
        ('paligemma', '<loc0001><loc0001><loc1024><loc0100> a',
         '<loc0001><loc0001><loc0100><loc0100> a'),
        ('florence2', 'a<loc_1><loc_1><loc_1000><loc_9>', 'a<loc_1><loc_1><loc_9><loc_9>'),
        ('kosmos2', '<object><patch_index_0001><patch_index_1024></object>',
         '<object><patch_index_0001><patch_index_0070></object>'),
        ('ref_det', '<|det|>[[0, 0, 9, 1000]]<|/det|>', '<|det|>[[0, 0, 9, 9]]<|/det|>'),
        ('moondream', "{'x': 1.2, 'y': 0.2}", "{'x': 0.2, 'y': 0.2}"),
        ('point_tuples', '[(0.5, 1.01)]', '[(0.5, 0.5)]'),
        ('point_tags', '<point>[[1, 1001]]</point>', '<point>[[1, 1]]</point>'),
    ],
)  # fmt: skip
def test_numbers_outside_the_image_are_refused_and_never_clipped(
    syntax: str, bad: str, good: str
) -> None:
    alone = read(syntax, bad)
    assert (alone.status, alone.pointed) == (ParseStatus.MALFORMED, ())
    assert 'outside the image' in alone.reason or 'does not exist' in alone.reason
    both = read(syntax, f'{bad}\n{good}')
    assert both.status is ParseStatus.PARTIAL
    assert [p.target.pixel for p in both.pointed] == [
        p.target.pixel for p in read(syntax, good).pointed
    ]
    assert both.reason == alone.reason


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('[{"point_2d": [1, 2, 3], "label": "a"}]', "'1, 2, 3' is not two numbers"),
        ('[{"bbox_2d": [533, 132, 457]}]', 'is not two or four numbers'),
        ('[{"point_2d": [10, 20, 30, 40]}]', 'is not two numbers'),
        ('[{"bbox_2d": [0, 0, 0, 0]}]', 'has no area'),
        ('[{"label": "cup"}]', "'cup' has no point"),
        ('[{"bbox_3d": [1, 2, 3, 4, 5, 6, 7, 8, 9], "label": "car"}]', 'no place in the image'),
        ('[{"bbox_2d": [1, 2,, "label"}]', 'the text breaks off'),
        ('{"point_2d": "about 3 or 4", "label": "a"}', "'about 3 or 4' are no coordinates"),
        ('[{"point_2d": [50%, 20%]}]', 'holds no point'),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(text: str, reason: str) -> None:
    parsed = read('json_points', text)
    assert parsed.status is ParseStatus.MALFORMED
    assert reason in parsed.reason


def test_a_stray_number_among_boxes_is_said() -> None:
    text = '<|ref|>a<|/ref|><|det|>[245,[234,543,542,644]]<|/det|>'
    parsed = read('ref_det', text)
    assert parsed.status is ParseStatus.PARTIAL
    assert 'mixes numbers and lists' in parsed.reason
