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

"""What a confidence is worth, and the one parameter that mends it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.errors import UnknownNameError
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Plan, Step, Target
from vlm_robot.models.reading import temper
from vlm_robot.sim.scene import SceneSpec
from vlm_robot.tuning.calibrate import Collection, collect, samples_of
from vlm_robot.tuning.calibration import (
    Sample,
    calibration_error,
    fit_temperature,
    halves,
    passing,
    reliability,
    surprise,
    tempered,
    threshold_for,
)
from vlm_robot.tuning.calibration_report import report, write
from vlm_robot.tuning.episodes import FORMS, Episode, TrueStep

samples = st.lists(
    st.builds(Sample, st.floats(0, 1), st.booleans(), st.just('kind'), st.integers(0, 9))
)


def drawn(temperature: float, *, count: int = 4000, seed: int = 0) -> list[Sample]:
    """Points whose confidences are too far from a half by a temperature."""
    rng = np.random.default_rng(seed)
    true = rng.beta(4, 1, count)
    right = rng.uniform(size=count) < true
    return [
        Sample(temper(float(p), 1 / temperature), bool(r), FORMS[i // 2 % len(FORMS)], i)
        for i, (p, r) in enumerate(zip(true, right, strict=True))
    ]


@given(samples)
def test_every_sample_is_in_the_bin_of_its_confidence(given: list[Sample]) -> None:
    bins = reliability(given)
    assert sum(b.right.count for b in bins) == len(given)
    assert sum(b.right.hits for b in bins) == sum(s.right for s in given)
    slack = 1e-9  # a mean of equal numbers may differ from them in the last digit
    used = [b for b in bins if b.right.count]
    assert all(b.low - slack <= b.confidence <= b.high + slack for b in used)


def test_the_calibration_error_is_the_mean_gap_weighted_by_counts() -> None:
    given = [Sample(0.95, True)] * 6 + [Sample(0.95, False)] * 2 + [Sample(0.15, False)] * 2
    assert calibration_error(given) == pytest.approx(0.8 * 0.2 + 0.2 * 0.15)
    assert math.isnan(calibration_error([]))


def test_confidences_that_keep_their_word_have_little_calibration_error() -> None:
    assert calibration_error(drawn(1.0)) < 0.02


@pytest.mark.parametrize('temperature', [0.5, 1.0, 2.0, 4.0])
def test_the_temperature_that_spoilt_confidences_is_found_and_mends_unseen_ones(
    temperature: float,
) -> None:
    fitted, held = halves(drawn(temperature))

    found = fit_temperature(fitted)

    assert found == pytest.approx(temperature, rel=0.15)
    assert surprise(tempered(fitted, found)) <= surprise(fitted)
    assert calibration_error(tempered(held, found)) < 0.03


def test_without_samples_nothing_is_tempered() -> None:
    assert fit_temperature([]) == 1.0


@given(samples, st.floats(0.01, 1))
def test_what_passes_the_threshold_has_the_precision_and_no_lower_one_does(
    given: list[Sample], precision: float
) -> None:
    threshold = threshold_for(given, precision)
    candidates = {s.confidence for s in given}
    enough = {
        t for t in candidates
        if (p := passing(given, t).precision).hits >= precision * p.count
    }  # fmt: skip
    assert (math.isnan(threshold) and not enough) or threshold == min(enough)


def test_a_threshold_that_does_not_exist_lets_nothing_through() -> None:
    wrong = [Sample(0.9, False)]
    assert math.isnan(threshold_for(wrong, 0.5))
    assert passing(wrong, math.nan).precision.count == 0


EPISODE = Episode(
    4,
    SceneSpec(0, ()),
    'put the cube on the plate',
    'kind',
    'put on',
    Outcome.OK,
    (TrueStep(Skill.PICK, 'cube'), TrueStep(Skill.PLACE, 'plate')),
)
REFUSED = Episode(5, SceneSpec(0, ()), 'pick the cow', 'absent', 'pick', Outcome.NOT_FOUND)
MASKS = {'cube': np.eye(8, dtype=bool), 'plate': np.eye(8, dtype=bool)[::-1]}


def plan(*targets: Target) -> Plan:
    skills = (Skill.PICK, Skill.PLACE, Skill.PICK)
    steps = tuple(Step(s, t) for s, t in zip(skills, targets, strict=False))
    return Plan('x', steps=steps)


def test_a_point_is_right_on_the_visible_pixels_of_the_object_that_its_step_means() -> None:
    found = samples_of(
        plan(Target('', (2.4, 1.6), 0.9), Target('', (2.0, 2.0), 0.8)), EPISODE, MASKS
    )
    assert [(s.confidence, s.right) for s in found] == [(0.9, True), (0.8, False)]
    assert {(s.form, s.seed) for s in found} == {('kind', 4)}


def test_a_step_too_many_is_wrong_and_one_too_few_tells_nothing() -> None:
    three = [Target('', (2.0, 2.0), 0.9), Target('', (2.0, 5.0), 0.8), Target('', (1, 1), 0.7)]
    assert [s.right for s in samples_of(plan(*three), EPISODE, MASKS)] == [True, True, False]
    assert [s.right for s in samples_of(plan(three[0]), EPISODE, MASKS)] == [True]
    assert samples_of(Plan('x'), EPISODE, MASKS) == []


def test_a_guess_where_a_refusal_was_due_is_one_wrong_point_the_least_sure() -> None:
    found = samples_of(plan(Target('', (2, 2), 0.9), Target('', (2, 2), 0.4)), REFUSED, MASKS)
    assert [(s.confidence, s.right) for s in found] == [(0.4, False)]
    assert samples_of(Plan('x'), REFUSED, MASKS) == []


def test_the_report_names_temperature_and_threshold_and_has_a_line_for_each_form() -> None:
    text = report(drawn(2.0), precision=0.9)
    assert '`confidence_temperature: 2.' in text or '`confidence_temperature: 1.9' in text
    assert all(f'| {form} |' in text for form in FORMS)


@pytest.mark.parametrize('given', [[], [Sample(0.5, False, 'kind', 1)] * 3])
def test_a_report_about_hardly_anything_is_written_all_the_same(
    tmp_path: Path, given: list[Sample]
) -> None:
    write(given, tmp_path, precision=0.99)
    assert {p.name for p in tmp_path.iterdir()} == {
        f'confidence.{k}' for k in ('md', 'json', 'png')
    }
    assert len(json.loads((tmp_path / 'confidence.json').read_text())) == len(given)


def test_a_form_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownNameError, match='nonsense'):
        collect(Collection(forms=('nonsense',)))


@pytest.mark.torch
@pytest.mark.sim
def test_the_embedded_model_is_asked_about_rendered_scenes() -> None:
    found = collect(Collection(episodes=3, forms=('colour kind',), workers=1))

    assert {sample.form for sample in found} == {'colour kind'}
    assert all(0 < sample.confidence <= 1 for sample in found)
    assert sum(sample.right for sample in found) >= len(found) / 2
