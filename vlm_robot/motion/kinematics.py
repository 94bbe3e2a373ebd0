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

"""Forward and inverse kinematics, straight lines and collisions of the arm, by mink and MuJoCo."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import MissingPackageError
from vlm_robot.core.values import Point3
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.timing import JointPath

try:
    import daqp  # noqa: F401  # the solver that mink is asked to use
    import mink
except ImportError as err:
    raise MissingPackageError(err.name or 'mink', 'motion') from err

_SOLVER = 'daqp'
_ITERATIONS = 40
_POSITION_TOLERANCE_M = 5e-4
_ROTATION_TOLERANCE_RAD = 5e-3
_LINE_STEP_M = 0.015
_MAX_JUMP_RAD = 0.35  # between neighbours on a line; more means that the arm would flip
_JOINT_STEP_RAD = 0.08  # between checks for collisions
_DAMPING = 1e-6


@dataclass(frozen=True)
class GripperPose:
    """The gripper pointing straight down, in the base frame."""

    position: Point3  # of the tcp
    yaw: float  # the fingers close along the y axis of the frame turned by yaw about z


class Kinematics:
    """
    Solves one arm's kinematics. Not thread safe.

    :param model: see `load_arm`; other joints than the arm's stay as they are in the model.
    """

    def __init__(self, model: mujoco.MjModel, settings: ArmSettings) -> None:
        self._model = model
        self._site = settings.tcp_site
        self._posture = np.array(settings.posture)
        joints = [model.joint(name) for name in settings.joint_names]
        self._qpos = np.array([joint.qposadr[0] for joint in joints])
        self._low, self._high = np.array([joint.range for joint in joints]).T
        self._configuration = mink.Configuration(model)
        self._rest = self._configuration.q.copy()
        self._frame = mink.FrameTask(
            settings.tcp_site, 'site', position_cost=1.0, orientation_cost=0.3, lm_damping=1e-3
        )
        weights = np.zeros(model.nv)
        weights[[joint.dofadr[0] for joint in joints]] = settings.posture_weights
        self._keep = mink.PostureTask(model, cost=weights)
        self._keep.set_target(self._full(self._posture))
        self._limits = [mink.ConfigurationLimit(model)]

    def tcp(self, joints: NDArray[np.float64]) -> mink.SE3:
        """Return the pose of the tcp in the base frame."""
        self._configuration.update(self._full(joints))
        return self._configuration.get_transform_frame_to_world(self._site, 'site')

    def height(self, joints: NDArray[np.float64]) -> float:
        """Return the height of the tcp over the table."""
        return float(self.tcp(joints).translation()[2])

    def solve(self, pose: GripperPose) -> NDArray[np.float64] | None:
        """Return joint positions that put the gripper there, or None when it cannot be reached."""
        target = downward(pose)
        return self._solve(target, self._seed(target))

    def line(self, start: NDArray[np.float64], end: Point3) -> JointPath | None:
        """
        Move the tcp straight from where `start` puts it to `end`, without turning it.

        :return: a path whose parameter is in m, or None when part of it cannot be reached.
        """
        pose = self.tcp(start)
        origin = pose.translation()
        length = float(np.linalg.norm(np.subtract(end, origin)))
        marks = np.linspace(0, 1, max(2, math.ceil(length / _LINE_STEP_M) + 1))
        joints = [start]
        for mark in marks[1:]:
            point = origin + mark * np.subtract(end, origin)
            found = self._solve(
                mink.SE3.from_rotation_and_translation(pose.rotation(), point), joints[-1]
            )
            if found is None or np.abs(found - joints[-1]).max() > _MAX_JUMP_RAD:
                return None
            joints.append(found)
        return JointPath(marks * max(length, 1e-6), np.array(joints))

    def collision(self, path: JointPath) -> str | None:
        """Return what touches what on a path, or None when nothing does."""
        for before, after in zip(path.positions, path.positions[1:], strict=False):
            count = max(1, math.ceil(np.abs(after - before).max() / _JOINT_STEP_RAD))
            for share in np.linspace(0, 1, count + 1)[1:]:
                if touching := self._touching(before + share * (after - before)):
                    return touching
        return None

    def lowest(self, path: JointPath) -> float:
        """Return the least height of the tcp on a path."""
        first, last = path.positions[0], path.positions[-1]
        count = max(2, math.ceil(np.abs(last - first).max() / _JOINT_STEP_RAD))
        return min(self.height(first + s * (last - first)) for s in np.linspace(0, 1, count))

    def _touching(self, joints: NDArray[np.float64]) -> str | None:
        self._configuration.update(self._full(joints))
        mujoco.mj_collision(self._model, self._configuration.data)
        for contact in self._configuration.data.contact:
            if contact.dist < 0:
                first, second = (self._model.geom(int(geom)).name for geom in contact.geom)
                return f'{first} touches {second}'
        return None

    def _solve(self, target: mink.SE3, seed: NDArray[np.float64]) -> NDArray[np.float64] | None:
        self._configuration.update(self._full(seed))
        self._frame.set_target(target)
        for _ in range(_ITERATIONS):
            error = self._frame.compute_error(self._configuration)
            near = np.linalg.norm(error[:3]) < _POSITION_TOLERANCE_M
            if near and np.linalg.norm(error[3:]) < _ROTATION_TOLERANCE_RAD:
                return self._configuration.q[self._qpos].copy()
            try:
                step = mink.solve_ik(
                    self._configuration,
                    [self._frame, self._keep],
                    1.0,
                    _SOLVER,
                    damping=_DAMPING,
                    limits=self._limits,
                )
            except mink.NoSolutionFound:
                return None
            self._configuration.integrate_inplace(step, 1.0)
        return None

    def _seed(self, target: mink.SE3) -> NDArray[np.float64]:
        """Turn the first joint to the target and the last one to its yaw: most of the solution."""
        seed = self._posture.copy()
        x, y, _ = target.translation()
        seed[0] += math.atan2(y, x)
        error = (self.tcp(seed).rotation().inverse() @ target.rotation()).log()
        turned = seed[-1] + error[2]
        options = [turned + turn for turn in (-2 * math.pi, 0.0, 2 * math.pi)]
        seed[-1] = min(options, key=lambda q: abs(q - (self._low[-1] + self._high[-1]) / 2))
        return np.clip(seed, self._low, self._high)

    def _full(self, joints: NDArray[np.float64]) -> NDArray[np.float64]:
        q = self._rest.copy()
        q[self._qpos] = np.clip(joints, self._low, self._high)
        return q


def downward(pose: GripperPose) -> mink.SE3:
    """Return the tcp's pose in the base frame: z down, y along the closing direction."""
    half = pose.yaw / 2
    quat_wxyz = np.array([0.0, math.cos(half), math.sin(half), 0.0])  # Rz(yaw) * Rx(pi)
    return mink.SE3.from_rotation_and_translation(
        mink.SO3(quat_wxyz), np.array(pose.position, dtype=np.float64)
    )
