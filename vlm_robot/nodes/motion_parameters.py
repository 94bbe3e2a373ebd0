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

"""The parameters of motion_node, and their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from vlm_robot.nodes.base_frame import BASE_FRAME
from vlm_robot.ros.moveit.parameters import MoveItParameters
from vlm_robot.ros.parameters import parameter


@dataclass(frozen=True)
class TopicParameters:
    """Somebody else's planner, behind topics."""

    timeout_s: float = parameter(
        60.0, 'how long one goal_pose or gripper_command may take', minimum=0.1
    )
    home: tuple[float, ...] = parameter(
        (), "x, y, z in m and yaw in rad of the tcp, out of the camera's view; empty: it stays"
    )


@dataclass(frozen=True)
class MotionParameters:
    """Parameters of motion_node."""

    executor: str = parameter(
        'trajectory',
        'who plans the way: we (joint trajectories), or somebody behind topics, or MoveIt',
        choices=('trajectory', 'topic', 'moveit'),
    )
    arm_file: str = parameter('', 'settings of the arm; empty takes config/arm.yaml', is_file=True)
    arm_model: str = parameter(
        '', 'MJCF or URDF of the arm; empty takes the simulated one', is_file=True
    )
    base_frame: str = parameter(BASE_FRAME, 'the frame that targets must be given in')
    state_timeout_s: float = parameter(
        1.0, 'longest silence of joint_states before the arm counts as lost', minimum=0.05
    )
    stall_timeout_s: float = parameter(
        3.0, 'how long the arm may stand still short of its goal', minimum=0.1
    )
    goal_tolerance_rad: float = parameter(
        0.05, 'largest error of a joint at the end of a trajectory', minimum=0.001
    )
    topic: TopicParameters = field(default_factory=TopicParameters)
    moveit: MoveItParameters = field(default_factory=MoveItParameters)
