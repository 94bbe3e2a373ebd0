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

"""Where the gripper is sent: every grasp of this package comes from above."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_robot.core.geometry import Quaternion, from_approach, quat_xyzw_of
from vlm_robot.core.values import Point3

DOWN: Point3 = (0.0, 0.0, -1.0)


@dataclass(frozen=True)
class GripperPose:
    """The gripper pointing straight down, in the base frame."""

    position: Point3  # of the tcp
    yaw: float  # the fingers close along the y axis of the frame turned by yaw about z

    @property
    def quat_xyzw(self) -> Quaternion:
        """Rotation of the tcp: z down, y along the closing direction."""
        return quat_xyzw_of(from_approach(DOWN, yaw=self.yaw))
