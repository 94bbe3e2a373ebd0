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

from vlm_robot.core.outcome import Outcome
from vlm_robot.motion.stuck import Stuck, degenerate

_POINT = (0.5, 0.0, 0.1)


def test_joints_of_which_one_undoes_the_other_are_degenerate() -> None:
    jacobian = np.eye(6)
    jacobian[:, 5] = -jacobian[:, 0]
    assert degenerate(jacobian) == (0, 5)


@pytest.mark.parametrize('joints', [6, 7])
def test_joints_that_each_do_something_of_their_own_are_not(joints: int) -> None:
    jacobian = np.eye(6, joints)
    jacobian[:, -1] += 0.5
    assert degenerate(jacobian) == ()


def test_a_place_out_of_reach_is_unreachable_with_all_that_is_in_the_way() -> None:
    stuck = Stuck(0.123, ('elbow at its limit, 2.90',), ('shoulder', 'wrist'))
    refusal = stuck.refusal('pick the cup', _POINT)
    assert refusal.outcome is Outcome.UNREACHABLE
    assert str(refusal) == (
        'the arm cannot reach (0.50, 0.00, 0.10) m to pick the cup: it ends 12.3 cm away, '
        'elbow at its limit, 2.90, near a singularity of shoulder and wrist'
    )


@pytest.mark.parametrize(
    ('singular', 'near'), [((), ''), (('a', 'b'), ', near a singularity of a and b')]
)
def test_a_line_on_which_a_joint_jumps_is_no_motion(singular: tuple[str, ...], near: str) -> None:
    refusal = Stuck(0.0, (), singular, 'a would jump by 1.2 rad').refusal('push the cup', _POINT)
    assert refusal.outcome is Outcome.MOTION_FAILED
    assert str(refusal) == (
        'the arm cannot move straight to (0.50, 0.00, 0.10) m to push the cup: '
        f'a would jump by 1.2 rad{near}'
    )
