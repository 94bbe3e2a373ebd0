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


"""What a plan refers to as `vision_msgs`."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator

import pytest
from ros_fixture import Ros, open_ros

from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import Relation, Skill
from vlm_robot.core.values import Grounding, Plan, Step, Target
from vlm_robot.ros.detections import detections_message, detections_publisher

pytestmark = pytest.mark.ros

CUBE = Grounding('base', (0.5, 0.1, 0.02), 0.3, (0.05, 0.04, 0.04), deviation_m=0.003)
BOWL = Grounding('base', (0.4, -0.1, 0.03), 0.0, (0.15, 0.15, 0.06))
PLAN = Plan(
    'put the red cube in the bowl',
    stamp_ns=7_000_000_003,
    camera_frame='camera',
    steps=(
        Step(Skill.PICK, Target('red cube', (3.0, 4.0), 0.9, CUBE)),
        Step(Skill.PLACE, Target('bowl', grounding=BOWL), relation=Relation.IN),
    ),
)


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


def test_detections_say_what_is_where_and_how_sure_that_is() -> None:
    pytest.importorskip('vision_msgs')
    message = detections_message(PLAN)
    assert (message.header.frame_id, message.header.stamp.nanosec) == ('base', 3)
    cube, bowl = message.detections
    (result,) = cube.results
    assert (result.hypothesis.class_id, result.hypothesis.score) == ('red cube', 0.9)
    assert result.pose.pose == cube.bbox.center
    assert cube.bbox.center.position.y == 0.1
    assert (cube.bbox.size.x, cube.bbox.size.y, cube.bbox.size.z) == CUBE.size
    variances = [result.pose.covariance[7 * axis] for axis in range(3)]
    assert math.sqrt(sum(variances)) == pytest.approx(0.003)
    assert math.isnan(bowl.results[0].hypothesis.score)
    assert not any(bowl.results[0].pose.covariance)


def test_a_plan_without_a_place_has_no_detections_but_a_header() -> None:
    pytest.importorskip('vision_msgs')
    plan = Plan('x', Verdict(Outcome.NOT_FOUND, 'no cube'), stamp_ns=5, camera_frame='camera')
    message = detections_message(plan)
    assert (message.header.frame_id, len(message.detections)) == ('camera', 0)


def test_candidates_of_an_ambiguous_plan_are_detections() -> None:
    pytest.importorskip('vision_msgs')
    plan = Plan(
        'x',
        Verdict(Outcome.AMBIGUOUS, 'which?'),
        candidates=(Target('red cube', grounding=CUBE), Target('unseen')),
    )
    assert len(detections_message(plan).detections) == 1


def test_the_topic_is_there_where_the_package_is_and_publishing_never_fails(ros: Ros) -> None:
    node = ros.bare_node('seer')
    publish = detections_publisher(node)
    publish(PLAN)
    is_there = any(name.endswith('seer/detections') for name in topics_of(node))
    assert is_there == (importlib.util.find_spec('vision_msgs') is not None)


def topics_of(node: object) -> list[str]:
    return [publisher.topic_name for publisher in node.publishers]  # type: ignore[attr-defined]
