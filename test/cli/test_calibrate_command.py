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

import dataclasses
import functools
import io
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from board_pictures import (
    BOARD,
    IN_HAND,
    PLUMB_BOB,
    TO_HAND,
    Stage,
    photograph,
    usual_samples,
    views,
)
from rclpy.node import Node
from ros_fixture import Ros, open_ros
from sensor_msgs.msg import CameraInfo, Image, JointState

from vlm_robot.calibration.samples import SampleFolder, save
from vlm_robot.cli import statuses
from vlm_robot.cli.main import main
from vlm_robot.core.geometry import from_quaternion, inverse
from vlm_robot.motion.kinematics import Kinematics
from vlm_robot.motion.mjcf import load_arm
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.nodes.motion_node import MotionNode
from vlm_robot.nodes.vlm_parameters import VlmParameters
from vlm_robot.resources import share_path
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import header_message
from vlm_robot.ros.parameters import names
from vlm_robot.sim.model import ARM_PATH

pytestmark = [pytest.mark.ros, pytest.mark.sim]

NAMES = [f'joint{number}' for number in range(1, 8)]
ARM = ('--arm', str(share_path('config', 'arm.yaml')), '--arm-model', str(ARM_PATH))


def kept(folder: Path, stage: Stage, *, spoil: bool = False) -> Path:
    taken = usual_samples(stage, count=8)
    if spoil:
        nudge = from_quaternion((0.01, 0.004, 0.0), (0.02, 0.01, 0.0, 1.0))
        taken[2] = dataclasses.replace(taken[2], T_base_tool=taken[2].T_base_tool @ nudge)
    save(folder, SampleFolder(tuple(taken), PLUMB_BOB, 'camera_optical', 'tool0'))
    return folder


def parameters(path: Path) -> dict[str, object]:
    (section,) = yaml.safe_load(path.read_text()).values()
    return section['ros__parameters']


def found_pose(path: Path) -> np.ndarray:
    given = parameters(path)
    return from_quaternion(given['extrinsics.translations'], given['extrinsics.quats_xyzw'])


def test_kept_samples_give_parameters_a_report_and_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept(tmp_path / 'samples', TO_HAND, spoil=True)
    out = tmp_path / 'new' / 'extrinsics.yaml'

    status = main(['calibrate', '--samples', str(folder), '--out', str(out)])

    printed = capsys.readouterr().out
    assert status == statuses.OK
    assert "'camera_optical' in 'base_link'" in printed
    assert 'dropped             002.png' in printed
    np.testing.assert_allclose(found_pose(out), TO_HAND.T_mount_camera, atol=2e-3)
    assert parameters(out)['extrinsics.source'] == 'parameters'
    assert parameters(out)['extrinsics.camera_frames'] == ['camera_optical']
    picture = cv2.imread(str(out.with_suffix('.png')))
    assert picture.shape == (3 * 480, 3 * 640, 3)


def test_a_camera_on_the_arm_is_written_in_the_frame_of_the_tool(tmp_path: Path) -> None:
    folder = kept(tmp_path / 'samples', IN_HAND)
    out = tmp_path / 'extrinsics.yaml'

    arguments = ['calibrate', '--samples', str(folder), '--setup', 'eye-in-hand']
    assert main([*arguments, '--out', str(out)]) == statuses.OK

    np.testing.assert_allclose(found_pose(out), IN_HAND.T_mount_camera, atol=2e-3)
    assert parameters(out)['extrinsics.mount_frames'] == ['tool0']
    assert parameters(out)['extrinsics.source'] == 'tf'
    assert set(parameters(out)) <= set(names(VlmParameters))


