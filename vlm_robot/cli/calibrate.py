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

"""`vlm-robot calibrate`: find out where the camera is, by a ChArUco board."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from vlm_robot.cli import statuses
from vlm_robot.core.errors import ConfigurationError, Refusal

if TYPE_CHECKING:
    from vlm_robot.calibration.board import Board
    from vlm_robot.calibration.calibrate import Calibration
    from vlm_robot.calibration.samples import SampleFolder

_EYE_TO_HAND, _EYE_IN_HAND = 'eye-to-hand', 'eye-in-hand'


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this command."""
    parser.add_argument(
        '--setup',
        choices=(_EYE_TO_HAND, _EYE_IN_HAND),
        default=_EYE_TO_HAND,
        help='eye-to-hand: fixed camera, board on the gripper; eye-in-hand: the reverse',
    )
    parser.add_argument('--out', type=Path, default=Path('out/calibration/extrinsics.yaml'))
    parser.add_argument('--base-frame', default='base_link', help="the arm's base")
    _configure_board(parser.add_argument_group('the board'))
    _configure_samples(parser.add_argument_group('the samples'))


def _configure_board(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--squares', default='7x5', help='columns x rows')
    group.add_argument('--square-m', type=float, default=0.03, help='measured on the print')
    group.add_argument('--marker-m', type=float, default=0.022, help='measured on the print')
    group.add_argument('--dictionary', default='DICT_5X5_100')
    group.add_argument('--legacy', action='store_true', help='a board of OpenCV before 4.6')
    group.add_argument('--print-board', type=Path, metavar='PNG', help='write the board and end')
    group.add_argument('--dpi', type=int, default=300, help='of the board to print')


def _configure_samples(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--samples', type=Path, help='folder of an earlier calibration: no robot')
    group.add_argument('--save', type=Path, help='folder to keep the samples in')
    group.add_argument('--auto', action='store_true', help='take one whenever the arm rests')
    group.add_argument('--count', type=int, default=15, help='how many samples --auto takes')
    group.add_argument('--settle-s', type=float, default=0.8, help='how long the arm rests')
    group.add_argument('--wait-s', type=float, default=10.0, help='for image and arm pose')
    group.add_argument('--timeout-s', type=float, default=600.0, help='limit for --auto')
    group.add_argument('--camera', default='', help="namespace of the camera's topics")
    group.add_argument('--camera-frame', help='optical frame, instead of that of the images')
    group.add_argument('--rectified', action='store_true', help='the images are rectified')
    group.add_argument('--tool-frame', help='link to ask tf for, instead of joint_states')
    group.add_argument(
        '--arm', default='', help='settings of the arm; else what the running motion_node has'
    )
    group.add_argument('--arm-model', default='', help='URDF or MJCF of the arm; likewise')
    group.add_argument('--namespace', default='', help="of the robot's nodes")
    group.add_argument(
        '--remap', default='', help="other names: 'joint_states:=/joint_states', as of `up`"
    )


def run(args: argparse.Namespace) -> int:
    """Print a board, or take samples and find the camera's pose."""
    from vlm_robot.calibration.board import Board
    from vlm_robot.calibration.faults import CalibrationRefused

    board = Board.sized(
        args.squares,
        square_m=args.square_m,
        marker_m=args.marker_m,
        dictionary=args.dictionary,
        legacy=args.legacy,
    )
    if args.print_board:
        return _print_board(board, args.print_board, args.dpi)
    try:
        return _calibrate(args, board)
    except CalibrationRefused as refused:
        print(refused)
        return statuses.REFUSED
    except Refusal as refusal:
        print(f'{refusal.outcome.name} {refusal.message}')
        return statuses.exit_status(refusal.outcome)


def _print_board(board: Board, path: Path, dpi: int) -> int:
    from vlm_robot.calibration.printing import caption, write_board

    resolution = write_board(board, path, dpi=dpi)
    print(
        f'{path}: print it at {resolution:.1f} dpi (100 %), glue it flat, measure it, call it by'
    )
    print(f'  {caption(board)}')
    return statuses.OK


def _calibrate(args: argparse.Namespace, board: Board) -> int:
    from vlm_robot.calibration.calibrate import calibrate
    from vlm_robot.calibration.mounting import Setup
    from vlm_robot.calibration.samples import load

    content = load(args.samples) if args.samples else _take(args, board)
    found = calibrate(content.samples, content.optics, board=board, setup=Setup(args.setup))
    _write(found, content, args)
    return statuses.OK


def _take(args: argparse.Namespace, board: Board) -> SampleFolder:
    from vlm_robot.cli.calibrate_live import Wanted, take_samples
    from vlm_robot.ros.arm.arm_files import ArmFiles

    return take_samples(
        board,
        Wanted(
            folder=args.save or args.out.parent / 'samples',
            count=args.count if args.auto else 0,
            settle_s=args.settle_s,
            timeout_s=args.timeout_s,
            wait_s=args.wait_s,
            camera=args.camera,
            rectified=args.rectified,
            base_frame=args.base_frame,
            tool_frame=args.tool_frame or '',
            arm=ArmFiles(args.arm, args.arm_model),
            namespace=args.namespace,
            remap=args.remap,
        ),
    )


def _write(found: Calibration, content: SampleFolder, args: argparse.Namespace) -> None:
    import cv2

    from vlm_robot.calibration.drawing import mosaic
    from vlm_robot.calibration.report import parameter_file, report

    camera_frame = args.camera_frame or content.camera_frame
    mount_frame = args.base_frame
    if args.setup == _EYE_IN_HAND:
        mount_frame = args.tool_frame or content.tool_frame
    for option, name in (('--camera-frame', camera_frame), ('--tool-frame', mount_frame)):
        if not name:
            raise ConfigurationError(f'the samples do not name the frame: say {option}')
    text = parameter_file(found, camera_frame=camera_frame, mount_frame=mount_frame)
    picture = args.out.with_suffix('.png')
    try:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(text, encoding='utf-8')
        cv2.imwrite(str(picture), mosaic(found)[..., ::-1])
    except OSError as err:
        raise ConfigurationError(f'{str(args.out)!r} cannot be written: {err}') from err
    print(report(found, camera_frame=camera_frame, mount_frame=mount_frame))
    print(f'written to {args.out} and {picture}')
