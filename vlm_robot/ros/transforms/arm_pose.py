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

"""Where the arm's tool is, from its joints or from tf."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import from_quaternion, inverse
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros.conversions import to_ns
from vlm_robot.ros.streams.newest import Newest
from vlm_robot.ros.transforms.frames import Transforms

if TYPE_CHECKING:
    from rclpy.node import Node

    from vlm_robot.motion.kinematics import Kinematics
    from vlm_robot.motion.settings import Tool

_FARTHEST_S = 0.5  # between the stamps of an image and of joint_states


class ArmPose(Protocol):
    """Tells where the tool is."""

    tool_frame: str

    def at(self, stamp_ns: int, cancel: CancelToken) -> NDArray[np.float64]:
        """
        Return T_base_tool at a moment.

        :raises Refusal: NO_TRANSFORM or CANCELED.
        """
        ...


class TfArmPose:
    """Asks tf for a link."""

    def __init__(self, transforms: Transforms, base_frame: str, tool_frame: str) -> None:
        self.tool_frame = tool_frame
        self._transforms = transforms
        self._base_frame = base_frame

    def at(self, stamp_ns: int, cancel: CancelToken) -> NDArray[np.float64]:
        """Return T_base_tool at a moment."""
        return self._transforms.between(self._base_frame, self.tool_frame, stamp_ns, cancel)


class JointArmPose:
    """Computes the tool frame of the arm's settings from joint_states."""

    def __init__(
        self, node: Node, kinematics: Kinematics, joint_names: Sequence[str], tool: Tool
    ) -> None:
        self.tool_frame = tool.frame
        self._kinematics = kinematics
        self._joint_names = tuple(joint_names)
        self._T_tcp_tool = inverse(T_tool_tcp(tool))
        self._states = Newest(node, JointState, 'joint_states')

    def at(self, stamp_ns: int, cancel: CancelToken) -> NDArray[np.float64]:
        """Return T_base_tool by the joint_states nearest to a moment."""
        states = self._states.messages()
        if not states:
            raise _missing(f'no joint_states have arrived on {self._states.topic!r}')
        nearest = min(states, key=lambda state: abs(to_ns(state.header.stamp) - stamp_ns))
        gap_s = abs(to_ns(nearest.header.stamp) - stamp_ns) / 1e9
        if gap_s > _FARTHEST_S:
            raise _missing(f'the nearest joint_states are {gap_s:.3f} s from the image')
        joints = joint_positions(nearest, self._joint_names)
        T_base_tcp = np.asarray(self._kinematics.tcp(joints).as_matrix(), dtype=np.float64)
        return T_base_tcp @ self._T_tcp_tool


def make_joint_arm_pose(node: Node, *, arm_file: str, arm_model: str) -> JointArmPose:
    """
    Return what computes the tool's pose by an arm's settings and model.

    :param arm_file: empty takes `config/arm.yaml`.
    :param arm_model: MJCF or URDF; empty takes the simulated arm.
    :raises ConfigurationError: for files that cannot be used.
    """
    from vlm_robot.motion.kinematics import Kinematics
    from vlm_robot.motion.mjcf import load_arm
    from vlm_robot.motion.settings import ArmSettings
    from vlm_robot.sim.model import ARM_PATH

    settings = ArmSettings.load(Path(arm_file).expanduser() if arm_file else None)
    model = load_arm(Path(arm_model).expanduser() if arm_model else ARM_PATH, settings)
    return JointArmPose(node, Kinematics(model, settings), settings.joint_names, settings.tool)


def joint_positions(state: JointState, joint_names: Sequence[str]) -> NDArray[np.float64]:
    """
    Return the positions of an arm's joints, in its order.

    :raises Refusal: NO_TRANSFORM, when one is missing or not finite.
    """
    known = dict(zip(state.name, state.position, strict=False))
    if missing := [name for name in joint_names if name not in known]:
        had = ', '.join(known) or 'none'
        raise _missing(f'joint_states lack {", ".join(missing)}: known are {had}')
    positions = np.array([known[name] for name in joint_names], dtype=np.float64)
    if not np.isfinite(positions).all():
        raise _missing(f'joint_states have positions {positions.tolist()!r}')
    return positions


def T_tool_tcp(tool: Tool) -> NDArray[np.float64]:
    """Return the tcp's pose in the tool frame of the settings."""
    T = np.eye(4)
    T[:3, 3] = tool.translation
    for axis in (2, 1, 0):  # fixed axes: roll is applied first
        quat_xyzw = [0.0, 0.0, 0.0, math.cos(tool.rpy[axis] / 2)]
        quat_xyzw[axis] = math.sin(tool.rpy[axis] / 2)
        T = T @ from_quaternion((0.0, 0.0, 0.0), quat_xyzw)
    return T


def _missing(message: str) -> Refusal:
    return Refusal(Outcome.NO_TRANSFORM, message)
