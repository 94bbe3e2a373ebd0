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

"""Takes the samples of a calibration from a running robot."""

from __future__ import annotations

import queue
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rclpy
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo

from vlm_robot.bringup.remapping import rules_of
from vlm_robot.calibration.board import Board
from vlm_robot.calibration.collecting import Collector, Moment
from vlm_robot.calibration.faults import CalibrationRefused, Fault
from vlm_robot.calibration.optics import Optics
from vlm_robot.calibration.samples import Sample, SampleFolder, save
from vlm_robot.calibration.sighting import find_corners
from vlm_robot.cli.client import cancel_on_interrupt
from vlm_robot.core.cancel import CancelToken, deadline
from vlm_robot.core.errors import Refusal
from vlm_robot.core.values import Frame
from vlm_robot.optics.lens import lens_of
from vlm_robot.ros.arm.arm_files import ArmFiles, find_arm_files
from vlm_robot.ros.camera.frame_source import FrameLimits, FrameSource
from vlm_robot.ros.spin import Spinner
from vlm_robot.ros.streams.newest import Newest
from vlm_robot.ros.transforms.arm_pose import ArmPose, TfArmPose, make_joint_arm_pose
from vlm_robot.ros.transforms.frames import Extrinsics, make_transforms

_PERIOD_S = 0.1
_REPEAT_S = 5.0  # between two lines that say why no sample is taken
_HELP = 'Enter takes a sample, u undoes the last one, q ends'


@dataclass(frozen=True)
class Wanted:
    """What to take, and from where."""

    folder: Path
    count: int  # 0: whenever a person says so
    settle_s: float
    timeout_s: float
    wait_s: float  # for an image, its camera_info and the arm's pose
    arm: ArmFiles  # what is not given is asked of motion_node
    camera: str = ''
    rectified: bool = False
    base_frame: str = 'base_link'
    tool_frame: str = ''  # of tf; empty computes it from joint_states
    namespace: str = ''  # of the robot's nodes
    remap: str = ''  # see `rules_of`


def take_samples(board: Board, wanted: Wanted) -> SampleFolder:
    """
    Take samples until there are enough, and keep them in a folder.

    :raises Refusal: without images, arm poses or time.
    :raises CalibrationRefused: NO_CAMERA_INFO.
    """
    with cancel_on_interrupt() as cancel, _open_node(wanted) as node:
        session = _Session(node, board, wanted, cancel)
        if wanted.count:
            with deadline(cancel, wanted.timeout_s):
                session.take_by_itself()
        else:
            session.take_on_demand(_keys())
        return session.content()


