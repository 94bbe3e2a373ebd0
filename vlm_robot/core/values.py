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

"""The frozen values that travel from camera frame to motion goal."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.skills import Direction, Relation, Skill

Pixel = tuple[float, float]
"""(u, v) of the original image: u right, v down, origin at the top-left pixel's centre."""

Point3 = tuple[float, float, float]
"""(x, y, z) in metres; the frame is named by the value that holds it."""


@dataclass(frozen=True)
class Intrinsics:
    """Pinhole camera intrinsics in pixels (`sensor_msgs/CameraInfo`, rectified images)."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float


@dataclass(frozen=True)
class Frame:
    """One look through the camera: colour, depth and intrinsics of one moment."""

    stamp_ns: int
    frame_id: str  # the camera's optical frame
    rgb: NDArray[np.uint8]  # (h, w, 3)
    depth_m: NDArray[np.float32] | None = None  # (h, w), NaN where invalid
    intrinsics: Intrinsics | None = None


@dataclass(frozen=True)
class Grounding:
    """Where a target is in space, measured from a region of depth."""

    frame_id: str  # frame of position, usually the robot's base
    position: Point3  # centre of the thing
    yaw: float  # rad about z; the gripper closes along the y axis of this frame
    size: Point3  # extent along the yawed x (length), y (width, the grasped side) and z
    spread_m: float = 0.0  # median absolute deviation of the surface points' depth
    valid_share: float = 1.0  # share of the region's pixels with valid depth

    @property
    def top(self) -> float:
        """Height of the highest point, in metres."""
        return self.position[2] + self.size[2] / 2

    @property
    def bottom(self) -> float:
        """Height of the lowest point, in metres."""
        return self.position[2] - self.size[2] / 2


@dataclass(frozen=True)
class Target:
    """One thing in the scene that a plan refers to."""

    label: str
    pixel: Pixel | None = None
    confidence: float = math.nan  # probability of the point, NaN if the backend reports none
    grounding: Grounding | None = None


@dataclass(frozen=True)
class Step:
    """One skill applied to one target."""

    skill: Skill
    target: Target
    relation: Relation = Relation.NONE  # PLACE only
    direction: Direction = Direction.NONE  # PUSH only
    goal: Point3 | None = None  # see vlm_robot_interfaces/msg/Step; frame of target.grounding


@dataclass(frozen=True)
class Plan:
    """What to do about one instruction on one image, or why not."""

    instruction: str
    verdict: Verdict = OK
    steps: tuple[Step, ...] = ()
    plan_id: str = ''
    stamp_ns: int = 0
    camera_frame: str = ''
    question: str = ''  # AMBIGUOUS only
    candidates: tuple[Target, ...] = ()  # AMBIGUOUS only
    timings_s: dict[str, float] = field(default_factory=dict)  # stage -> seconds, in order
    model: str = ''
    raw_answer: str = ''

    @property
    def outcome(self) -> Outcome:
        """The outcome code."""
        return self.verdict.outcome
