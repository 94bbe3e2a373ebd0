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

"""Compiles a scene, the arm, the table, lights and cameras into one MuJoCo model."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import mujoco
import numpy as np

from vlm_robot.core.geometry import from_look_at
from vlm_robot.sim import camera
from vlm_robot.sim.catalogue import COLOURS
from vlm_robot.sim.objects import add_object
from vlm_robot.sim.scene import ObjectSpec

ARM_PATH = Path(__file__).parent / 'assets' / 'arm.xml'
TIMESTEP_S = 0.002
HOME = (-1.4, -0.9, 0.0, -2.5, 0.0, 1.7, 0.785)
"""Arm joints in rad at start: folded to the robot's right, out of the camera's view."""

_FLIP = np.diag([1.0, -1.0, -1.0])  # optical frame -> MuJoCo's camera frame (looks along -z, y up)


def build_spec(objects: Iterable[ObjectSpec]) -> mujoco.MjSpec:
    """
    Return the uncompiled model of a scene.

    World frame = the arm's base frame: x forward, y left, z up, the table's top at z = 0.
    """
    spec = mujoco.MjSpec.from_file(str(ARM_PATH))
    _set_options(spec)
    _add_room(spec)
    _add_cameras(spec)
    for item in objects:
        add_object(spec, item.name, item.kind, item.size, rgba=(*COLOURS[item.colour], 1.0))
    return spec


def _set_options(spec: mujoco.MjSpec) -> None:
    spec.option.timestep = TIMESTEP_S
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10
    spec.visual.quality.shadowsize = 1024
    spec.visual.map.znear = 0.05
    spec.visual.map.zfar = 20
    spec.visual.headlight.ambient = [0.35, 0.35, 0.35]
    spec.visual.headlight.diffuse = [0.25, 0.25, 0.25]
    spec.visual.headlight.specular = [0.1, 0.1, 0.1]
    spec.stat.extent = 1.0
    getattr(spec.visual, 'global').offwidth = 1280
    getattr(spec.visual, 'global').offheight = 960


def _add_room(spec: mujoco.MjSpec) -> None:
    world = spec.worldbody
    world.add_light(
        name='lamp',
        pos=[0.3, 0.6, 1.8],
        dir=[0.1, -0.35, -1],
        diffuse=[0.6, 0.6, 0.6],
        specular=[0.2, 0.2, 0.2],
        castshadow=True,
    )
    world.add_geom(
        name='table',
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=[0.55, 0.75, 0.02],
        pos=[0.35, 0, -0.02],
        rgba=[0.72, 0.66, 0.58, 1],
        friction=[0.9, 0.01, 0.0015],
        condim=4,
        solref=[0.005, 1],
        solimp=[0.95, 0.99, 0.001, 0.5, 2],
    )
    world.add_geom(
        name='floor',
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[5, 5, 0.1],
        pos=[0, 0, -0.75],
        rgba=[0.35, 0.38, 0.42, 1],
    )


def _add_cameras(spec: mujoco.MjSpec) -> None:
    T_base_camera = camera.T_base_camera()
    spec.worldbody.add_camera(
        name=camera.CAMERA,
        pos=T_base_camera[:3, 3],
        quat=_quat(T_base_camera[:3, :3] @ _FLIP),
        fovy=camera.FOVY_DEG,
    )
    view = from_look_at(np.array([1.35, 0.75, 0.85]), np.array([0.3, 0.0, 0.2]))
    spec.worldbody.add_camera(
        name=camera.SCENE_VIEW, pos=view[:3, 3], quat=_quat(view[:3, :3] @ _FLIP), fovy=46
    )


def _quat(rotation: np.ndarray) -> np.ndarray:
    quat_wxyz = np.zeros(4)
    mujoco.mju_mat2Quat(quat_wxyz, rotation.flatten())
    return quat_wxyz
