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

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vlm_robot.motion.settings import ArmSettings, GripperSettings

_GRIPPER = ArmSettings.load().gripper


def _gripper(**changes: object) -> GripperSettings:
    return GripperSettings.model_validate({**_GRIPPER.model_dump(), **changes})


_TABLE = _gripper(joint_values=(0.0, 0.4, 0.8), openings=(0.085, 0.04, 0.0))


@given(st.floats(0.0, 0.085))
def test_the_value_of_an_opening_gives_that_opening(opening_m: float) -> None:
    assert _TABLE.opening_of(_TABLE.value_of(opening_m)) == pytest.approx(opening_m, abs=1e-9)


def test_two_fingers_that_slide_are_apart_by_twice_what_one_has_moved() -> None:
    assert _GRIPPER.opening_of(0.01) == pytest.approx(0.02)
    assert _GRIPPER.value_of(0.08) == pytest.approx(0.04)


def test_an_opening_beyond_the_table_is_as_near_as_the_gripper_gets() -> None:
    assert _TABLE.value_of(0.2) == 0.0
    assert _TABLE.value_of(-1.0) == 0.8


@pytest.mark.parametrize(
    ('changes', 'sentence'),
    [
        ({'openings': (0.0,)}, 'joint_values has 2 numbers and openings 1'),
        ({'openings': (0.0, 0.0)}, 'openings .* rise or fall'),
        ({'joint_values': (0.8, 0.0)}, 'must rise'),
    ],
)
def test_a_table_that_cannot_be_read_both_ways_is_refused(
    changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        _gripper(**changes)


def test_a_gripper_without_joints_needs_no_table() -> None:
    assert _gripper(joints=(), joint_values=(), openings=()).joints == ()
