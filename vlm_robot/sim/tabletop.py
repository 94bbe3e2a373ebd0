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

"""The running simulation: physics, arm, camera and ground truth of one scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.values import Frame
from vlm_robot.sim.camera import OPTICAL_FRAME, Camera, DepthNoise, intrinsics
from vlm_robot.sim.model import HOME, build_spec
from vlm_robot.sim.scene import ObjectSpec, SceneSpec

ARM_JOINTS = tuple(f'joint{i}' for i in range(1, 8))
FINGER_JOINT = 'finger_joint1'
OPEN_M = 0.04
"""Position of the finger joint when open: half of the opening between the fingers."""


@dataclass(frozen=True)
class Joints:
    """State of the joints that can be commanded, in the order of `names`."""

    names: tuple[str, ...]
    position: NDArray[np.float64]  # rad; m for the finger
    velocity: NDArray[np.float64]
    effort: NDArray[np.float64]


@dataclass(frozen=True)
class ObjectState:
    """Ground truth of one object: pose of its centre in the base frame."""

    spec: ObjectSpec
    position: NDArray[np.float64]  # (3,) m
    quat_wxyz: NDArray[np.float64]
    linear_speed: float  # m/s


class Tabletop:
    """
    A scene with the arm, stepped by the caller.

    Objects move by contact alone. Not thread safe: one thread steps and renders.
    """

    names = (*ARM_JOINTS, FINGER_JOINT)

    def __init__(self, scene: SceneSpec, *, noise: DepthNoise | None = None) -> None:
        self.scene = scene
        self.model = build_spec(scene.objects).compile()
        self.data = mujoco.MjData(self.model)
        self._noise = noise
        self._rng = np.random.default_rng(scene.seed)
        self._camera: Camera | None = None
        self._qpos = [self.model.joint(name).qposadr[0] for name in self.names]
        self._dof = [self.model.joint(name).dofadr[0] for name in self.names]
        self._actuator = {name: self.model.actuator(name).id for name in self.names}
        self._place_everything()

    def _place_everything(self) -> None:
        for name, angle in zip(ARM_JOINTS, HOME, strict=True):
            self.data.joint(name).qpos[0] = angle
        for name in (FINGER_JOINT, 'finger_joint2'):
            self.data.joint(name).qpos[0] = OPEN_M
        for item in self.scene.objects:
            half = item.yaw / 2
            self.data.joint(f'{item.name}_free').qpos[:] = [
                item.x,
                item.y,
                item.z + 0.0005,
                np.cos(half),
                0,
                0,
                np.sin(half),
            ]
        self.command(dict(zip(self.names, (*HOME, OPEN_M), strict=True)))
        mujoco.mj_forward(self.model, self.data)

    @property
    def time_s(self) -> float:
        """Simulated seconds since the start."""
        return float(self.data.time)

    @property
    def timestep_s(self) -> float:
        """Seconds that one step simulates."""
        return float(self.model.opt.timestep)

    def step(self, count: int = 1) -> None:
        """Advance the physics by `count` time steps."""
        mujoco.mj_step(self.model, self.data, count)

    def command(self, positions: Mapping[str, float]) -> None:
        """
        Set the position targets of joints, which hold until the next command.

        :param positions: joint name -> rad (m for the finger joint).
        :raises KeyError: for a name that is not in `Tabletop.names`.
        """
        for name, value in positions.items():
            self.data.ctrl[self._actuator[name]] = value

    def joints(self) -> Joints:
        """Measured state of the arm's joints and the finger."""
        effort = self.data.qfrc_actuator[self._dof]
        return Joints(
            self.names, self.data.qpos[self._qpos].copy(), self.data.qvel[self._dof].copy(), effort
        )

    def look(self) -> Frame:
        """Take a colour and depth image; the stamp is the simulated time."""
        camera = self._ensure_camera()
        depth_m = camera.depth(self.data, noise=self._noise, rng=self._rng)
        stamp_ns = round(self.time_s * 1e9)
        return Frame(stamp_ns, OPTICAL_FRAME, camera.rgb(self.data), depth_m, intrinsics())

    def view(self, name: str) -> NDArray[np.uint8]:
        """Colour image of a named camera, (480, 640, 3)."""
        return self._ensure_camera().rgb(self.data, name)

    def objects(self) -> tuple[ObjectState, ...]:
        """Ground truth, for tests, evaluation and the demo's verdict only."""
        return tuple(self._state(item) for item in self.scene.objects)

    def object_masks(self) -> dict[str, NDArray[np.bool_]]:
        """Ground truth: name -> visible pixels, (480, 640)."""
        bodies = self._ensure_camera().bodies(self.data)
        return {o.name: bodies == self.model.body(o.name).id for o in self.scene.objects}

    def tcp(self) -> NDArray[np.float64]:
        """Ground truth: position of the tool centre point, (3,) m."""
        return self.data.site('tcp').xpos.copy()

    def close(self) -> None:
        """Free the rendering context."""
        if self._camera is not None:
            self._camera.close()
            self._camera = None

    def _ensure_camera(self) -> Camera:
        if self._camera is None:
            self._camera = Camera(self.model)
        return self._camera

    def _state(self, item: ObjectSpec) -> ObjectState:
        body = self.data.body(item.name)
        velocity = np.zeros(6)
        mujoco.mj_objectVelocity(
            self.model, self.data, mujoco.mjtObj.mjOBJ_BODY, body.id, velocity, 0
        )
        speed = float(np.linalg.norm(velocity[3:]))
        return ObjectState(item, body.xpos.copy(), body.xquat.copy(), speed)
