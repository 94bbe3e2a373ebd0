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

"""Objects in the physics: their dimensions, and that only contact moves them."""

from __future__ import annotations

import itertools

import mujoco
import numpy as np
import pytest
from numpy.typing import NDArray

from vlm_robot.sim.catalogue import SHAPES, Kind, Size
from vlm_robot.sim.scene import ObjectSpec, SceneSpec
from vlm_robot.sim.tabletop import ARM_JOINTS, Tabletop

pytestmark = pytest.mark.sim

_PLACES = itertools.product((0.30, 0.54, 0.78), (-0.25, 0.0, 0.25, 0.50, -0.50))
OBJECTS = tuple(
    ObjectSpec(f'{kind}_{size}', kind, size, 'red', x, y, shape.height / 2, 0.4)
    for ((kind, size), shape), (x, y) in zip(SHAPES.items(), _PLACES, strict=False)
)
_WALL_M = 0.005
_CORNERS = np.array(list(itertools.product((-1, 1), repeat=3)))


@pytest.fixture(scope='module')
def tabletop() -> Tabletop:
    """Every kind in every size on one table, after they have been put down."""
    tabletop = Tabletop(SceneSpec(0, OBJECTS))
    tabletop.step(100)
    return tabletop


def outer_size(model: mujoco.MjModel, body: str) -> NDArray[np.float64]:
    """Extent of a body's geoms but capsules along its axes, (3,) m."""
    corners = []
    start, count = model.body(body).geomadr[0], model.body(body).geomnum[0]
    for geom in range(start, start + count):
        if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_CAPSULE:  # a mug's handle
            continue
        rotation = np.zeros(9)
        mujoco.mju_quat2Mat(rotation, model.geom_quat[geom])
        centre, half = np.split(model.geom_aabb[geom], 2)
        local = (centre + _CORNERS * half) @ rotation.reshape(3, 3).T
        corners.append(local + model.geom_pos[geom])
    return np.ptp(np.concatenate(corners), axis=0)


@pytest.mark.parametrize(('kind', 'size'), list(SHAPES))
def test_an_object_has_the_outer_dimensions_of_the_catalogue(
    tabletop: Tabletop, kind: Kind, size: Size
) -> None:
    shape = SHAPES[kind, size]
    measured = outer_size(tabletop.model, f'{kind}_{size}')
    outer = [shape.length, shape.width, shape.height]
    np.testing.assert_allclose(measured, outer, atol=_WALL_M)  # a leaning wall's edges stand out


def test_every_kind_and_size_stays_at_rest_for_a_second(tabletop: Tabletop) -> None:
    before = tabletop.objects()
    tabletop.step(round(1.0 / tabletop.timestep_s))
    for then, now in zip(before, tabletop.objects(), strict=True):
        name = now.spec.name
        assert np.linalg.norm(now.position - then.position) < 0.001, name
        assert now.position[2] == pytest.approx(now.spec.z, abs=_WALL_M / 2), name
        assert abs(now.quat_wxyz @ then.quat_wxyz) > np.cos(0.01), name
        assert now.linear_speed < 0.005, name


def test_nothing_but_contact_can_move_an_object(tabletop: Tabletop) -> None:
    model = tabletop.model
    assert model.eq_type.tolist() == [int(mujoco.mjtEq.mjEQ_JOINT)]
    coupled = {model.joint(int(joint)).name for joint in (model.eq_obj1id[0], model.eq_obj2id[0])}
    assert coupled == {'finger_joint1', 'finger_joint2'}
    assert model.nmocap == 0
    assert model.nu == len(Tabletop.names)
    assert set(model.wrap_type.tolist()) == {int(mujoco.mjtWrap.mjWRAP_JOINT)}
    assert {model.joint(int(joint)).name for joint in model.wrap_objid} == coupled
    joint, tendon = int(mujoco.mjtTrn.mjTRN_JOINT), int(mujoco.mjtTrn.mjTRN_TENDON)
    assert set(model.actuator_trntype.tolist()) == {joint, tendon}
    arm = model.actuator_trnid[model.actuator_trntype == joint, 0]
    assert {model.joint(int(index)).name for index in arm} == set(ARM_JOINTS)
    for item in OBJECTS:
        body = model.body(item.name)
        assert body.parentid[0] == 0
        assert model.joint(f'{item.name}_free').type[0] == mujoco.mjtJoint.mjJNT_FREE
        assert model.body_gravcomp[body.id] == 0
        assert not tabletop.data.xfrc_applied[body.id].any()


def test_a_command_to_a_joint_that_is_none_is_an_error(tabletop: Tabletop) -> None:
    with pytest.raises(KeyError, match='object0_free'):
        tabletop.command({'object0_free': 1.0})
