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

"""The embedded model's answer syntax."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import Step, Target
from vlm_robot.models.answer import ImageSize, ParseStatus
from vlm_robot.models.conventions.tabletop import (
    BINS,
    RELATIONS,
    TabletopConvention,
    to_bins,
    to_pixel,
)

SYNTAX = TabletopConvention()
SIZE = ImageSize(640, 480)

bins = st.tuples(st.integers(0, BINS - 1), st.integers(0, BINS - 1))
labels = st.lists(st.sampled_from(['red', 'cube', 'bowl', 'large']), max_size=3).map(' '.join)
targets = st.builds(lambda b, label: Target(label, to_pixel(b, SIZE)), bins, labels)
steps = st.one_of(
    st.builds(lambda t: Step(Skill.PICK, t), targets),
    st.builds(
        lambda t, r: Step(Skill.PLACE, t, relation=r),
        targets,
        st.sampled_from(list(RELATIONS.values())),
    ),
    st.builds(
        lambda t, d: Step(Skill.PUSH, t, direction=d),
        targets,
        st.sampled_from([d for d in Direction if d is not Direction.NONE]),
    ),
)


@pytest.mark.parametrize('relation', sorted({*Relation} - {*RELATIONS.values()}))
def test_a_relation_without_a_word_cannot_be_written(relation: Relation) -> None:
    step = Step(Skill.PLACE, Target('bowl', (3.0, 4.0)), relation)
    with pytest.raises(ValueError, match=f"'{relation.name}' has no word here: expected in, on"):
        SYNTAX.render((step,), SIZE)


@given(st.lists(steps, min_size=1, max_size=5).map(tuple))
def test_what_is_rendered_is_parsed_back(plan: tuple[Step, ...]) -> None:
    parsed = SYNTAX.parse(SYNTAX.render(plan, SIZE), SIZE)
    assert parsed.status is ParseStatus.OK
    assert [(s.skill, s.relation, s.direction, s.target.label) for s in parsed.steps] == [
        (s.skill, s.relation, s.direction, s.target.label) for s in plan
    ]
    for read, written in zip(parsed.steps, plan, strict=True):
        assert read.target.pixel == pytest.approx(written.target.pixel)


@given(bins)
def test_a_bins_centre_lies_in_the_bin(place: tuple[int, int]) -> None:
    assert to_bins(to_pixel(place, SIZE), SIZE) == place


@given(st.text() | st.text(alphabet='<xy_0123456789> ;,pickplaceinred'))
def test_no_text_raises_and_what_is_unread_has_a_reason(text: str) -> None:
    parsed = SYNTAX.parse(text, SIZE)
    assert parsed.status is ParseStatus.OK or parsed.reason


def test_two_steps_are_read_with_their_points_in_order() -> None:
    parsed = SYNTAX.parse('pick <x_0> <y_255> red cube ; place in <x_128> <y_64> blue bowl', SIZE)
    assert [s.skill for s in parsed.steps] == [Skill.PICK, Skill.PLACE]
    assert parsed.steps[0].target == Target('red cube', (0.75, 478.5625))
    assert parsed.steps[1].relation is Relation.IN


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('', 'is no word'),
        ('pick', 'is no point'),
        ('pick <x_300> <y_2> cube', 'outside the image'),
        ('pick <x_1> cube', 'is no point'),
        ('place under <x_1> <y_1> cube', 'is not one of in, on, beside'),
        ('push up <x_1> <y_1> cube', 'is not one of'),
        ('pick <x_1> <y_1> cube <x_2> <y_2> ball', "where ';' was expected"),
        ('pick <x_1> <y_1> cube ;', 'is no word'),
        ('fly <x_1> <y_1> cube', 'begins no answer'),
        ('import os', 'begins no answer'),
    ],
)
def test_a_malformed_answer_is_refused_whole_with_the_reason(text: str, reason: str) -> None:
    parsed = SYNTAX.parse(text, SIZE)
    assert parsed.status is ParseStatus.MALFORMED
    assert reason in parsed.reason
    assert parsed.steps == ()


def test_outcomes_in_words_are_outcomes() -> None:
    assert SYNTAX.parse('missing purple plate', SIZE).verdict.outcome is Outcome.NOT_FOUND
    assert SYNTAX.parse('unsupported', SIZE).verdict.outcome is Outcome.UNSUPPORTED


def test_a_step_with_several_things_is_ambiguous_wherever_it_stands() -> None:
    either = '<x_1> <y_1> red cube or <x_9> <y_9> red cube'
    for text in (f'pick {either}', f'push left <x_3> <y_3> mug ; pick from <x_2> <y_2> {either}'):
        parsed = SYNTAX.parse(text, SIZE)
        assert parsed.verdict.outcome is Outcome.AMBIGUOUS
        assert parsed.steps == ()
        assert [p.target.label for p in parsed.pointed] == ['red cube', 'red cube']


def test_what_is_missing_after_a_step_leaves_nothing_to_do() -> None:
    for rest in ('missing blue bowl', 'place in <x_2> <y_2> red bowl missing blue bowl'):
        parsed = SYNTAX.parse(f'pick <x_1> <y_1> red cube ; {rest}', SIZE)
        assert parsed.verdict == Verdict(Outcome.NOT_FOUND, "I see nothing that fits 'blue bowl'")
        assert parsed.steps == ()


def test_what_a_relation_starts_from_is_read_but_is_no_target() -> None:
    parsed = SYNTAX.parse('pick from <x_2> <y_2> <x_1> <y_1> red cube', SIZE)
    assert [s.target.pixel for s in parsed.steps] == [to_pixel((1, 1), SIZE)]
    assert len(parsed.pointed) == 1


def test_things_that_are_counted_are_shown() -> None:
    counted = SYNTAX.parse('answer <x_1> <y_1> mug , <x_9> <y_9> mug count 2', SIZE)
    assert (counted.words, len(counted.pointed)) == ('2', 2)
    assert SYNTAX.parse('answer count 0', SIZE).words == '0'


def test_the_span_of_a_point_covers_its_location_tokens() -> None:
    text = 'pick <x_10> <y_20> red cube'
    (pointed,) = SYNTAX.parse(text, SIZE).pointed
    assert text[pointed.start : pointed.end].strip() == '<x_10> <y_20>'


def test_what_a_loop_names_again_is_one_thing() -> None:
    loop = 'answer <x_1> <y_1> mug , <x_9> <y_9> cube' + ' , <x_1> <y_1> mug' * 20
    parsed = SYNTAX.parse(loop, SIZE)
    assert [p.target.label for p in parsed.pointed] == ['mug', 'cube']
    assert parsed.words == 'mug, cube'
