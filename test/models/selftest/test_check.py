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

"""A model is shown images; it may serve when it points right on all of them."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from eye import Eye

from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import Task
from vlm_robot.models.backends.registry import make_backend
from vlm_robot.models.planner import Planner
from vlm_robot.models.pointer import Pointer
from vlm_robot.models.profile import Profile
from vlm_robot.models.selftest.cards import DECKS, IMAGES, drawn_cards, tabletop_cards
from vlm_robot.models.selftest.check import SelfTest, deck, make_subject, self_test
from vlm_robot.models.selftest.diagnosis import Fault
from vlm_robot.models.units import Units

Share = tuple[float, float]
noise = np.random.default_rng(3)


def outcome(distort: Callable[[Share], Share | None], profile: Profile | None = None) -> SelfTest:
    return self_test(Planner(Eye(distort, profile)), drawn_cards())


@pytest.mark.parametrize(
    ('distort', 'fault'),
    [
        (lambda p: p, Fault.RIGHT),
        (lambda p: (1 - p[0], p[1]), Fault.MIRRORED_X),
        (lambda p: (p[0], 1 - p[1]), Fault.MIRRORED_Y),
        (lambda p: (1 - p[0], 1 - p[1]), Fault.TURNED),
        (lambda p: (p[1], p[0]), Fault.SWAPPED),
        (lambda p: (p[0] / 2, p[1] / 2), Fault.SCALED),
        (lambda p: (p[0] + 0.1, p[1] + 0.15), Fault.SHIFTED),
        (lambda p: None, Fault.SILENT),
        (lambda p: (noise.uniform(), noise.uniform()), Fault.SCATTERED),
    ],
)
def test_how_a_model_points_is_named_from_its_answers_alone(
    distort: Callable[[Share], Share | None], fault: Fault
) -> None:
    result = outcome(distort)

    assert result.fault is fault
    assert result.ok is (fault is Fault.RIGHT)
    assert result.sentence
    assert result.model == 'eye'
    assert len(result.rows) == 6


def test_a_row_says_how_far_off_each_point_is() -> None:
    right, silent = outcome(lambda p: p), outcome(lambda p: None)

    assert all(row.right and row.error_px < 3 for row in right.rows)
    assert right.error_px == max(row.error_px for row in right.rows)
    assert all(math.isnan(row.error_px) and not row.right for row in silent.rows)
    assert math.isnan(silent.error_px)
    assert all(row.verdict.outcome is Outcome.NOT_FOUND for row in silent.rows)
    assert 'I see nothing that fits' in silent.sentence


def profile(**units: object) -> Profile:
    return Profile(name='eye', source='', plan='plan_json', units=Units(**units))


@pytest.mark.parametrize(
    ('declared', 'fault', 'words'),
    [
        (profile(divisor=1000), Fault.RIGHT, 'right on 6 of 6'),
        (profile(divisor=1000, first='y'), Fault.SWAPPED, 'units.first'),
        (profile(divisor=100), Fault.SCALED, 'divisor: 1000'),  # almost all outside the image
        (profile(divisor=1), Fault.SCALED, 'divisor: 1000'),
        (profile(scale='original'), Fault.SCALED, 'divisor: 1000'),  # some outside the image
        (profile(scale='original', first='y'), Fault.SWAPPED, 'divisor: 1000'),
    ],
)
def test_units_that_a_profile_declares_wrongly_are_named_with_the_right_ones(
    declared: Profile, fault: Fault, words: str
) -> None:
    result = outcome(lambda p: p, declared)

    assert result.fault is fault
    assert words in result.sentence


def test_of_a_planner_and_grounder_pair_the_grounder_is_tested(tmp_path: Path) -> None:
    script = tmp_path / 'script.yaml'
    script.write_text(yaml.safe_dump({'answers': {'*': 'pick <x_1> <y_1> figure'}}))
    planner = make_backend('scripted', {'model': str(script)})
    seen = Profile(name='eye', source='', point='json_points', self_test='drawn')
    mirrored = Eye(lambda p: (1 - p[0], p[1]), seen)

    result = self_test(Planner(planner, Pointer(mirrored)), drawn_cards())

    assert result.fault is Fault.MIRRORED_X
    assert {request.task for request in mirrored.asked} == {Task.POINT}


def test_a_model_that_only_points_is_tested_as_such() -> None:
    eye = Eye(profile=Profile(name='eye', source='', point='json_points'))

    result = self_test(Pointer(eye), drawn_cards())

    assert result.ok
    assert [request.text for request in eye.asked] == [card.words for card in drawn_cards()]


def test_a_model_that_fails_is_not_asked_again() -> None:
    eye = Eye(lambda p: 1 / 0)  # type: ignore[arg-type,return-value]

    result = self_test(Planner(eye), drawn_cards())

    assert result.fault is Fault.SILENT
    assert 'ZeroDivisionError' in result.sentence
    assert len(eye.asked) == 1


def test_a_test_that_is_canceled_is_no_result() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Refusal) as caught:
        self_test(Planner(Eye()), drawn_cards(), cancel=cancel)
    assert caught.value.outcome is Outcome.CANCELED


@pytest.mark.parametrize('name', sorted(DECKS))
def test_the_images_are_of_several_shapes_and_show_each_thing_inside(name: str) -> None:
    cards = DECKS[name]()
    assert len({card.rgb.shape for card in cards}) > 3
    for card in cards:
        height, width = card.rgb.shape[:2]
        assert width != height
        assert card.radius <= card.true[0] <= width - card.radius
        assert card.radius <= card.true[1] <= height - card.radius
        inside = card.rgb[round(card.true[1]), round(card.true[0])].astype(int)
        assert np.ptp(inside) > 60, 'the thing has a colour'


@pytest.mark.parametrize('damage', ['list', 'image', 'missing'])
def test_images_that_cannot_be_read_are_a_configuration_error(tmp_path: Path, damage: str) -> None:
    for file in IMAGES.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    if damage == 'missing':
        (tmp_path / '1.png').unlink()
    else:
        (tmp_path / {'list': 'index.json', 'image': '1.png'}[damage]).write_bytes(b'\x89PNG \xff')
    with pytest.raises(ConfigurationError, match='self-test'):
        tabletop_cards(tmp_path)


@pytest.mark.torch
def test_the_embedded_model_passes_its_self_test() -> None:
    subject = make_subject('auto', {'model': 'tabletop', 'device': 'cpu'})

    result = self_test(subject, deck(subject))

    assert result.ok, result.sentence
