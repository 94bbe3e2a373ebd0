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
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.motion import urdf
from vlm_robot.motion.arm import silent
from vlm_robot.motion.contacts import leave_out_resting
from vlm_robot.motion.settings import ArmSettings, Tool

TABLE = 'table_top'
TCP = 'vlm_robot_tcp'
"""The site that `load_arm` adds at the tcp of the settings."""

_SITE, _BODY = mujoco.mjtObj.mjOBJ_SITE, mujoco.mjtObj.mjOBJ_BODY


def load_arm(
    path: Path, settings: ArmSettings, *, note: urdf.Note = silent, base_frame: str = ''
) -> mujoco.MjModel:
    """
    Load an arm on a table whose top is z = 0.

    Joints between the base and the tool that are not the arm's stay at 0.

    :param path: an MJCF or URDF file; meshes of a URDF that cannot be read are left out.
    :param note: is told what was left out.
    :param base_frame: must be the model's own origin if the model has a body of this name.
    :raises ConfigurationError: when it cannot be read, or lacks a joint or frame of the settings.
    """
    try:
        spec = _read(path, note)
        spec.worldbody.add_geom(
            name=TABLE, type=mujoco.mjtGeom.mjGEOM_PLANE, size=[2, 2, 0.1], pos=[0, 0, 0]
        )
        model = spec.compile()
        _require(model, settings, base_frame)
        _add_tcp(spec, model, settings.tool)
        _hold_others(spec, model, settings, note)
        model = leave_out_resting(spec, settings, TABLE, note)
    except (OSError, UnicodeDecodeError, ValueError) as err:
        raise ConfigurationError(f'arm model {str(path)!r} cannot be loaded: {err}') from err
    except ConfigurationError as err:
        raise ConfigurationError(f'arm model {str(path)!r} {err}') from err
    return model


def _read(path: Path, note: urdf.Note) -> mujoco.MjSpec:
    text = path.read_text(encoding='utf-8')
    if not urdf.is_urdf(text):
        return mujoco.MjSpec.from_file(str(path))
    try:
        spec = mujoco.MjSpec.from_string(urdf.loadable(text, path.parent, note=note))
        spec.compile()
    except ValueError as err:
        note(f'{path.name} is loaded without its meshes: {err}')
        text = urdf.loadable(text, path.parent, note=note, meshes=False)
        spec = mujoco.MjSpec.from_string(text)
    return spec


def _require(model: mujoco.MjModel, settings: ArmSettings, base_frame: str) -> None:
    for name in settings.joint_names:
        if mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_JOINT, name) < 0:
            known = ', '.join(model.joint(i).name for i in range(model.njnt))
            raise ConfigurationError(
                f'has no joint {name!r}: there are {known}; '
                'give the model of your arm with --arm-model (arm_model)'
            )
    frame = settings.tool.frame
    if min(mujoco.mj_name2id(model, kind, frame) for kind in (_SITE, _BODY)) >= 0:
        raise ConfigurationError(f'has both a site and a body {frame!r}: rename one')
    if max(mujoco.mj_name2id(model, kind, frame) for kind in (_SITE, _BODY)) < 0:
        raise ConfigurationError(f'has no site, body or link {frame!r}')
    body = mujoco.mj_name2id(model, _BODY, base_frame) if base_frame else -1
    if body >= 0 and np.abs([*model.body_pos[body], *model.body_quat[body][1:]]).max() > 1e-6:
        raise ConfigurationError(
            f'puts {base_frame!r} at {model.body_pos[body].tolist()}: its root must be there'
        )


def _add_tcp(spec: mujoco.MjSpec, model: mujoco.MjModel, tool: Tool) -> None:
    site = mujoco.mj_name2id(model, _SITE, tool.frame)
    position, quat_wxyz = np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0])
    body = mujoco.mj_name2id(model, _BODY, tool.frame)
    if site >= 0:
        position, quat_wxyz = model.site_pos[site], model.site_quat[site]
        body = model.site_bodyid[site]
    moved, turned = np.zeros(3), np.zeros(4)
    mujoco.mju_rotVecQuat(moved, np.array(tool.translation), quat_wxyz)
    mujoco.mju_mulQuat(turned, quat_wxyz, _quat_wxyz(tool.rpy))
    holder = spec.body(model.body(body).name)
    if holder is None:
        raise ConfigurationError(f'has a tool frame {tool.frame!r} in a body without a name')
    holder.add_site(name=TCP, pos=position + moved, quat=turned)


def _quat_wxyz(rpy: tuple[float, float, float]) -> NDArray[np.float64]:
    quat_wxyz = np.zeros(4)
    mujoco.mju_euler2Quat(quat_wxyz, np.array(rpy), 'XYZ')
    return quat_wxyz


def _hold_others(
    spec: mujoco.MjSpec, model: mujoco.MjModel, settings: ArmSettings, note: urdf.Note
) -> None:
    """Fix what would move the tool but is not the arm's, so that inverse kinematics cannot."""
    site = mujoco.mj_name2id(model, _SITE, settings.tool.frame)
    body = model.site_bodyid[site] if site >= 0 else model.body(settings.tool.frame).id
    chain = _joints_above(model, int(body))
    if unused := [name for name in settings.joint_names if name not in chain]:
        raise ConfigurationError(
            f'does not move {settings.tool.frame!r} by {unused[0]!r}: the joints above it are '
            f'{", ".join(chain)}'
        )
    for coupling in spec.equalities:
        if coupling.name1 in chain or coupling.name2 in chain:
            raise ConfigurationError(
                f'couples {coupling.name1!r} and {coupling.name2!r} between its base and '
                f'{settings.tool.frame!r}: such arms are not supported'
            )
    for name in chain:
        if name not in settings.joint_names:
            note(f'joint {name!r} is not of the arm: it is taken to stay at 0')
            _delete_joint(spec, name)


def _joints_above(model: mujoco.MjModel, body: int) -> list[str]:
    """Return the joints between the world and a body, from the world on."""
    names: list[str] = []
    while body > 0:
        first, count = model.body_jntadr[body], model.body_jntnum[body]
        names = [model.joint(i).name for i in range(first, first + count)] + names
        body = int(model.body_parentid[body])
    return names


def _delete_joint(spec: mujoco.MjSpec, name: str) -> None:
    for actuator in list(spec.actuators):
        if actuator.target == name:
            spec.delete(actuator)
    spec.delete(spec.joint(name))
