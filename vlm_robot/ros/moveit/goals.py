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

"""Goals for MoveIt as plain values: where its tool link has to be, and how exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import (
    Quaternion,
    as_point,
    from_quaternion,
    inverse,
    quat_xyzw_of,
)
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Point3
from vlm_robot.motion.robot import PoseGoal
from vlm_robot.motion.settings import ArmSettings, Tool


@dataclass(frozen=True)
class LinkGoal:
    """Where the tool link has to be in the base frame, see `moveit_msgs/msg/Constraints`."""

    name: str
    link: str
    position: Point3
    quat_xyzw: Quaternion
    speed_mps: float | None = None  # largest, of the link


@dataclass(frozen=True)
class JointGoal:
    """Where one joint has to be, in rad."""

    joint: str
    position: float


@dataclass(frozen=True)
class ToolLink:
    """The link that MoveIt moves, and where the tcp is on it."""

    name: str
    T_link_tcp: NDArray[np.float64]  # (4, 4)

    @classmethod
    def of(cls, tool: Tool) -> Self:
        """Return the link of an arm's settings."""
        return cls(tool.frame, _from_rpy(tool.translation, tool.rpy))

    def goal(self, goal: PoseGoal) -> LinkGoal:
        """
        Return where the link has to be for the tcp to be at a goal.

        :raises Refusal: UNREACHABLE when the goal is no pose.
        """
        T_base_link = _pose(goal) @ inverse(self.T_link_tcp)
        position, quat_xyzw = as_point(T_base_link[:3, 3]), quat_xyzw_of(T_base_link)
        return LinkGoal(goal.name, self.name, position, quat_xyzw, goal.speed_mps)


def home_goals(settings: ArmSettings) -> tuple[JointGoal, ...]:
    """Return the arm's home pose: a request to MoveGroup cannot name a pose of the SRDF."""
    return tuple(
        JointGoal(name, position)
        for name, position in zip(settings.joint_names, settings.home, strict=True)
    )


def _from_rpy(translation: Point3, rpy: Point3) -> NDArray[np.float64]:
    """Return the 4 x 4 transform of an `origin` of a URDF: rotations about fixed x, y, z."""
    T = np.eye(4)
    for axis, angle in enumerate(rpy):
        quat = [0.0, 0.0, 0.0, math.cos(angle / 2)]
        quat[axis] = math.sin(angle / 2)
        T = from_quaternion((0.0, 0.0, 0.0), quat) @ T
    T[:3, 3] = translation
    return T


def _pose(goal: PoseGoal) -> NDArray[np.float64]:
    try:
        if all(map(math.isfinite, goal.position)):
            return from_quaternion(goal.position, goal.quat_xyzw)
        message = f'the position {goal.position!r} is not finite'
    except ValueError as err:
        message = str(err)
    raise Refusal(Outcome.UNREACHABLE, f'{goal.name!r} has no pose: {message}')
