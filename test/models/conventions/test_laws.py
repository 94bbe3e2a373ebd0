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

"""What holds for every syntax and every text."""

from __future__ import annotations

import pytest
from answers import ANSWERS, PLAN, UNITS
from hypothesis import given, settings
from hypothesis import strategies as st

from vlm_robot.core.skills import CATALOGUE, Direction, Relation, Skill
from vlm_robot.core.targets import with_targets
from vlm_robot.core.values import Step, Target
from vlm_robot.models.answer import ImageSize, Parsed, ParseStatus, Pointed
from vlm_robot.models.conventions.base import Convention
from vlm_robot.models.conventions.registry import CONVENTIONS, make_convention
from vlm_robot.models.units import Units

SIZE = ImageSize(640, 480, 644, 476)
SYNTAXES = sorted(set(CONVENTIONS) - {'tabletop'})
POINTING = [name for name in SYNTAXES if name != 'plan_json']
BOXES_ONLY = ('paligemma', 'florence2', 'kosmos2')
POINTS_ONLY = ('molmo', 'molmo2')
NAMELESS = ('glm_box', 'moondream', 'point_tuples', 'point_tags')
ALPHABET = '<>/|[](){}"\'`,:;= \n\\_-.0123456789eExyXYabcdefghilmnoprstu'

labels = st.lists(
    st.sampled_from(['red', 'cube', 'bowl', "child's", 'left']), min_size=1, max_size=3
).map(' '.join)
shares = st.floats(0.02, 0.45)


def convention(name: str) -> Convention:
    return make_convention(name, UNITS[name])


def check(parsed: Parsed) -> None:
    """Whatever the text was: a status with its reason, and points on the image."""
    assert parsed.status is ParseStatus.OK or parsed.reason
    assert '\n' not in parsed.reason
    assert parsed.status in (ParseStatus.OK, ParseStatus.PARTIAL) or not parsed.pointed
    for pointed in parsed.pointed:
        assert pointed.target.pixel is not None or parsed.steps or not parsed.verdict.ok
        if pointed.target.pixel is not None:
            u, v = pointed.target.pixel
            assert -0.5 <= u <= SIZE.width - 0.5
            assert -0.5 <= v <= SIZE.height - 0.5


def test_every_registered_syntax_has_a_realistic_answer_here() -> None:
    assert set(ANSWERS) == set(UNITS) == set(SYNTAXES)


@pytest.mark.parametrize('name', SYNTAXES)
def test_a_realistic_answer_is_read_whole(name: str) -> None:
    parsed = convention(name).parse(ANSWERS[name], SIZE)
    assert parsed.status is ParseStatus.OK, parsed.reason
    assert parsed.pointed


@pytest.mark.parametrize('name', SYNTAXES)
@settings(max_examples=15)
@given(text=st.text() | st.text(alphabet=ALPHABET, max_size=80))
def test_no_text_raises(name: str, text: str) -> None:
    check(convention(name).parse(text, SIZE))


@pytest.mark.parametrize('name', SYNTAXES)
@settings(max_examples=15)
@given(data=st.data())
def test_no_mutation_of_a_real_answer_raises(name: str, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(sorted(ANSWERS.values())))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 6))
        text = text[:at] + data.draw(st.text(alphabet=ALPHABET, max_size=6)) + text[at + cut :]
    check(convention(name).parse(text, SIZE))


@pytest.mark.parametrize('name', SYNTAXES)
def test_an_answer_that_breaks_off_anywhere_points_at_nothing_new(name: str) -> None:
    syntax = convention(name)
    text = ANSWERS[name]
    whole = {pointed.target.pixel for pointed in syntax.parse(text, SIZE).pointed}
    for end in range(len(text)):
        parsed = syntax.parse(text[:end], SIZE)
        check(parsed)
        if '</think>' not in text or '</think>' in text[:end]:
            assert {p.target.pixel for p in parsed.pointed} <= whole, text[:end]


@pytest.mark.parametrize('name', SYNTAXES)
@pytest.mark.parametrize(
    'text', ['[' * 100_000, '{"a":' * 20_000, '9' * 100_000, '<point>' * 10_000, '"' * 50_000]
)
def test_texts_that_break_parsers_are_only_malformed(name: str, text: str) -> None:
    assert convention(name).parse(text, SIZE).status is ParseStatus.MALFORMED


@st.composite
def things(draw: st.DrawFn, name: str) -> tuple[Pointed, ...]:
    label = '' if name in NAMELESS else draw(labels)
    left, top = draw(shares) * SIZE.width, draw(shares) * SIZE.height
    width, height = draw(shares) * SIZE.width + 10, draw(shares) * SIZE.height + 10
    box = (left, top, left + width, top + height)
    has_box = name in BOXES_ONLY or (name not in POINTS_ONLY and draw(st.booleans()))
    pixel = (left + width / 2, top + height / 2)
    return (Pointed(Target(label, pixel), 0, 0, box if has_box else None),)


