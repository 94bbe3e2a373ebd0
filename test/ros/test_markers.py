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


"""What RViz is shown of a plan."""

from __future__ import annotations

import math

import pytest
from visualization_msgs.msg import Marker

from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import Relation, Skill
from vlm_robot.core.values import GraspCandidate, Grounding, Plan, Step, Target
from vlm_robot.ros.markers import plan_markers

pytestmark = pytest.mark.ros

GRASPS = tuple(
    GraspCandidate((0.5, 0.1, 0.02), yaw, (0.0, 0.0, -1.0), 0.04, 0.03)
    for yaw in (0.3, 0.3 + math.pi / 2)
)
CUBE = Grounding('base', (0.5, 0.1, 0.02), 0.3, (0.05, 0.04, 0.04), grasps=GRASPS)
BOWL = Grounding('base', (0.4, -0.1, 0.03), 0.0, (0.15, 0.15, 0.06))
PLAN = Plan(
    'put the red cube between the bowls',
    stamp_ns=7_000_000_003,
    camera_frame='camera',
    steps=(
        Step(Skill.PICK, Target('red cube', grounding=CUBE)),
        Step(
            Skill.PLACE,
            Target('bowl', grounding=BOWL),
            relation=Relation.BETWEEN,
            goal=(0.45, 0.0, 0.0),
            other=Target('other bowl', grounding=BOWL),
        ),
    ),
)


def markers(plan: Plan) -> dict[tuple[str, int], Marker]:
    first, *rest = plan_markers(plan).markers
    assert first.action == Marker.DELETEALL
    found = {(marker.ns, marker.id): marker for marker in rest}
    assert len(found) == len(rest)
    return found


def test_a_plan_shows_boxes_labels_grasps_and_goals() -> None:
    found = markers(PLAN)
    assert found['target', 0].scale.y == 0.04
    assert found['target_label', 0].text == '1 pick red cube'
    assert 'other bowl' in found['other_label', 1].text
    assert found['goal', 1].pose.position.x == 0.45
    assert {marker.header.frame_id for marker in found.values()} == {'base'}
    assert {marker.header.stamp.sec for marker in found.values()} == {7}
    assert all(marker.color.a > 0 for marker in found.values())


@pytest.mark.parametrize('rank', [0, 1])
def test_a_grasp_s_fingers_are_as_far_apart_as_the_thing_is_wide(rank: int) -> None:
    left, _, right, *_ = markers(PLAN)[f'grasp{rank}', 0].points
    across = (left.x - right.x, left.y - right.y, left.z - right.z)
    assert math.hypot(*across) == pytest.approx(0.04)
    closing = math.atan2(across[1], across[0])
    assert math.cos(closing - GRASPS[rank].yaw) == pytest.approx(0, abs=1e-9)


def test_all_grasps_come_from_above_and_the_best_shows_most() -> None:
    best, other = (markers(PLAN)[f'grasp{rank}', 0] for rank in (0, 1))
    for marker in (best, other):
        assert max(point.z for point in marker.points) > 0.06
        assert min(point.z for point in marker.points) == pytest.approx(0.02)
    assert best.color.a > other.color.a


def test_an_ambiguous_plan_shows_what_may_be_meant() -> None:
    plan = Plan(
        'the cube',
        verdict=Verdict(Outcome.AMBIGUOUS, 'which one?'),
        candidates=(Target('red cube', grounding=CUBE), Target('unseen')),
    )
    found = markers(plan)
    assert set(found) == {('candidate', 0), ('candidate_label', 0)}
    assert found['candidate_label', 0].text == '? red cube'


def test_a_plan_in_pixels_only_removes_the_markers_of_the_last_one() -> None:
    assert markers(Plan('go', steps=(Step(Skill.PICK, Target('cube', (3.0, 4.0))),))) == {}
