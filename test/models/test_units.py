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

"""Units of a model's numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vlm_robot.models.answer import ImageSize
from vlm_robot.models.units import Units

SIZE = ImageSize(640, 480, 644, 476)

units = st.builds(
    Units,
    scale=st.sampled_from(['share', 'seen', 'original']),
    divisor=st.sampled_from([1.0, 32.0, 100.0, 999.0, 1000.0, 1024.0]),
    first=st.sampled_from(['x', 'y']),
    offset=st.sampled_from([0.0, 0.5]),
)
pixels = st.tuples(st.floats(0, 639), st.floats(0, 479))


@given(units, pixels)
def test_a_pixel_and_back_is_the_pixel(unit: Units, pixel: tuple[float, float]) -> None:
    assert unit.to_pixel(unit.from_pixel(pixel, SIZE), SIZE) == pytest.approx(pixel, abs=1e-6)


@pytest.mark.parametrize(
    ('unit', 'numbers', 'pixel'),
    [
        (Units(), (0, 0), (-0.5, -0.5)),
        (Units(), (1000, 1000), (639.5, 479.5)),
        (Units(), (500, 250), (319.5, 119.5)),
        (Units(first='y'), (250, 500), (319.5, 119.5)),
        (Units(divisor=999), (999, 0), (639.5, -0.5)),
        (Units(divisor=1), (0.5, 0.25), (319.5, 119.5)),
        (Units(divisor=1000, offset=0.5), (0, 999), (-0.18, 479.26)),
        (Units(scale='seen'), (322, 119), (319.5, 119.5)),
        (Units(scale='original'), (320, 120), (319.5, 119.5)),
    ],
)
def test_numbers_become_pixels_of_the_original_image(
    unit: Units, numbers: tuple[float, float], pixel: tuple[float, float]
) -> None:
    assert unit.to_pixel(numbers, SIZE) == pytest.approx(pixel)


@pytest.mark.parametrize('number', [-0.001, 1000.001, 1e300, math.inf, -math.inf, math.nan])
@pytest.mark.parametrize('axis', [0, 1])
def test_a_number_outside_the_image_is_refused_with_what_was_expected(
    number: float, axis: int
) -> None:
    pair = (number, 5.0) if axis == 0 else (5.0, number)
    with pytest.raises(ValueError, match='is outside the image: expected 0 to 1000'):
        Units().to_pixel(pair, SIZE)


@pytest.mark.parametrize('wrong', [{'divisor': 0}, {'first': 'z'}, {'scale': 'px'}, {'axis': 'x'}])
def test_units_that_are_none_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Units(**wrong)
