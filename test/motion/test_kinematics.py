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

from __future__ import annotations

import math

import numpy as np
import pytest

from vlm_robot.motion.gripper_pose import GripperPose
from vlm_robot.motion.kinematics import Kinematics, downward
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.timing import straight

_YAWS = (-1.4, -0.5, 0.4, 1.3)


@pytest.mark.parametrize('z', [0.013, 0.1, 0.22, 0.3])
def test_the_whole_workspace_can_be_reached_with_any_closing_direction(
    kinematics: Kinematics, z: float
) -> None:
    for x in (0.30, 0.5, 0.70):
        for y in (-0.30, 0.0, 0.30):
            for yaw in _YAWS:
                poses = [GripperPose((x, y, z), yaw + turn) for turn in (0.0, math.pi)]
                assert any(kinematics.solve(pose) is not None for pose in poses), poses


@pytest.mark.parametrize('yaw', _YAWS)
def test_solved_joints_put_the_gripper_where_it_was_asked(
    kinematics: Kinematics, yaw: float
) -> None:
    pose = GripperPose((0.55, -0.15, 0.05), yaw)
    joints = kinematics.solve(pose)
    assert joints is not None
    error = kinematics.tcp(joints).inverse() @ downward(pose)
    assert np.linalg.norm(error.translation()) < 1e-3
    assert np.linalg.norm(error.rotation().log()) < 1e-2


def test_the_fingers_close_along_the_yawed_y_axis(kinematics: Kinematics) -> None:
    joints = kinematics.solve(GripperPose((0.5, 0.0, 0.1), 0.3))
    assert joints is not None
    rotation = kinematics.tcp(joints).rotation().as_matrix()
    closing = np.array([-math.sin(0.3), math.cos(0.3), 0])
    assert abs(rotation[:, 1] @ closing) == pytest.approx(1, abs=1e-3)
    assert rotation[:, 2] == pytest.approx([0, 0, -1], abs=1e-2)


@pytest.mark.parametrize('point', [(0.9, 0.0, 0.1), (0.05, 0.0, 0.1), (-2.0, 0.0, 0.1)])
def test_a_pose_out_of_reach_has_no_solution(
    kinematics: Kinematics, point: tuple[float, float, float]
) -> None:
    assert kinematics.solve(GripperPose(point, 0.0)) is None


def test_a_line_is_straight_and_does_not_turn(kinematics: Kinematics) -> None:
    start = kinematics.solve(GripperPose((0.45, -0.2, 0.2), 0.5))
    assert start is not None
    path = kinematics.line(start, (0.6, 0.1, 0.03))
    assert path is not None
    assert path.parameter[-1] == pytest.approx(math.hypot(0.15, 0.3, 0.17), abs=2e-3)
    first = kinematics.tcp(start)
    along = np.subtract((0.6, 0.1, 0.03), first.translation())
    along /= np.linalg.norm(along)
    for before, after in zip(path.positions, path.positions[1:], strict=False):
        for share in (0.5, 1.0):
            pose = kinematics.tcp(before + share * (after - before))
            offset = pose.translation() - first.translation()
            assert np.linalg.norm(offset - (offset @ along) * along) < 1.5e-3
            assert np.linalg.norm((pose.rotation().inverse() @ first.rotation()).log()) < 2e-2


def test_a_line_that_leaves_the_reach_is_refused(kinematics: Kinematics) -> None:
    start = kinematics.solve(GripperPose((0.6, 0.0, 0.2), 0.0))
    assert start is not None
    assert kinematics.line(start, (1.0, 0.0, 0.2)) is None


def test_a_path_through_the_table_touches_it(
    kinematics: Kinematics, settings: ArmSettings
) -> None:
    low = kinematics.solve(GripperPose((0.5, 0.0, 0.0), 0.0))
    assert low is not None
    touching = kinematics.collision(straight(np.array(settings.home), low))
    assert touching is not None
    assert 'table_top' in touching


def test_the_way_from_home_to_over_the_table_is_free(
    kinematics: Kinematics, settings: ArmSettings
) -> None:
    over = kinematics.solve(GripperPose((0.5, 0.2, settings.heights.transit), 0.0))
    assert over is not None
    path = straight(np.array(settings.home), over)
    assert kinematics.collision(path) is None
    assert kinematics.lowest(path) == pytest.approx(settings.heights.transit, abs=0.01)
