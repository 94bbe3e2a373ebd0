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

"""Renders randomised training scenes quickly: one compiled model with a pool of every object."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import mujoco
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.geometry import from_look_at
from vlm_robot.sim import camera
from vlm_robot.sim.catalogue import COLOURS, SHAPES, WIDE
from vlm_robot.sim.model import HOME, build_spec
from vlm_robot.sim.scene import ObjectSpec, SceneSpec
from vlm_robot.sim.tabletop import ARM_JOINTS

_COPIES = {True: 3, False: 9}  # of each shape, by whether it is wide: a scene can be all alike
_AWAY = (0.0, 0.0, -5.0)
_OVERSAMPLE = 2  # scaled down, it looks like the camera's image scaled down; else it does not


@dataclass(frozen=True)
class Look:
    """One rendered scene with its labels; arrays are in the order of `scene.objects`."""

    rgb: NDArray[np.uint8]  # (h, w, 3)
    owner: NDArray[np.int8]  # (h, w) index of the object that a pixel shows, -1 for none


class ScenePool:
    """
    Renders scenes of at most 9 objects without recompiling.

    :param width: of the images, in pixels.
    """

    def __init__(self, *, width: int, height: int) -> None:
        self._pool = [
            ObjectSpec(f'{kind}_{size}_{copy}', kind, size, 'red', *_AWAY, 0.0)
            for kind, size in SHAPES
            for copy in range(_COPIES[kind in WIDE])
        ]
        self._model = build_spec(self._pool).compile()
        self._data = mujoco.MjData(self._model)
        self._clean = {
            'light_pos': self._model.light_pos.copy(),
            'light_diffuse': self._model.light_diffuse.copy(),
            'geom_rgba': self._model.geom_rgba.copy(),
        }
        size = {'width': width * _OVERSAMPLE, 'height': height * _OVERSAMPLE}
        self._camera = camera.Camera(self._model, **size)
        self._size = (width, height)

    def render(self, scene: SceneSpec, rng: np.random.Generator) -> Look:
        """Render a scene under random light, colours, arm pose and a slightly moved camera."""
        slots = self._set_objects(scene, rng)
        self._set_surroundings(rng)
        self._set_camera(rng)
        self._set_arm(rng)
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        rgb = cv2.resize(self._camera.rgb(self._data), self._size, interpolation=cv2.INTER_AREA)
        bodies = self._camera.bodies(self._data)[::_OVERSAMPLE, ::_OVERSAMPLE]
        owner = np.full(bodies.shape, -1, np.int8)
        for index, slot in enumerate(slots):
            owner[bodies == self._model.body(slot).id] = index
        return Look(np.asarray(rgb, dtype=np.uint8), owner)

    def _set_objects(self, scene: SceneSpec, rng: np.random.Generator) -> list[str]:
        self._model.geom_rgba[:] = self._clean['geom_rgba']
        free = {item.name: item for item in self._pool}
        slots = []
        for item in scene.objects:
            slot = next(s for s in free.values() if (s.kind, s.size) == (item.kind, item.size))
            del free[slot.name]
            slots.append(slot.name)
            self._set_pose(slot.name, item)
            base = np.array(COLOURS[item.colour]) * rng.uniform(0.85, 1.12) + rng.normal(
                0, 0.025, 3
            )
            self._set_rgba(slot.name, (*np.clip(base, 0, 1), 1.0))
        for name in free:
            self._set_rgba(name, (0.0, 0.0, 0.0, 0.0))
        return slots

    def _set_pose(self, slot: str, item: ObjectSpec) -> None:
        quat_wxyz = [np.cos(item.yaw / 2), 0, 0, np.sin(item.yaw / 2)]
        self._data.joint(f'{slot}_free').qpos[:] = [item.x, item.y, item.z, *quat_wxyz]

    def _set_rgba(self, body: str, rgba: tuple[float, ...]) -> None:
        start = self._model.body(body).geomadr[0]
        self._model.geom_rgba[start : start + self._model.body(body).geomnum[0]] = rgba

    def _set_surroundings(self, rng: np.random.Generator) -> None:
        model = self._model
        model.light_pos[:] = self._clean['light_pos'] + rng.uniform(-0.5, 0.5, 3) * [1, 1, 0.4]
        model.light_diffuse[:] = rng.uniform(0.4, 0.75) + rng.normal(0, 0.03, 3)
        model.vis.headlight.diffuse[:] = rng.uniform(0.15, 0.35)
        model.vis.headlight.ambient[:] = rng.uniform(0.25, 0.42)
        wood = np.array([0.72, 0.66, 0.58]) * rng.uniform(0.7, 1.15) + rng.normal(0, 0.035, 3)
        model.geom('table').rgba[:3] = np.clip(wood, 0, 1)

    def _set_camera(self, rng: np.random.Generator) -> None:
        eye = np.array(camera.POSITION) + rng.normal(0, 0.008, 3)
        T_base_camera = from_look_at(eye, np.array(camera.LOOK_AT) + rng.normal(0, 0.008, 3))
        rotation = T_base_camera[:3, :3] @ np.diag([1.0, -1.0, -1.0])
        mujoco.mju_mat2Quat(self._model.camera(camera.CAMERA).quat, rotation.flatten())
        self._model.camera(camera.CAMERA).pos[:] = eye
        self._model.camera(camera.CAMERA).fovy[:] = camera.FOVY_DEG + rng.normal(0, 0.25)

    def _set_arm(self, rng: np.random.Generator) -> None:
        """Mostly at home, sometimes anywhere: people also ask while the arm is elsewhere."""
        pose = np.array(HOME) + rng.normal(0, 0.03, 7)
        if rng.uniform() < 0.08:
            pose = np.array([rng.uniform(-1.2, 1.2), rng.uniform(-0.6, 0.4), 0, -2.2, 0, 2.0, 0.8])
        for name, angle in zip(ARM_JOINTS, pose, strict=True):
            self._data.joint(name).qpos[0] = angle
        for name in ('finger_joint1', 'finger_joint2'):
            self._data.joint(name).qpos[0] = rng.uniform(0, 0.04)
