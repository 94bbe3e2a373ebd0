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

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from vlm_robot.core.geometry import from_approach
from vlm_robot.core.values import GraspCandidate, Grounding, Plan, Point3, Step, Target
from vlm_robot.ros.conversions import header_message, pose_message
from vlm_robot.ros.overlay import ALARM, STEP_COLOURS

_TEXT_M = 0.03
_GOAL_M = 0.02
_LINE_M = 0.002
_FINGER_M = 0.04  # length of a drawn finger
_PALM_M = 0.04  # and of the line behind the palm
_BEST, _OTHER = 1.0, 0.3  # opacity of grasps


def plan_markers(plan: Plan) -> MarkerArray:
    """
    Return what a plan refers to in space; the markers of the last plan go away.

    A box and a label for each target that was measured and for each candidate of an ambiguous
    plan, the grasps of what is picked, and the goals.
    """
    markers = [Marker(action=Marker.DELETEALL)]
    for index, step in enumerate(plan.steps):
        colour = STEP_COLOURS[index % len(STEP_COLOURS)]
        markers += _Drawing(plan, colour).step(step, index)
    for index, candidate in enumerate(plan.candidates):
        markers += _Drawing(plan, ALARM).target(candidate, index, 'candidate', '? ')
    return MarkerArray(markers=markers)


@dataclass(frozen=True)
class _Drawing:
    """Makes markers of one plan in one colour."""

    plan: Plan
    rgb: tuple[int, int, int]

    def step(self, step: Step, index: int) -> Iterator[Marker]:
        said = f'{index + 1} {step.skill.name.lower()} '
        yield from self.target(step.target, index, 'target', said)
        if step.other is not None:
            yield from self.target(step.other, index, 'other', f'{said}... and ')
        found = step.target.grounding
        if found is None:
            return
        for rank, grasp in enumerate(found.grasps):
            yield self._grasp(found, grasp, index, rank)
        if step.goal is not None:
            yield self._goal(found, step.goal, index)

    def target(self, target: Target, index: int, ns: str, said: str) -> Iterator[Marker]:
        found = target.grounding
        if found is None:
            return
        box = self._marker(found, ns, index, Marker.CUBE, opacity=0.5)
        box.pose = pose_message(found.position, yaw=found.yaw)
        box.scale = _vector(found.size)
        yield box
        text = self._marker(found, f'{ns}_label', index, Marker.TEXT_VIEW_FACING, opacity=1.0)
        x, y, _ = found.position
        text.pose = pose_message((x, y, found.top + _TEXT_M), yaw=0.0)
        text.scale = Vector3(z=_TEXT_M)
        text.color = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
        text.text = f'{said}{target.label}'
        yield text

    def _grasp(self, found: Grounding, grasp: GraspCandidate, index: int, rank: int) -> Marker:
        """Draw two fingers, the palm and the line that the hand comes along."""
        opacity = _OTHER if rank else _BEST
        marker = self._marker(found, f'grasp{rank}', index, Marker.LINE_LIST, opacity=opacity)
        marker.scale = Vector3(x=_LINE_M)
        T = from_approach(grasp.approach, yaw=grasp.yaw)
        T[:3, 3] = grasp.position
        side = grasp.width_m / 2
        left, right = np.array([0, side, 0]), np.array([0, -side, 0])
        back, wrist = np.array([0, 0, -_FINGER_M]), np.array([0, 0, -_FINGER_M - _PALM_M])
        ends = (left, left + back, right, right + back, left + back, right + back, back, wrist)
        marker.points = [_point(T[:3, :3] @ end + T[:3, 3]) for end in ends]
        return marker

    def _goal(self, found: Grounding, goal: Point3, index: int) -> Marker:
        marker = self._marker(found, 'goal', index, Marker.SPHERE, opacity=1.0)
        marker.pose = pose_message(goal, yaw=0.0)
        marker.scale = _vector((_GOAL_M, _GOAL_M, _GOAL_M))
        return marker

    def _marker(
        self, found: Grounding, ns: str, index: int, kind: int, *, opacity: float
    ) -> Marker:
        r, g, b = (c / 255 for c in self.rgb)
        return Marker(
            header=header_message(self.plan.stamp_ns, found.frame_id),
            ns=ns,
            id=index,
            type=kind,
            color=ColorRGBA(r=r, g=g, b=b, a=opacity),
        )


def _vector(values: Point3) -> Vector3:
    x, y, z = values
    return Vector3(x=x, y=y, z=z)


def _point(values: np.ndarray) -> Point:
    x, y, z = (float(value) for value in values)
    return Point(x=x, y=y, z=z)
