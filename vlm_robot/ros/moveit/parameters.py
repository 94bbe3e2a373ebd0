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

"""The parameters of an arm behind MoveIt 2: the group `moveit` of motion_node."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_robot.ros.parameters import parameter


@dataclass(frozen=True)
class MoveItParameters:
    """How MoveIt is asked; without effect with another executor."""

    group: str = parameter('manipulator', 'planning group of the arm, as the SRDF names it')
    pipeline: str = parameter('', "planning pipeline; empty is move_group's own choice")
    planner: str = parameter('', "planner of the pipeline; empty is the pipeline's own choice")
    planning_time_s: float = parameter(5.0, 'longest planning of one motion', minimum=0.1)
    attempts: int = parameter(4, 'plans to choose the shortest of', minimum=1, maximum=100)
    velocity_scaling: float = parameter(
        0.2, 'share of the largest joint velocities', minimum=0.001, maximum=1.0
    )
    acceleration_scaling: float = parameter(
        0.2, 'share of the largest joint accelerations', minimum=0.001, maximum=1.0
    )
    position_tolerance_m: float = parameter(
        0.001, 'radius of the sphere that the tool link must end in', minimum=1e-5
    )
    orientation_tolerance_rad: float = parameter(
        0.01, 'largest rotation error about each axis at the end', minimum=1e-4
    )
    joint_tolerance_rad: float = parameter(0.01, 'largest error of a joint at home', minimum=1e-4)
    cartesian_step_m: float = parameter(
        0.005, 'between two solved poses of a straight line', minimum=0.0005
    )
    cartesian_max_jump_rad: float = parameter(
        0.35,
        'largest change of a joint between those; more means that the arm would flip',
        minimum=0.01,
    )
    cartesian_min_share: float = parameter(
        0.99, 'share of a straight line that must be possible', minimum=0.0, maximum=1.0
    )
    answer_timeout_s: float = parameter(
        5.0, 'how long move_group and the gripper may take to appear and to accept', minimum=0.1
    )
    motion_timeout_s: float = parameter(
        60.0, 'how long one motion may take, planning included', minimum=1.0
    )
    gripper: str = parameter(
        'gripper_command',
        'action of the gripper, served as gripper_controller/gripper_cmd',
        choices=('gripper_command', 'parallel_gripper_command'),
    )
    gripper_effort: float = parameter(
        20.0, 'largest effort of the fingers in N, or N m for a revolute joint', minimum=0.0
    )
    scene: bool = parameter(True, 'tell the planning scene the table and the things of a step')
    table_height_m: float = parameter(0.0, 'of the table over the base frame')
    table_centre: tuple[float, ...] = parameter(
        (0.5, 0.0), 'centre of the table in the base frame in m'
    )
    table_size: tuple[float, ...] = parameter((1.2, 1.6), 'extent of the table along x and y in m')
    scene_margin_m: float = parameter(
        0.004,
        'gap between the table and what stands on it, so that they do not touch',
        minimum=0.0,
    )
    touch_links: tuple[str, ...] = parameter(
        ('hand', 'left_finger', 'right_finger'), 'links that may touch what is held'
    )
    servo: bool = parameter(
        False, 'move along straight lines by MoveIt Servo; arm_model tells where the tcp is'
    )
    servo_tolerance_m: float = parameter(
        0.002, 'how near to its goal Servo has to bring the tcp', minimum=1e-4
    )
    servo_tolerance_rad: float = parameter(0.02, 'how well Servo has to align it', minimum=1e-3)
