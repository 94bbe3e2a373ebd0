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

"""An arm of six joints from a URDF, with the settings that are shipped for it."""

from __future__ import annotations

import math
import re
from pathlib import Path

import mujoco
import numpy as np
import pytest

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.outcome import Outcome
from vlm_robot.motion.gripper_pose import GripperPose
from vlm_robot.motion.kinematics import Kinematics
from vlm_robot.motion.mjcf import load_arm
from vlm_robot.motion.settings import ArmSettings, Tool
from vlm_robot.motion.timing import straight
from vlm_robot.resources import share_path

URDF = Path(__file__).parents[1] / 'arms' / 'ur5e.urdf'
SETTINGS = ArmSettings.load(share_path('config', 'arms', 'ur5e.yaml'))


@pytest.fixture(scope='module')
def six_joints() -> mujoco.MjModel:
    return load_arm(URDF, SETTINGS, base_frame='base_link')


@pytest.fixture(scope='module')
def ur5e(six_joints: mujoco.MjModel) -> Kinematics:
    return Kinematics(six_joints, SETTINGS)


def _changed(folder: Path, old: str, new: str) -> Path:
    text = URDF.read_text(encoding='utf-8')
    assert old in text
    path = folder / 'arm.urdf'
    path.write_text(text.replace(old, new), encoding='utf-8')
    return path


def test_its_tool_is_where_the_published_parameters_put_it(ur5e: Kinematics) -> None:
    pose = ur5e.tcp(np.zeros(6))
    d1, a2, a3, d4, d5, d6 = 0.1625, -0.425, -0.3922, 0.1333, 0.0997, 0.0996
    tool = SETTINGS.tool.translation[2]
    np.testing.assert_allclose(pose.translation(), (-a2 - a3, d4 + d6 + tool, d1 - d5), atol=1e-6)


def test_the_table_can_be_reached_with_any_closing_direction(ur5e: Kinematics) -> None:
    for x in (0.3, 0.5, 0.7):
        for y in (-0.3, 0.0, 0.3):
            for yaw in (-1.4, -0.5, 0.4, 1.3):
                poses = [GripperPose((x, y, 0.02), yaw + turn) for turn in (0.0, math.pi)]
                assert any(ur5e.solve(pose) is not None for pose in poses), poses


def test_solutions_keep_the_limits(ur5e: Kinematics) -> None:
    joints = ur5e.solve(GripperPose((0.5, 0.2, 0.02), 1.0))
    assert joints is not None
    assert ur5e.outside(joints) is None
    outside = joints.copy()
    outside[2] = 3.3
    assert ur5e.outside(outside) == 'elbow_joint is at 3.300: its limits are -3.142 to 3.142'


def test_what_is_too_far_is_said_to_be(ur5e: Kinematics) -> None:
    assert ur5e.solve(GripperPose((1.2, 0.0, 0.1), 0.0)) is None
    refusal = ur5e.stuck().refusal('pick the cup', (1.2, 0.0, 0.1))
    assert refusal.outcome is Outcome.UNREACHABLE
    assert re.search(
        r'reach \(1\.20, 0\.00, 0\.10\) m to pick the cup: it ends \d+\.\d cm away', str(refusal)
    )


def test_a_place_over_the_first_axis_names_the_joints_that_cancel_each_other_out(
    ur5e: Kinematics,
) -> None:
    assert ur5e.solve(GripperPose((0.02, 0.02, 0.22), 0.0)) is None
    assert ur5e.stuck().singular == ('shoulder_pan_joint', 'wrist_3_joint')


def test_a_line_past_the_first_axis_is_refused_with_the_singularity(ur5e: Kinematics) -> None:
    start = ur5e.solve(GripperPose((0.25, -0.3, 0.2), 0.0))
    assert start is not None
    assert ur5e.line(start, (-0.1, 0.25, 0.2)) is None
    refusal = ur5e.stuck().refusal('push the cup', (-0.1, 0.25, 0.2))
    assert 'near a singularity of shoulder_pan_joint and wrist_3_joint' in str(refusal)


def test_a_collision_names_the_links_of_shapes_without_names(ur5e: Kinematics) -> None:
    home = np.array(SETTINGS.home)
    low = home.copy()
    low[1] = 0.2
    assert ur5e.collision(straight(home, home)) is None
    assert ur5e.collision(straight(home, low)) == 'table_top touches tool0'


