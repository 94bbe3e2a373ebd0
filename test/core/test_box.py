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
"""Boxes of the base frame."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vlm_robot.core.box import Box

BOX = Box(lower=(0, -1, 0), upper=(1, 1, 2))


@given(st.tuples(st.floats(0, 1), st.floats(-1, 1), st.floats(0, 2)))
def test_a_box_holds_what_lies_between_its_corners(point: tuple[float, float, float]) -> None:
    assert BOX.contains(point)


@given(st.integers(0, 2), st.sampled_from([-1.001, 2.001, math.nan, math.inf, -math.inf]))
def test_one_coordinate_outside_is_outside(axis: int, value: float) -> None:
    point = [0.5, 0.0, 1.0]
    point[axis] = value
    assert not BOX.contains((point[0], point[1], point[2]))


def test_corners_in_the_wrong_order_are_an_error() -> None:
    with pytest.raises(ValidationError, match='is not below upper'):
        Box(lower=(0, 0, 0), upper=(1, 0, 1))
