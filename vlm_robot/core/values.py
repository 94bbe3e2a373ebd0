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
    """
    One look through the camera: colour, depth and intrinsics of one moment.

    Depth lies in the pixels of the colour image. A lens that is no pinhole has `rays`: the
    undistorted x / z and y / z of each pixel's line of sight, NaN where there is none; pixels stay
    those of the image as it was taken.
    """

    stamp_ns: int
    frame_id: str  # the camera's optical frame
    rgb: NDArray[np.uint8]  # (h, w, 3)
    depth_m: NDArray[np.float32] | None = None  # (h, w), NaN where invalid
    intrinsics: Intrinsics | None = None
    rays: NDArray[np.float32] | None = None  # (2, h, w), None for a pinhole
    earlier_depth_m: tuple[NDArray[np.float32], ...] = ()  # of the same camera, newest first
    camera: str = ''  # namespace of its topics


@dataclass(frozen=True)
class GraspCandidate:
    """One way for a parallel gripper to take hold of a thing, in the frame of its grounding."""

    position: Point3  # of the point between the finger pads when they close
    yaw: float  # rad about z; the gripper closes along the y axis of this frame
    approach: Point3  # unit vector that the hand comes along: (0, 0, -1) from above
    width_m: float  # extent of the thing between the pads
    clearance_m: float  # from the open fingers to the nearest other thing; negative if they touch


@dataclass(frozen=True)
class Grounding:
    """Where a target is in space, measured from a region of depth."""

    frame_id: str  # frame of position, usually the robot's base
    position: Point3  # centre of the thing
    yaw: float  # rad about z; the gripper closes along the y axis of this frame
    size: Point3  # extent along the yawed x (length), y (width, the grasped side) and z
    spread_m: float = 0.0  # median absolute deviation of the surface points' depth
    valid_share: float = 1.0  # share of the region's pixels with valid depth
    depth_images: int = 1  # that were measured
    deviation_m: float = math.nan  # standard deviation of the centre between them
    grasps: tuple[GraspCandidate, ...] = ()  # the best first

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
    camera: str = ''  # whose image was pointed at, see Frame


@dataclass(frozen=True)
class Step:
    """One skill applied to one target."""

    skill: Skill
    target: Target
    relation: Relation = Relation.NONE  # PLACE only
    direction: Direction = Direction.NONE  # PUSH only
    goal: Point3 | None = None  # see vlm_robot_interfaces/msg/Step; frame of target.grounding
    other: Target | None = None  # PLACE BETWEEN only: the second thing


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
