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

"""The known executors by name, loaded when asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlm_robot.core.errors import UnknownNameError
from vlm_robot.motion.arm import Arm
from vlm_robot.motion.pose_executor import PoseStepExecutor
from vlm_robot.motion.settings import ArmSettings

if TYPE_CHECKING:
    from rclpy.node import Node

    from vlm_robot.motion.joint_arm import JointArm
    from vlm_robot.nodes.motion_parameters import MotionParameters

OURS = 'trajectory'
"""The executor whose way we plan; the others plan for themselves."""

ROBOTS = {
    OURS: 'vlm_robot.ros.arm.robot:make_ros_robot',
    'topic': 'vlm_robot.ros.arm.topic_robot:make_topic_robot',
    'moveit': 'vlm_robot.ros.moveit.make:make_moveit_robot',
}
"""Executor -> what makes its robot of a node, its parameters and the arm's settings."""


def make_arm(node: Node, parameters: MotionParameters) -> Arm:
    """
    Return the arm that a node's parameters name.

    :raises UnknownNameError: for an executor that is not known.
    :raises ConfigurationError: for settings, a model or an installation that cannot be used.
    """
    settings = ArmSettings.load(optional_path(parameters.arm_file))
    robot = make_robot(node, parameters, settings)
    if parameters.executor == OURS:
        return _planned(node, parameters, settings, robot)
    return PoseStepExecutor(settings, robot, note=lambda text: node.get_logger().warning(text))


def make_robot(node: Node, parameters: MotionParameters, settings: ArmSettings) -> Any:
    """Return the robot of an executor: a `Robot` of ours, a `PoseRobot` of the others."""
    name = parameters.executor
    if name not in ROBOTS:
        raise UnknownNameError('executor', name, ROBOTS)
    module, _, attribute = ROBOTS[name].partition(':')
    return getattr(import_module(module), attribute)(node, parameters, settings)


def optional_path(name: str) -> Path | None:
    """Return the path of a parameter that may be empty."""
    return Path(name).expanduser() if name else None


def _planned(
    node: Node, parameters: MotionParameters, settings: ArmSettings, robot: Any
) -> JointArm:
    from vlm_robot.motion.executor import StepExecutor
    from vlm_robot.motion.joint_arm import JointArm
    from vlm_robot.motion.mjcf import load_arm
    from vlm_robot.sim.model import ARM_PATH

    path = optional_path(parameters.arm_model) or ARM_PATH
    logger = node.get_logger()
    model = load_arm(
        path,
        settings,
        note=lambda text: logger.warning(text),
        base_frame=parameters.base_frame,
    )
    return JointArm(StepExecutor(settings, model), robot)
