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

"""Makes the robot of the executor `moveit`, where MoveIt's messages are installed."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.motion.robot import PoseRobot
from vlm_robot.motion.settings import ArmSettings

if TYPE_CHECKING:
    from rclpy.node import Node

    from vlm_robot.nodes.motion_parameters import MotionParameters
    from vlm_robot.ros.moveit.servo import Forward

_NEEDED = ('moveit_msgs', 'control_msgs')


def make_moveit_robot(
    node: Node, parameters: MotionParameters, settings: ArmSettings
) -> PoseRobot:
    """
    Return an arm behind MoveIt.

    :raises ConfigurationError: where a message package is not installed, or for parameters that
        cannot be used.
    """
    for package in _NEEDED:
        require(package)
    from vlm_robot.ros.moveit.robot import MoveItRobot

    return MoveItRobot(
        node,
        parameters.moveit,
        settings,
        base_frame=parameters.base_frame,
        state_timeout_s=parameters.state_timeout_s,
        forward=_forward(parameters, settings) if parameters.moveit.servo else None,
    )


def require(package: str) -> None:
    """:raises ConfigurationError: where a package of MoveIt's messages is not installed."""
    try:
        import_module(f'{package}.msg')
    except ImportError as err:
        name = package.replace('_', '-')
        raise ConfigurationError(
            f'executor moveit needs {package}: sudo apt install ros-$ROS_DISTRO-{name}'
        ) from err


def _forward(parameters: MotionParameters, settings: ArmSettings) -> Forward:
    """:raises ConfigurationError: without a model of the arm."""
    if not parameters.arm_model:
        raise ConfigurationError(
            "parameter 'moveit.servo' is true, but 'arm_model' is empty: expected the URDF or "
            'MJCF of the arm, which tells where the tcp is'
        )
    from vlm_robot.motion.kinematics import Kinematics
    from vlm_robot.motion.mjcf import load_arm

    path = Path(parameters.arm_model).expanduser()
    kinematics = Kinematics(load_arm(path, settings), settings)
    return lambda joints: kinematics.tcp(joints).as_matrix()