class _Session:
    def __init__(self, node: Node, board: Board, wanted: Wanted, cancel: CancelToken) -> None:
        self._board = board
        self._wanted = wanted
        self._cancel = cancel
        self._frames = FrameSource(node, FrameLimits(wait_s=wanted.wait_s), camera=wanted.camera)
        prefix = f'{wanted.camera}/' if wanted.camera else ''
        self._infos = Newest(node, CameraInfo, f'{prefix}camera_info')
        self._arm = _arm_pose(node, wanted, cancel)
        self._collector = Collector(wanted.settle_s)
        self._samples: list[Sample] = []
        self._camera_frame = ''
        self._optics: Optics | None = None

    def take_by_itself(self) -> None:
        """Take a sample whenever the arm has come to rest at a new pose."""
        print(f'move the arm by hand or program; {self._wanted.count} samples are taken at rest')
        said, said_s = '', 0.0
        while len(self._samples) < self._wanted.count:
            frame, T_base_tool = self._look()
            moment = self._collector.offer(frame.stamp_ns / 1e9, T_base_tool)
            line = self._take(frame, T_base_tool) if moment is Moment.GOOD else moment.value
            moves_on = moment is Moment.MOVING and time.monotonic() - said_s > _REPEAT_S
            if line != said or moves_on:
                print(self._in_full(moment, line), flush=True)
                said_s = time.monotonic()
            said = line
            self._cancel.wait(_PERIOD_S)

    def take_on_demand(self, next_key: Callable[[], str | None]) -> None:
        """Take a sample when a person says so."""
        print(_HELP, flush=True)
        while (key := next_key()) != 'q':
            frame, T_base_tool = self._look()
            moment = self._collector.offer(frame.stamp_ns / 1e9, T_base_tool)
            if key is not None:
                print(self._answer(key, moment, frame, T_base_tool), flush=True)
            self._cancel.wait(_PERIOD_S)

    def _answer(
        self, key: str, moment: Moment, frame: Frame, T_base_tool: NDArray[np.float64]
    ) -> str:
        if key == 'u' and self._samples:
            undone = self._samples.pop()
            save(self._wanted.folder, self.content())
            return f'{undone.name} undone'
        if key != '':
            return _HELP
        if moment is Moment.MOVING:
            return f'{self._in_full(moment, moment.value)}: wait, and press Enter again'
        return self._take(frame, T_base_tool)

    def _in_full(self, moment: Moment, line: str) -> str:
        return f'{line}, {self._collector.unrest}' if moment is Moment.MOVING else line

    def content(self) -> SampleFolder:
        """Return what was taken."""
        return SampleFolder(
            tuple(self._samples), self._require_optics(), self._camera_frame, self._arm.tool_frame
        )

    def _look(self) -> tuple[Frame, NDArray[np.float64]]:
        self._cancel.check()
        frame = self._frames.take(self._cancel, geometry=False)
        if self._optics is None:
            self._optics = self._wait_for_optics(frame)
        self._camera_frame = frame.frame_id
        return frame, self._wait_for_arm(frame.stamp_ns)

    def _take(self, frame: Frame, T_base_tool: NDArray[np.float64]) -> str:
        sighting = find_corners(self._board, frame.rgb)
        if sighting is None:
            return 'the board is not seen, or too little of it'
        name = f'{len(self._samples):03d}.png'
        self._samples.append(Sample(name, frame.rgb, T_base_tool))
        self._collector.took(T_base_tool)
        save(self._wanted.folder, self.content())
        return f'{name}: {len(sighting.ids)} of {len(self._board.corners)} corners'

    def _wait_for_optics(self, frame: Frame) -> Optics:
        end = time.monotonic() + self._wanted.wait_s
        while (info := self._infos.latest()) is None:
            if self._cancel.is_set() or time.monotonic() > end:
                raise CalibrationRefused(
                    Fault.NO_CAMERA_INFO, f'nothing has arrived on {self._infos.topic!r}'
                )
            self._cancel.wait(_PERIOD_S)
        return optics_of(info, frame.rgb.shape[:2], rectified=self._wanted.rectified)

    def _wait_for_arm(self, stamp_ns: int) -> NDArray[np.float64]:
        end = time.monotonic() + self._wanted.wait_s
        while True:
            try:
                return self._arm.at(stamp_ns, self._cancel)
            except Refusal:
                if self._samples or self._cancel.is_set() or time.monotonic() > end:
                    raise
            self._cancel.wait(_PERIOD_S)

    def _require_optics(self) -> Optics:
        if self._optics is None:
            raise CalibrationRefused(Fault.TOO_FEW_SAMPLES, 'no sample was taken')
        return self._optics


def optics_of(info: CameraInfo, shape: tuple[int, ...], *, rectified: bool) -> Optics:
    """
    Return a camera_info's camera for images of a shape (h, w).

    :raises CalibrationRefused: NO_CAMERA_INFO.
    """
    try:
        lens = lens_of(info, rectified=rectified, size=(shape[1], shape[0]))
    except Refusal as refusal:
        raise CalibrationRefused(Fault.NO_CAMERA_INFO, refusal.message) from refusal
    k = lens.intrinsics
    matrix = np.array([[k.fx, 0, k.cx], [0, k.fy, k.cy], [0, 0, 1]])
    if lens.rays is None:
        return Optics(k.width, k.height, matrix)
    model = 'equidistant' if info.distortion_model == 'fisheye' else info.distortion_model
    return Optics(k.width, k.height, matrix, model, np.array(info.d, dtype=np.float64))


def _arm_pose(node: Node, wanted: Wanted, cancel: CancelToken) -> ArmPose:
    if not wanted.tool_frame:
        files = find_arm_files(node, wanted.arm, cancel, wait_s=wanted.wait_s)
        print(f'the arm: {files.origin}', flush=True)
        return make_joint_arm_pose(node, arm_file=files.arm_file, arm_model=files.arm_model)
    transforms = make_transforms(
        node, Extrinsics('tf'), base_frame=wanted.base_frame, wait_s=wanted.wait_s
    )
    return TfArmPose(transforms, wanted.base_frame, wanted.tool_frame)


def _keys() -> Callable[[], str | None]:
    """Return what gives the next line that was typed, None if there is none, 'q' at the end."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line.strip().lower())
        lines.put('q')

    threading.Thread(target=read, name='keys', daemon=True).start()

    def next_key() -> str | None:
        try:
            return lines.get_nowait()
        except queue.Empty:
            return None

    return next_key


@contextmanager
def _open_node(wanted: Wanted) -> Iterator[Node]:
    rules = [word for rule in rules_of(wanted.remap).items() for word in ('-r', ':='.join(rule))]
    rclpy.init(args=['--ros-args', *rules], signal_handler_options=SignalHandlerOptions.NO)
    name = f'vlm_robot_calibrate_{uuid.uuid4().hex[:8]}'
    spinner = Spinner(Node(name, namespace=wanted.namespace or None))
    try:
        yield spinner.node
    finally:
        spinner.close()
        rclpy.try_shutdown()
