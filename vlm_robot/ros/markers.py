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

"""Markers of a plan for RViz."""

from __future__ import annotations

from geometry_msgs.msg import Vector3
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from vlm_robot.core.values import Grounding, Plan
from vlm_robot.ros.conversions import header_message, pose_message
from vlm_robot.ros.overlay import STEP_COLOURS

_TEXT_M = 0.03


def plan_markers(plan: Plan) -> MarkerArray:
    """Return a box and a label for each grounded target; the ones of the last plan go away."""
    markers = [Marker(action=Marker.DELETEALL)]
    for index, step in enumerate(plan.steps):
        if (found := step.target.grounding) is not None:
            label = f'{index + 1} {step.skill.name.lower()} {step.target.label}'
            colour = _colour(index)
            markers += [
                _box(plan.stamp_ns, index, found, colour),
                _text(plan.stamp_ns, index, found, label),
            ]
    return MarkerArray(markers=markers)


def _box(stamp_ns: int, index: int, found: Grounding, colour: ColorRGBA) -> Marker:
    length, width, height = found.size
    return Marker(
        header=header_message(stamp_ns, found.frame_id),
        ns='target',
        id=index,
        type=Marker.CUBE,
        pose=pose_message(found.position, yaw=found.yaw),
        scale=Vector3(x=length, y=width, z=height),
        color=colour,
    )


def _text(stamp_ns: int, index: int, found: Grounding, label: str) -> Marker:
    x, y, _ = found.position
    return Marker(
        header=header_message(stamp_ns, found.frame_id),
        ns='label',
        id=index,
        type=Marker.TEXT_VIEW_FACING,
        pose=pose_message((x, y, found.top + _TEXT_M), yaw=0.0),
        scale=Vector3(z=_TEXT_M),
        color=ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0),
        text=label,
    )


def _colour(index: int) -> ColorRGBA:
    r, g, b = (c / 255 for c in STEP_COLOURS[index % len(STEP_COLOURS)])
    return ColorRGBA(r=r, g=g, b=b, a=0.5)
