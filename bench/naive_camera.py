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

"""Frames in the way that everybody writes first: a callback per message, which copies."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from vlm_robot.ros import qos
from vlm_robot.ros.conversions import to_ns

_QUEUE = 10  # as people give to message_filters; more than a subscription keeps
_SLOP_NS = 5_000_000

Look = tuple[int, NDArray[np.uint8], NDArray[np.float32], NDArray[np.float64]]
"""Stamp, colour, depth in m and the camera's matrix."""


class NaiveCamera:
    """Matches colour, depth and camera_info as they come, and keeps the newest look."""

    def __init__(self, node: Node, *, compressed: bool) -> None:
        topic = 'image_raw/compressed' if compressed else 'image_raw'
        kinds: dict[str, tuple[Any, str]] = {
            'colour': (CompressedImage if compressed else Image, topic),
            'depth': (Image, 'depth/image_raw'),
            'info': (CameraInfo, 'camera_info'),
        }
        self.look: Look | None = None
        self._queues: dict[str, deque[Any]] = {key: deque(maxlen=_QUEUE) for key in kinds}
        for key, (kind, name) in kinds.items():
            node.create_subscription(kind, name, self._keep(key), qos.STREAM)
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)

    def spin_to(self, stamp_ns: int) -> Look:
        """Serve callbacks until the look of a moment is there."""
        while self.look is None or self.look[0] < stamp_ns:
            self._executor.spin_once(timeout_sec=1.0)
        return self.look

    def drain(self) -> None:
        """Serve the callbacks of everything that is there."""
        for _ in range(len(self._queues) * _QUEUE):
            self._executor.spin_once(timeout_sec=0.0)

    def _keep(self, key: str) -> Callable[[Any], None]:
        def keep(message: Any) -> None:
            self._queues[key].append(message)
            self._match(message)

        return keep

    def _match(self, message: Any) -> None:
        """Do what message_filters does with approximate times."""
        near = {key: _near(queue, message) for key, queue in self._queues.items()}
        if all(found is not None for found in near.values()):
            colour, depth, info = near['colour'], near['depth'], near['info']
            matrix = np.array(info.k).reshape(3, 3)
            self.look = to_ns(colour.header.stamp), _rgb(colour), _depth_m(depth), matrix


def _near(queue: deque[Any], message: Any) -> Any:
    gaps_ns = [abs(to_ns(m.header.stamp) - to_ns(message.header.stamp)) for m in queue]
    nearest = int(np.argmin(gaps_ns)) if gaps_ns else 0
    return queue[nearest] if gaps_ns and gaps_ns[nearest] <= _SLOP_NS else None


def _rgb(message: Any) -> NDArray[np.uint8]:
    """Convert as cv_bridge does: to blue first, and back."""
    if isinstance(message, CompressedImage):
        pixels = cv2.imdecode(np.array(message.data, dtype=np.uint8), cv2.IMREAD_COLOR)
    else:
        shape = (message.height, message.width, 3)
        rgb = np.array(message.data, dtype=np.uint8).reshape(shape)
        pixels = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _depth_m(message: Image) -> NDArray[np.float32]:
    data = np.frombuffer(bytes(message.data), dtype=np.float32)
    depth_m = data.reshape(message.height, message.width).copy()
    depth_m[~np.isfinite(depth_m) | (depth_m <= 0)] = np.nan
    return depth_m
