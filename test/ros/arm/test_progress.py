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

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.ros.arm.progress import Progress

pytestmark = pytest.mark.ros

_TIMES = np.linspace(0, 1, 11)
_WAY = Trajectory(_TIMES, np.stack([_TIMES, -_TIMES], axis=1), np.ones((11, 2)))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6, unique=True))
def test_an_arm_that_goes_on_along_its_way_makes_progress_and_is_on_it(times: list[float]) -> None:
    progress = Progress(_WAY, ('a', 'b'))
    for time_s in sorted(times):
        progress.takes_in(_WAY.sample(time_s)[0])
        assert progress.off_its_way() is None


def test_an_arm_that_swings_makes_no_progress() -> None:
    progress = Progress(_WAY, ('a', 'b'))
    places = [_WAY.sample(time_s)[0] for time_s in (0.5, 0.4, 0.5, 0.4)]
    assert [progress.takes_in(place) for place in places] == [True, False, False, False]


def test_the_end_is_the_only_place_where_the_arm_has_arrived() -> None:
    progress = Progress(_WAY, ('a', 'b'))
    for time_s, arrived in ((0.0, False), (0.9, False), (1.0, True)):
        progress.takes_in(_WAY.sample(time_s)[0])
        assert progress.has_arrived is arrived


def test_the_joint_that_is_off_is_named() -> None:
    progress = Progress(_WAY, ('a', 'b'))
    progress.takes_in(np.array([0.5, 0.5]))
    assert progress.off_its_way() == 'the arm left its way: a is 0.50 rad off'
    assert progress.where() == 'b by 1.500 rad'
