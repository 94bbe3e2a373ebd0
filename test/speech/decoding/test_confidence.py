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

"""How sure a decoding is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.speech.decoding import confidence as module
from vlm_robot.speech.decoding.confidence import MOST, Calibration, Signs, signs
from vlm_robot.speech.decoding.decoder import Decoded, Sentence

SHIPPED = Calibration.read(Path(module.__file__).with_suffix('.json'))
ANY = st.floats(0, 1e6)


def sentence(text: str, score: float) -> Sentence:
    words = tuple(text.split())
    return Sentence(words, score, tuple((i, i + 1) for i in range(len(words))))


SIGNS = st.builds(Signs, ANY, ANY, ANY, st.floats(0, MOST), st.floats(0, 4), ANY, st.floats(0, 6))
GOOD = Signs(
    excess=0.1, worst=1.0, unknown=0.0, margin=8.0, uncertainty=0.3, outside=0.0, length=2.5
)


@given(SIGNS)
def test_confidence_is_a_probability_whatever_the_signs(seen: Signs) -> None:
    assert 0 <= SHIPPED.confidence(seen) <= 1


def test_what_fits_well_is_sure() -> None:
    assert SHIPPED.confidence(GOOD) > 0.9


@pytest.mark.parametrize(
    'worse',
    [
        {'excess': 1.0}, {'worst': 3.0}, {'unknown': 9.0}, {'margin': 0.1}, {'uncertainty': 1.0},
        {'outside': 9.0},
    ],
)  # fmt: skip
def test_a_worse_fit_or_a_closer_rival_is_less_sure(worse: dict[str, float]) -> None:
    assert SHIPPED.confidence(GOOD) > SHIPPED.confidence(replace(GOOD, **worse))


def test_another_way_of_saying_the_same_is_no_rival() -> None:
    same = [sentence('grab the big mug', -1.0), sentence('please take the large cup', -1.5)]
    other = sentence('grab the big bowl', -4.0)
    assert signs(Decoded((*same, other), phones=9)).margin == 3.0


@pytest.mark.parametrize('text', ['', '[]', '{"intercept": 1}', '{"intercept": "much"}'])
def test_a_file_that_is_no_calibration_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / 'confidence.json'
    path.write_text(text, encoding='utf-8')
    with pytest.raises(ConfigurationError, match='is no calibration'):
        Calibration.read(path)
