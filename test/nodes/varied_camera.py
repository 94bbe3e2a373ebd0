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

"""A camera node that sends whatever a cell of the input matrix asks for."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from box_scene import T_BASE_CAMERA, camera_info, picture
from input_cells import Cell
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from sent_images import MAKERS

from vlm_robot.ros.conversions import header_message

FRAME, DEPTH_FRAME = 'camera_optical_frame', 'depth_optical_frame'
T_COLOUR_DEPTH = np.eye(4)
T_COLOUR_DEPTH[:3, 3] = (0.03, 0.0, 0.0)
_MOVED = np.eye(4)
_MOVED[2, 3] = 0.1
_BENT = ('plumb_bob', (-0.28, 0.09, 0.0008, -0.0006, 0.01))
_OFFSETS_S = {'from the future': 5.0, 'stale': -5.0}
_LAG_S = 0.2
_PERIOD_S = 0.02
_TOPICS = {
    'raw': {'colour': 'image_raw', 'depth': 'depth/image_raw'},
    'compressed': {
        'colour': 'image_raw/compressed',
        'depth': 'depth/image_raw/compressedDepth',
    },
}


@dataclass(frozen=True)
class Encodings:
    """How colour and depth are sent where a cell does not say."""

    colour: str = 'rgb8'
    depth: str = '32FC1'


class VariedCamera(Node):
    """Publishes the same messages over and over, all of one moment, until it is told others."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__('camera', **arguments)
        self._lock = threading.Lock()
        self._offered: tuple[str, str] = ('', '')
        self._streams: dict[str, Any] = {}
        self._sent: dict[str, Any] = {}
        self.create_timer(_PERIOD_S, self._publish)

    def show(self, cell: Cell, encodings: Encodings, now_ns: int, *, anew: bool) -> dict[str, int]:
        """
        Send what a cell asks for.

        :param anew: whether publishers are made anew, so that none still offers something old.
        :return: topic -> the stamp of what is sent there now.
        """
        sent = dict(_messages(cell, encodings, now_ns))
        with self._lock:
            if anew or self._offered != (cell.transport, cell.qos):
                self._offer(cell)
            if cell.qos == 'camera_info once' and 'info' in sent:
                self._streams['info'].publish(sent['info'])
            self._sent = sent
        return {self._streams[key].topic_name: _stamp_ns(sent[key]) for key in sent}

    def fall_silent(self) -> None:
        """Send nothing more."""
        with self._lock:
            self._sent = {}

    def _offer(self, cell: Cell) -> None:
        for stream in self._streams.values():
            self.destroy_publisher(stream)
        self._offered = (cell.transport, cell.qos)
        kind = Image if cell.transport == 'raw' else CompressedImage
        topics = _TOPICS[cell.transport]
        profile = _profile(cell.qos)
        of_info = _profile('latched') if cell.qos == 'camera_info once' else profile
        make = self.create_publisher
        self._streams = {
            **{key: make(kind, topic, profile) for key, topic in topics.items()},
            'info': make(CameraInfo, 'camera_info', of_info),
            'depth info': make(CameraInfo, 'depth/camera_info', profile),
        }

    def _publish(self) -> None:
        with self._lock:
            for key, message in self._sent.items():
                if key != 'info' or self._offered[1] != 'camera_info once':
                    self._streams[key].publish(message)


def _profile(offer: str) -> QoSProfile:
    is_lossy = offer in ('best effort', 'latched best effort', 'camera_info once')
    return QoSProfile(
        depth=2,
        reliability=ReliabilityPolicy.BEST_EFFORT if is_lossy else ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL
        if offer.startswith('latched')
        else DurabilityPolicy.VOLATILE,
    )


def _messages(cell: Cell, encodings: Encodings, now_ns: int) -> Iterator[tuple[str, Any]]:
    stamp_ns = now_ns + round(_OFFSETS_S.get(cell.sync, 0.0) * 1e9)
    stamp_ns = 0 if cell.sync == 'stamps of zero' else stamp_ns
    frame = 'elsewhere' if cell.frames == 'unknown' else FRAME
    pose = _MOVED @ T_BASE_CAMERA if cell.frames == 'camera moved' else T_BASE_CAMERA
    lens = camera_info(*_BENT) if cell.info == 'bent' else camera_info()
    rgb, depth_m = picture(lens, pose)
    as_colour, as_depth = MAKERS[cell.transport]
    if cell.sync != 'no image':
        chosen = encodings.colour if cell.colour == 'good' else cell.colour
        yield 'colour', _stamped(as_colour(rgb, chosen), stamp_ns, frame)
    if cell.info != 'none':
        yield 'info', _stamped(_twisted(lens, cell.info), stamp_ns, frame)
    if cell.sync == 'no depth':
        return
    is_beside = cell.frames in ('depth beside', 'depth unknown')
    if is_beside:
        frame = DEPTH_FRAME if cell.frames == 'depth beside' else 'elsewhere'
        depth_m = picture(camera_info(), pose @ T_COLOUR_DEPTH)[1]
        yield 'depth info', _stamped(camera_info(), stamp_ns, frame)
    if cell.depth == 'empty':
        depth_m = np.full_like(depth_m, np.nan)
        depth_m[::2] = np.inf
    lag_ns = round(_LAG_S * 1e9) if cell.sync == 'depth lags' else 0
    chosen = encodings.depth if cell.depth in ('good', 'empty') else cell.depth
    yield 'depth', _stamped(as_depth(depth_m, chosen), stamp_ns - lag_ns, frame)


def _twisted(info: CameraInfo, fault: str) -> CameraInfo:
    made = copy.deepcopy(info)
    if fault in ('zero focal length', 'NaN'):
        made.k[0] = made.k[4] = 0.0 if fault == 'zero focal length' else np.nan
    elif fault == 'another size':
        made.width, made.height = 100, 80
    elif fault == 'unknown lens':
        made.distortion_model, made.d = 'wavy', [0.1]
    return made


def _stamped(message: Any, stamp_ns: int, frame: str) -> Any:
    message.header = header_message(stamp_ns, frame)
    return message


def _stamp_ns(message: Any) -> int:
    return int(message.header.stamp.sec) * 10**9 + int(message.header.stamp.nanosec)