def test_meshes_that_cannot_be_found_are_left_out_and_named(tmp_path: Path) -> None:
    notes: list[str] = []
    load_arm(URDF, SETTINGS, note=notes.append)
    assert len(notes) == 1
    assert "'package://robotiq_description/meshes/collision/2f_85/robotiq_base.stl'" in notes[0]


def test_a_mesh_that_is_found_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / 'share/robotiq_description/meshes/collision/2f_85'
    folder.mkdir(parents=True)
    (folder / 'robotiq_base.stl').write_bytes(_tetrahedron())
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    notes: list[str] = []
    model = load_arm(URDF, SETTINGS, note=notes.append)
    assert model.nmesh == 1
    assert notes == []


def test_a_mesh_that_is_broken_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / 'share/robotiq_description/meshes/collision/2f_85'
    folder.mkdir(parents=True)
    (folder / 'robotiq_base.stl').write_bytes(b'solid? no')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    notes: list[str] = []
    assert load_arm(URDF, SETTINGS, note=notes.append).nmesh == 0
    assert 'without its meshes' in notes[0]


def _tetrahedron() -> bytes:
    """Return a binary STL."""
    corners = np.array([[0, 0, 0], [0.02, 0, 0], [0, 0.02, 0], [0, 0, 0.02]], dtype='<f4')
    faces = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]
    body = b''.join(
        np.zeros(3, '<f4').tobytes() + corners[list(face)].tobytes() + b'\0\0' for face in faces
    )
    return bytes(80) + len(faces).to_bytes(4, 'little') + body


def test_a_joint_on_the_way_to_the_tool_that_is_not_the_arms_stays_put(tmp_path: Path) -> None:
    path = _changed(
        tmp_path,
        '<joint name="base_link-base_link_inertia" type="fixed">',
        '<joint name="torso" type="continuous"><axis xyz="0 0 1"/>',
    )
    notes: list[str] = []
    model = load_arm(path, SETTINGS, note=notes.append)
    assert "joint 'torso' is not of the arm: it is taken to stay at 0" in notes
    assert mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_JOINT, 'torso') < 0


def test_a_joint_without_limits_has_none(tmp_path: Path) -> None:
    path = _changed(
        tmp_path,
        '<joint name="wrist_3_joint" type="revolute">',
        '<joint name="wrist_3_joint" type="continuous">',
    )
    kinematics = Kinematics(load_arm(path, SETTINGS), SETTINGS)
    joints = kinematics.solve(GripperPose((0.5, 0.1, 0.1), 0.4))
    assert joints is not None
    joints[-1] += 20.0
    assert kinematics.outside(joints) is None


@pytest.mark.parametrize(
    ('old', 'new', 'sentence'),
    [
        ('name="elbow_joint"', 'name="elbow"', "has no joint 'elbow_joint': there are shoulder_"),
        ('link="tool0"/>\n  </joint>\n  <link name="tool0">', 'link="hand"/>\n  </joint>\n  '
         '<link name="hand">', 'cannot be loaded|has no site, body or link'),
        ('<parent link="forearm_link"/>', '<parent link="nowhere"/>', 'cannot be loaded'),
        ('</robot>', '', 'cannot be loaded'),
        ('<limit lower="-3.141592653589793" upper="3.141592653589793" effort="150" '
         'velocity="3.141592653589793"/>', '<mimic joint="shoulder_lift_joint"/>',
         "couples 'elbow_joint' and 'shoulder_lift_joint'"),
    ],
)  # fmt: skip
def test_a_urdf_that_cannot_be_used_is_refused_with_a_sentence(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    path = _changed(tmp_path, old, new)
    with pytest.raises(ConfigurationError, match=sentence):
        load_arm(path, SETTINGS)


def test_a_base_frame_that_is_not_the_root_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="puts 'base_link_inertia' at"):
        load_arm(URDF, SETTINGS, base_frame='base_link_inertia')


def test_a_tool_frame_may_be_a_link_with_an_offset(six_joints: mujoco.MjModel) -> None:
    turned = Tool(frame='tool0', translation=(0.0, 0.0, 0.145), rpy=(0.0, 0.0, math.pi / 2))
    settings = SETTINGS.model_copy(update={'tool': turned})
    before = Kinematics(six_joints, SETTINGS).tcp(np.array(SETTINGS.home))
    after = Kinematics(load_arm(URDF, settings), settings).tcp(np.array(SETTINGS.home))
    np.testing.assert_allclose(after.translation(), before.translation(), atol=1e-9)
    np.testing.assert_allclose(
        after.rotation().as_matrix()[:, 0], before.rotation().as_matrix()[:, 1], atol=1e-9
    )