def step_of(units: Units) -> list[float]:
    """The largest distance that rounding can move a number, in pixels."""
    sides = {'share': (units.divisor, units.divisor), 'seen': SIZE.seen}[units.scale]
    digit = 0.001 if units.divisor == 1 else 0.1 if units.divisor == 100 else 1.0
    return [digit * n / side for n, side in zip((SIZE.width, SIZE.height), sides, strict=True)]


@pytest.mark.parametrize('name', POINTING)
@settings(max_examples=15)
@given(data=st.data())
def test_what_is_rendered_is_parsed_back(name: str, data: st.DataObject) -> None:
    syntax = convention(name)
    (written,) = data.draw(things(name))
    text = syntax.render((written,), SIZE)
    parsed = syntax.parse(text, SIZE)
    assert parsed.status is ParseStatus.OK, (text, parsed.reason)
    (read,) = parsed.pointed
    assert read.target.label == written.target.label
    assert any(character.isdigit() for character in text[read.start : read.end])
    u_step, v_step = step_of(UNITS[name])
    # a box of one row or column of cells reaches their edges
    slack = 1.01 if name != 'kosmos2' else 2.0
    for got, meant, step in zip(
        (*read.target.pixel, *(read.box or ())),
        (*written.target.pixel, *(written.box or ())),
        (u_step, v_step) * 3,
        strict=False,
    ):
        assert got == pytest.approx(meant, abs=slack * step)
    assert (read.box is None) == (written.box is None)
    assert syntax.parse(syntax.render(parsed.pointed, SIZE), SIZE).status is ParseStatus.OK


@pytest.mark.parametrize('name', POINTING)
def test_nothing_rendered_is_nothing_found(name: str) -> None:
    parsed = convention(name).parse(convention(name).render((), SIZE), SIZE)
    assert parsed.status is ParseStatus.NONE


@pytest.mark.parametrize('name', ['json_points', 'molmo', 'molmo2', 'florence2', 'paligemma'])
@given(places=st.lists(st.tuples(shares, shares), min_size=2, max_size=6))
@settings(max_examples=10)
def test_things_keep_their_order_and_labels(name: str, places: list[tuple[float, float]]) -> None:
    written = tuple(
        Pointed(
            Target(f'thing {chr(97 + i)}', (x * 640 + 50, y * 480 + 50)), 0, 0,
            (x * 640, y * 480, x * 640 + 100, y * 480 + 100),
        )
        for i, (x, y) in enumerate(places)
    )  # fmt: skip
    parsed = convention(name).parse(convention(name).render(written, SIZE), SIZE)
    assert [p.target.label for p in parsed.pointed] == [p.target.label for p in written]


steps = st.one_of(
    st.builds(Step, st.just(Skill.PICK), st.builds(Target, labels, st.just((99.5, 47.5)))),
    st.builds(
        lambda t, r: Step(Skill.PLACE, t, relation=r),
        st.builds(Target, labels, st.tuples(shares, shares).map(lambda s: (s[0] * 9, s[1] * 9))),
        st.sampled_from([r for r in CATALOGUE['place'].relations if not r.of_two]),
    ),
    st.builds(
        lambda t, o: Step(Skill.PLACE, t, relation=Relation.BETWEEN, other=o),
        st.builds(Target, labels, st.just((99.5, 47.5))),
        st.builds(Target, labels, st.tuples(shares, shares).map(lambda s: (s[0] * 9, s[1] * 9))),
    ),
    st.builds(
        lambda t, d: Step(Skill.PUSH, t, direction=d),
        st.builds(Target, labels, st.just((300.0, 200.0))),
        st.sampled_from([d for d in Direction if d is not Direction.NONE]),
    ),
)


@settings(max_examples=50)
@given(st.lists(steps, min_size=1, max_size=5).map(tuple))
def test_a_rendered_plan_is_parsed_back(plan: tuple[Step, ...]) -> None:
    syntax = convention('plan_json')
    parsed = syntax.parse(syntax.render(plan, SIZE), SIZE)
    assert parsed.status is ParseStatus.OK
    for read, written in zip(parsed.steps, plan, strict=True):
        assert (read.skill, read.relation, read.direction) == (
            written.skill, written.relation, written.direction,
        )  # fmt: skip
        assert read.target.label == written.target.label
        assert read.target.pixel == pytest.approx(written.target.pixel, abs=0.33)
        assert (read.other is None) == (written.other is None)
        if read.other and written.other:
            assert read.other.label == written.other.label
            assert read.other.pixel == pytest.approx(written.other.pixel, abs=0.33)
    again = syntax.parse(syntax.render(parsed.steps, SIZE), SIZE)
    assert again.steps == parsed.steps


@settings(max_examples=50)
@given(st.lists(steps, min_size=1, max_size=3).map(tuple))
def test_a_plan_without_points_is_parsed_back_without(plan: tuple[Step, ...]) -> None:
    bare = tuple(with_targets(step, lambda target: Target(target.label)) for step in plan)
    syntax = convention('plan_json')
    assert syntax.parse(syntax.render(bare, SIZE), SIZE).steps == bare


def test_the_realistic_plan_is_what_is_rendered_from_it() -> None:
    syntax = convention('plan_json')
    assert syntax.render(syntax.parse(PLAN, SIZE).steps, SIZE) == PLAN
