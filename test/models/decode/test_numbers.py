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

"""The numbers of a point, written in one way each."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip('torch')

from vlm_robot.models.answer import ImageSize
from vlm_robot.models.decode.numbers import Numbers, numbers
from vlm_robot.models.units import Units

pytestmark = pytest.mark.torch

SIZE = ImageSize(640, 480, 644, 476)


@given(st.integers(0, 3000), st.integers(0, 4000))
def test_a_whole_number_matches_exactly_up_to_the_last(last: int, number: int) -> None:
    pattern = re.compile(Numbers(last).pattern)
    assert bool(pattern.fullmatch(str(number))) is (number <= last)
    assert not pattern.fullmatch(f'0{number}')


@given(st.integers(0, 3000), st.integers(0, 6000), st.integers(1, 3))
def test_a_fraction_matches_exactly_up_to_the_last(last: int, index: int, decimals: int) -> None:
    axis = Numbers(last, decimals)
    assert bool(re.fullmatch(axis.pattern, axis.text(index))) is (index <= last)


@pytest.mark.parametrize(
    ('units', 'ends'),
    [
        (Units(), ('1000', '1000')),
        (Units(divisor=1), ('1.000', '1.000')),
        (Units(divisor=100), ('100.0', '100.0')),
        (Units(divisor=1024, offset=0.5), ('1023', '1023')),
        (Units(scale='seen'), ('644', '476')),
        (Units(scale='seen', first='y'), ('476', '644')),
        (Units(scale='original'), ('640', '480')),
    ],
)
def test_the_last_number_of_each_axis_is_as_the_units_say(
    units: Units, ends: tuple[str, str]
) -> None:
    axes = numbers(units, SIZE)
    assert tuple(axis.text(axis.last) for axis in axes) == ends
    assert [axis.length for axis in axes] == [len(end) for end in ends]


@given(st.sampled_from([1.0, 100.0, 999.0, 1000.0, 1024.0]), st.data())
def test_every_number_is_inside_the_image(divisor: float, data: st.DataObject) -> None:
    units = Units(divisor=divisor)
    axis, _ = numbers(units, SIZE)
    number = float(axis.text(data.draw(st.integers(0, axis.last))))
    units.to_pixel((number, number), SIZE)  # raises for a number outside
