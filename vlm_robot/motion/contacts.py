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

"""Which parts of an arm touch for good, and need no checking."""

from __future__ import annotations

import mujoco
import numpy as np

from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.urdf import Note

Pair = tuple[str, str]


def leave_out_resting(
    spec: mujoco.MjSpec, settings: ArmSettings, table: str, note: Note
) -> mujoco.MjModel:
    """
    Compile a model in which links that touch both at home and in the posture may touch.

    Collision shapes of neighbours overlap in most URDF files.

    :param table: name of the geom that nothing may touch, whatever the pose.
    """
    model = spec.compile()
    resting = _touching(model, settings, settings.home) & _touching(
        model, settings, settings.posture
    )
    pairs = sorted(pair for pair in resting if _body_of(model, table) not in pair)
    if not pairs:
        return model
    for first, second in pairs:
        spec.add_exclude(bodyname1=first, bodyname2=second)
    listed = ', '.join(f'{first} and {second}' for first, second in pairs)
    note(f'not checked for collisions, because they touch at home already: {listed}')
    return spec.compile()


def name_of(model: mujoco.MjModel, geom: int) -> str:
    """Return the name of a geom, or of its body where it has none."""
    return str(model.geom(geom).name or model.body(int(model.geom_bodyid[geom])).name)


def _touching(
    model: mujoco.MjModel, settings: ArmSettings, joints: tuple[float, ...]
) -> set[Pair]:
    data = mujoco.MjData(model)
    for name, value in zip(settings.joint_names, joints, strict=True):
        data.joint(name).qpos[:] = value
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    mujoco.mj_collision(model, data)
    bodies = (model.geom_bodyid[np.asarray(contact.geom)] for contact in data.contact)
    return {tuple(sorted(model.body(int(b)).name for b in pair)) for pair in bodies}  # type: ignore[misc]


def _body_of(model: mujoco.MjModel, geom: str) -> str:
    return str(model.body(int(model.geom(geom).bodyid[0])).name)
