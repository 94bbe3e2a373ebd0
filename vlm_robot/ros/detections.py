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


"""What a plan refers to as `vision_msgs`, where that package is installed."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from vlm_robot.core.values import Grounding, Plan, Target
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import header_message, pose_message

if TYPE_CHECKING:
    from rclpy.node import Node
    from vision_msgs.msg import Detection3D, Detection3DArray


def detections_publisher(node: Node) -> Callable[[Plan], None]:
    """Return what publishes a plan on `~/detections`; without `vision_msgs` it does nothing."""
    if importlib.util.find_spec('vision_msgs') is None:
        return lambda _: None
    from vision_msgs.msg import Detection3DArray

    publisher = node.create_publisher(Detection3DArray, '~/detections', qos.STATE)
    return lambda plan: publisher.publish(detections_message(plan))


def detections_message(plan: Plan) -> Detection3DArray:
    """
    Return the things of a plan that were measured, those of an ambiguous one among them.

    The stamp is the image's, the frame the one that things were measured in (the camera's if
    there is none). A score is NaN where the model tells no confidence. Covariances hold what
    several depth images of one moment differed by, zeros where there was one.
    """
    from vision_msgs.msg import Detection3DArray

    found = [(target, target.grounding) for target in _targets(plan) if target.grounding]
    frame = found[0][1].frame_id if found else plan.camera_frame
    return Detection3DArray(
        header=header_message(plan.stamp_ns, frame),
        detections=[_detection(plan.stamp_ns, target, place) for target, place in found],
    )


def _targets(plan: Plan) -> Iterator[Target]:
    for step in plan.steps:
        yield step.target
        if step.other is not None:
            yield step.other
    yield from plan.candidates


def _detection(stamp_ns: int, target: Target, found: Grounding) -> Detection3D:
    from vision_msgs.msg import BoundingBox3D, Detection3D, ObjectHypothesisWithPose

    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id = target.label
    result.hypothesis.score = target.confidence
    result.pose.pose = pose_message(found.position, yaw=found.yaw)
    if math.isfinite(found.deviation_m):
        for axis in range(3):
            result.pose.covariance[7 * axis] = found.deviation_m**2 / 3
    box = BoundingBox3D(center=pose_message(found.position, yaw=found.yaw))
    box.size.x, box.size.y, box.size.z = found.size
    return Detection3D(header=header_message(stamp_ns, found.frame_id), results=[result], bbox=box)
