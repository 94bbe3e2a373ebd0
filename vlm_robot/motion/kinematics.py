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

import mujoco
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import MissingPackageError
from vlm_robot.core.geometry import quat_wxyz_from_xyzw
from vlm_robot.core.values import Point3
from vlm_robot.motion.contacts import name_of
from vlm_robot.motion.gripper_pose import GripperPose
from vlm_robot.motion.mjcf import TCP
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.stuck import Stuck, degenerate
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
_AT_LIMIT_RAD = 1e-3
_OUTSIDE_RAD = 0.05
_UPRIGHT = 0.99  # of the first joint's axis along z


class Kinematics:
    """
    Solves one arm's kinematics. Not thread safe.

    :param model: see `load_arm`; other joints than the arm's stay as they are in the model.
    """

    def __init__(self, model: mujoco.MjModel, settings: ArmSettings) -> None:
        self._model = model
        self._names = settings.joint_names
        self._posture = np.array(settings.posture)
        joints = [model.joint(name) for name in settings.joint_names]
        self._qpos = np.array([joint.qposadr[0] for joint in joints])
        self._dofs = np.array([joint.dofadr[0] for joint in joints])
        self._low, self._high = _limits(model, [joint.id for joint in joints])
        self._configuration = mink.Configuration(model)
        self._rest = self._configuration.q.copy()
        self._frame = mink.FrameTask(
            TCP, 'site', position_cost=1.0, orientation_cost=0.3, lm_damping=1e-3
        )
        weights = np.zeros(model.nv)
        weights[self._dofs] = settings.posture_weights
        self._keep = mink.PostureTask(model, cost=weights)
        self._keep.set_target(self._full(self._posture))
        self._limits = [mink.ConfigurationLimit(model)]
        self._jump: str | None = None
        self._nearest, self._miss_m = self._rest, 0.0
        self._facing = self._faces()

    def tcp(self, joints: NDArray[np.float64]) -> mink.SE3:
        """Return the pose of the tcp in the base frame."""
        self._configuration.update(self._full(joints))
        return self._configuration.get_transform_frame_to_world(TCP, 'site')

    def height(self, joints: NDArray[np.float64]) -> float:
        """Return the height of the tcp over the table."""
        return float(self.tcp(joints).translation()[2])

    def solve(self, pose: GripperPose) -> NDArray[np.float64] | None:
        """
        Return joint positions that put the gripper there.

        :return: (joints,) rad, or None when it cannot be reached: `stuck` says why.
        """
        self._jump = None
        target = downward(pose)
        return self._solve(target, self._seed(target))

    def line(self, start: NDArray[np.float64], end: Point3) -> JointPath | None:
        """
        Move the tcp straight from where `start` puts it to `end`, without turning it.

        :return: a path whose parameter is in m, or None when part of it cannot be reached, or not
            without a jump of a joint: `stuck` says which.
        """
        self._jump = None
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
            if found is None:
                return None
            jumps = np.abs(found - joints[-1])
            if jumps.max() > _MAX_JUMP_RAD:
                joint = int(np.argmax(jumps))
                self._jump = f'{self._names[joint]} would jump by {jumps[joint]:.1f} rad'
                return None
            joints.append(found)
        return JointPath(marks * max(length, 1e-6), np.array(joints))

    def stuck(self) -> Stuck:
        """Say why `solve` or `line`, called just before, found nothing."""
        self._configuration.update(self._nearest)
        joints = self._nearest[self._qpos]
        near = np.flatnonzero(
            (joints < self._low + _AT_LIMIT_RAD) | (joints > self._high - _AT_LIMIT_RAD)
        )
        jacobian = self._configuration.get_frame_jacobian(TCP, 'site')[:, self._dofs]
        return Stuck(
            miss_m=self._miss_m,
            at_limits=tuple(f'{self._names[i]} at its limit, {joints[i]:.2f}' for i in near),
            singular=tuple(self._names[i] for i in degenerate(jacobian)),
            jump=self._jump,
        )

    def outside(self, joints: NDArray[np.float64]) -> str | None:
        """Return which joint is outside its limits by more than a tolerance; None for none."""
        excess = np.maximum(self._low - joints, joints - self._high)
        worst = int(np.argmax(excess))
        if not excess[worst] > _OUTSIDE_RAD:
            return None
        return (
            f'{self._names[worst]} is at {joints[worst]:.3f}: its limits are '
            f'{self._low[worst]:.3f} to {self._high[worst]:.3f}'
        )

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
                first, second = (name_of(self._model, int(geom)) for geom in contact.geom)
                return f'{first} touches {second}'
        return None

    def _solve(self, target: mink.SE3, seed: NDArray[np.float64]) -> NDArray[np.float64] | None:
        self._configuration.update(self._full(seed))
        self._frame.set_target(target)
        self._miss_m = np.inf
        for _ in range(_ITERATIONS):
            error = self._frame.compute_error(self._configuration)
            miss_m = float(np.linalg.norm(error[:3]))
            if miss_m < self._miss_m:
                self._miss_m, self._nearest = miss_m, self._configuration.q.copy()
            near = miss_m < _POSITION_TOLERANCE_M
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
        if self._facing is not None:
            sign, heading = self._facing
            x, y, _ = target.translation()
            seed[0] += sign * math.remainder(math.atan2(y, x) - heading, 2 * math.pi)
        error = (self.tcp(seed).rotation().inverse() @ target.rotation()).log()
        turned = seed[-1] + error[2]
        low, high = self._low[-1], self._high[-1]
        centre = (low + high) / 2 if math.isfinite(high) else self._posture[-1]
        options = [turned + turn for turn in (-2 * math.pi, 0.0, 2 * math.pi)]
        seed[-1] = min(options, key=lambda q: abs(q - centre))
        return np.clip(seed, self._low, self._high)

    def _faces(self) -> tuple[float, float] | None:
        """Return the sense of a first joint that turns the arm about z, and where it faces."""
        x, y, _ = self.tcp(self._posture).translation()
        axis = self._configuration.data.xaxis[self._model.joint(self._names[0]).id]
        if abs(axis[2]) < _UPRIGHT:
            return None
        return math.copysign(1.0, axis[2]), math.atan2(y, x)

    def _full(self, joints: NDArray[np.float64]) -> NDArray[np.float64]:
        q = self._rest.copy()
        q[self._qpos] = np.clip(joints, self._low, self._high)
        return q


def downward(pose: GripperPose) -> mink.SE3:
    """Return the tcp's pose in the base frame: z down, y along the closing direction."""
    quat_wxyz = np.array(quat_wxyz_from_xyzw(pose.quat_xyzw))
    return mink.SE3.from_rotation_and_translation(
        mink.SO3(quat_wxyz), np.array(pose.position, dtype=np.float64)
    )


def _limits(
    model: mujoco.MjModel, joints: list[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and the largest positions; a joint that turns for ever has none."""
    low, high = model.jnt_range[joints].T
    limited = model.jnt_limited[joints].astype(bool)
    return np.where(limited, low, -np.inf), np.where(limited, high, np.inf)