def test_a_refusal_is_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept(tmp_path / 'samples', TO_HAND)
    out = tmp_path / 'extrinsics.yaml'

    arguments = ['calibrate', '--samples', str(folder), '--out', str(out)]
    assert main([*arguments, '--square-m', '0.028']) == statuses.REFUSED
    assert 'WRONG_BOARD_SIZE: squares of 0.028 m' in capsys.readouterr().out
    assert main([*arguments, '--squares', 'many']) == statuses.USAGE
    assert "'many': expected for example 7x5" in capsys.readouterr().err
    assert not out.exists()


def test_a_board_is_printed_with_the_words_to_call_it_by(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / 'board.png'
    assert main(['calibrate', '--print-board', str(path), '--squares', '8x6']) == statuses.OK
    assert '--squares 8x6 --square-m 0.03' in capsys.readouterr().out
    assert cv2.imread(str(path)) is not None


@functools.cache
def stations() -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Return T_base_camera, and joints of the arm with the picture of the board that it holds."""
    settings = ArmSettings.load()
    kinematics = Kinematics(load_arm(ARM_PATH, settings), settings)
    (first_view,) = views(1, seed=3)
    T_tool_board, rest = TO_HAND.T_holder_board, np.array(settings.posture)
    T_base_camera = kinematics.tcp(rest).as_matrix() @ T_tool_board @ inverse(first_view)
    random = np.random.default_rng(4)
    found = []
    for _ in range(8):
        joints = rest + random.uniform(-1, 1, 7) * (0.05, 0.05, 0.05, 0.1, 0.25, 0.2, 0.3)
        T_base_board = kinematics.tcp(joints).as_matrix() @ T_tool_board
        found.append((joints, photograph(inverse(T_base_camera) @ T_base_board, PLUMB_BOB)))
    return T_base_camera, found


class Robot:
    """Publishes a camera and an arm that holds a board, and moves on when a sample is taken."""

    def __init__(
        self, ros: Ros, folder: Path, *, informs: bool = True, namespace: str = ''
    ) -> None:
        self.folder = folder
        self._informs = informs
        self.T_base_camera, self._stations = stations()
        self._node = Node('robot', context=ros.context, namespace=namespace)
        self._image = self._node.create_publisher(Image, 'image_raw', qos.STREAM)
        self._info = self._node.create_publisher(CameraInfo, 'camera_info', qos.STREAM)
        self._joints = self._node.create_publisher(JointState, 'joint_states', qos.STREAM)
        self._node.create_timer(0.05, self._publish)
        ros.spin(self._node)

    def _publish(self) -> None:
        taken = len(list(self.folder.glob('*.png')))
        joints, grey = self._stations[min(taken, len(self._stations) - 1)]
        header = header_message(self._node.get_clock().now().nanoseconds, 'eye_optical')
        info = CameraInfo(header=header, width=640, height=480, distortion_model='plumb_bob')
        info.d, info.k = PLUMB_BOB.coefficients.tolist(), PLUMB_BOB.matrix.ravel()
        if self._informs:
            self._info.publish(info)
        self._joints.publish(JointState(header=header, name=NAMES, position=joints.tolist()))
        image = Image(header=header, height=480, width=640, encoding='mono8', step=640)
        image.data = grey.tobytes()
        self._image.publish(image)


@pytest.fixture
def ros(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ros]:
    with open_ros() as ros:
        monkeypatch.setenv('ROS_DOMAIN_ID', str(ros.context.get_domain_id()))
        yield ros


def test_a_running_robot_is_calibrated_by_itself(
    ros: Ros, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    robot = Robot(ros, tmp_path / 'samples', namespace='left')
    ros.spin(MotionNode(context=ros.context, namespace='left'))
    out = tmp_path / 'extrinsics.yaml'

    status = main(
        [
            *('calibrate', '--auto', '--count', '8', '--settle-s', '0.2', '--timeout-s', '60'),
            *('--save', str(robot.folder), '--out', str(out), '--namespace', 'left'),
        ]
    )

    printed = capsys.readouterr().out
    assert status == statuses.OK, printed
    assert 'the arm: the simulated arm, as motion_node has it' in printed
    assert f'007.png: {len(BOARD.corners)} of {len(BOARD.corners)} corners' in printed
    np.testing.assert_allclose(found_pose(out), robot.T_base_camera, atol=3e-3)
    again = tmp_path / 'again.yaml'
    assert main(['calibrate', '--samples', str(robot.folder), '--out', str(again)]) == statuses.OK
    np.testing.assert_allclose(found_pose(again), found_pose(out), atol=1e-6)


def test_keys_take_undo_and_end(
    ros: Ros,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    robot = Robot(ros, tmp_path / 'samples')
    keys = ['what', 'u', *[''] * 20, 'u', 'q']
    monkeypatch.setattr('sys.stdin', io.StringIO('\n'.join(keys)))

    arguments = ['calibrate', '--save', str(robot.folder), '--settle-s', '0.2', *ARM]
    main([*arguments, '--out', str(tmp_path / 'extrinsics.yaml')])

    printed = capsys.readouterr().out
    assert printed.count('Enter takes a sample') == 3
    assert 'the arm moves, last by ' in printed
    assert '0.1 degrees for 0.2 s: wait, and press Enter again' in printed
    taken = printed.count(' corners')
    assert taken > 1
    assert f'{taken - 1:03d}.png undone' in printed
    poses = yaml.safe_load((robot.folder / 'poses.yaml').read_text())['T_base_tool']
    assert [pose['image'] for pose in poses] == [f'{n:03d}.png' for n in range(taken - 1)]


def test_without_a_camera_the_refusal_says_which_topic_is_silent(
    ros: Ros, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(
        [
            *('calibrate', '--auto', '--wait-s', '0.2', *ARM),
            *('--out', str(tmp_path / 'extrinsics.yaml')),
        ]
    )
    printed = capsys.readouterr().out
    assert status == statuses.REFUSED
    assert 'NO_FRAME' in printed
    assert 'image_raw' in printed


def test_a_camera_without_camera_info_is_refused_by_name(
    ros: Ros, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    robot = Robot(ros, tmp_path / 'samples', informs=False)
    arguments = ['calibrate', '--auto', '--wait-s', '1.0', '--save', str(robot.folder), *ARM]

    assert main([*arguments, '--out', str(tmp_path / 'extrinsics.yaml')]) == statuses.REFUSED

    assert "NO_CAMERA_INFO: nothing has arrived on '/camera_info'" in capsys.readouterr().out


def test_a_time_limit_leaves_the_reason_why_there_are_no_samples(
    ros: Ros, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ['calibrate', '--auto', '--timeout-s', '0.3', *ARM]

    assert main([*arguments, '--out', str(tmp_path / 'extrinsics.yaml')]) == statuses.REFUSED

    printed = capsys.readouterr().out
    assert "NO_FRAME no image has arrived on '/image_raw' (0 publishers)" in printed
    assert 'the time limit of 0.3 s passed' in printed


def test_an_arm_that_nobody_names_is_not_taken_for_the_simulated_one(
    ros: Ros, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ['calibrate', '--auto', '--wait-s', '0.2', '--namespace', 'left']

    assert main([*arguments, '--out', str(tmp_path / 'extrinsics.yaml')]) == statuses.USAGE

    said = capsys.readouterr().err
    assert "no motion_node answers in namespace '/left'; give --arm and --arm-model" in said


def test_a_time_limit_leaves_the_reason_why_the_arms_pose_is_not_known(
    ros: Ros, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    robot = Robot(ros, tmp_path / 'samples')
    arguments = ['calibrate', '--auto', '--timeout-s', '3', '--save', str(robot.folder), *ARM]
    names = ['--remap', 'joint_states:=/arm/joint_states']

    status = main([*arguments, *names, '--out', str(tmp_path / 'extrinsics.yaml')])

    assert status == statuses.REFUSED
    assert "no joint_states have arrived on '/arm/joint_states'" in capsys.readouterr().out
