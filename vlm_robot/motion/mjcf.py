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

"""Loads the kinematic model of an arm."""

from __future__ import annotations

from pathlib import Path

import mujoco

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.motion.settings import ArmSettings

TABLE = 'table_top'


def load_arm(path: Path, settings: ArmSettings) -> mujoco.MjModel:
    """
    Load an arm on a table whose top is z = 0.

    :param path: an MJCF file, or a URDF file whose meshes MuJoCo can read.
    :raises ConfigurationError: when it cannot be read, or lacks a joint or site of the settings.
    """
    try:
        spec = mujoco.MjSpec.from_file(str(path))
        spec.worldbody.add_geom(
            name=TABLE, type=mujoco.mjtGeom.mjGEOM_PLANE, size=[2, 2, 0.1], pos=[0, 0, 0]
        )
        model = spec.compile()
    except ValueError as err:
        raise ConfigurationError(f'arm model {str(path)!r} cannot be loaded: {err}') from err
    _require(model, settings, path)
    return model


def _require(model: mujoco.MjModel, settings: ArmSettings, path: Path) -> None:
    joints = (*settings.joint_names, settings.gripper_joint)
    wanted = [(mujoco.mjtObj.mjOBJ_JOINT, name) for name in joints]
    wanted.append((mujoco.mjtObj.mjOBJ_SITE, settings.tcp_site))
    for kind, name in wanted:
        if mujoco.mj_name2id(model, kind, name) < 0:
            noun = 'site' if kind == mujoco.mjtObj.mjOBJ_SITE else 'joint'
            raise ConfigurationError(f'arm model {str(path)!r} has no {noun} {name!r}')
