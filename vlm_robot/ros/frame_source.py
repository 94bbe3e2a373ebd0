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

"""The newest look through the camera, put together from its topics on demand."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame, Intrinsics
from vlm_robot.ros import images
from vlm_robot.ros.conversions import to_ns
from vlm_robot.ros.newest import Newest

if TYPE_CHECKING:
    import threading

    from rclpy.node import Node

_POLL_S = 0.005


@dataclass(frozen=True)
class FrameLimits:
    """What counts as a usable frame."""

    max_age_s: float = 1.0
    sync_tolerance_s: float = 0.05  # largest difference between the stamps of colour and depth
    wait_s: float = 2.0  # how long to wait for a usable frame
    compressed: bool = False  # colour comes on image_raw/compressed


class FrameSource:
    """
    Subscribes to `image_raw`, `depth/image_raw` and `camera_info`, and takes the newest on demand.

    :param node: owner of the subscriptions; its clock tells the age of a frame.
    """

    def __init__(self, node: Node, limits: FrameLimits) -> None:
        self._clock = node.get_clock()
        self._limits = limits
        self._colour: Newest[Image] | Newest[CompressedImage] = (
            Newest(node, CompressedImage, 'image_raw/compressed')
            if limits.compressed
            else Newest(node, Image, 'image_raw')
        )
        self._depth = Newest(node, Image, 'depth/image_raw')
        self._info = Newest(node, CameraInfo, 'camera_info')

    def take(self, cancel: threading.Event, *, geometry: bool = True) -> Frame:
        """
        Return the newest frame, waiting a bounded time for one. Blocks: call it on a worker.

        :param geometry: whether depth and intrinsics are needed; without, they are left out.
        :raises Refusal: NO_FRAME, STALE_FRAME, NO_CAMERA_INFO, NO_DEPTH or BAD_FRAME; CANCELED.
        """
        end = time.monotonic() + self._limits.wait_s
        while True:
            try:
                return self._look(geometry=geometry)
            except Refusal as refusal:
                if refusal.outcome is Outcome.BAD_FRAME or time.monotonic() >= end:
                    raise
            if cancel.wait(_POLL_S):
                raise Refusal(Outcome.CANCELED, 'canceled while waiting for a camera frame')

    def peek(self) -> Frame | None:
        """Return the newest colour image if there is a usable one now; never waits."""
        try:
            return self._look(geometry=False)
        except Refusal:
            return None

    def _look(self, *, geometry: bool) -> Frame:
        fresh = self._fresh_colour()
        if not geometry:
            return _frame(fresh[-1])
        info = self._info.latest()
        if info is None:
            raise Refusal(
                Outcome.NO_CAMERA_INFO, f'no camera_info has arrived on {self._info.topic!r}'
            )
        colour, depth = self._match(fresh)
        return _frame(colour, depth, info)

    def _fresh_colour(self) -> tuple[Image | CompressedImage, ...]:
        messages = self._colour.messages()
        if not messages:
            raise Refusal(
                Outcome.NO_FRAME,
                f'no image has arrived on {self._colour.topic!r} '
                f'({self._colour.publishers} publishers)',
            )
        now_ns = self._clock.now().nanoseconds
        ages_s = [(now_ns - to_ns(m.header.stamp)) / 1e9 for m in messages]
        fresh = tuple(
            m for m, age in zip(messages, ages_s, strict=True) if age <= self._limits.max_age_s
        )
        if not fresh:
            raise Refusal(
                Outcome.STALE_FRAME,
                f'the newest image is {min(ages_s):.1f} s old: the limit is '
                f'{self._limits.max_age_s:g} s',
            )
        return fresh

    def _match(
        self, fresh: tuple[Image | CompressedImage, ...]
    ) -> tuple[Image | CompressedImage, Image]:
        """Return the newest colour image that has a depth image of the same moment."""
        depths = self._depth.messages()
        if not depths:
            raise Refusal(Outcome.NO_DEPTH, f'no depth image has arrived on {self._depth.topic!r}')
        gap_s = float('inf')
        for colour in reversed(fresh):
            stamp = to_ns(colour.header.stamp)
            depth = min(depths, key=lambda m: abs(to_ns(m.header.stamp) - stamp))
            gap_s = min(gap_s, abs(to_ns(depth.header.stamp) - stamp) / 1e9)
            if gap_s <= self._limits.sync_tolerance_s:
                return colour, depth
        raise Refusal(
            Outcome.NO_DEPTH,
            f'no depth image belongs to a recent colour image: the nearest is {gap_s:.3f} s '
            f'apart, the limit is {self._limits.sync_tolerance_s:g} s',
        )


def _frame(
    colour: Image | CompressedImage, depth: Image | None = None, info: CameraInfo | None = None
) -> Frame:
    rgb = images.to_rgb(colour) if isinstance(colour, Image) else images.decompress(colour)
    depth_m = None if depth is None else images.to_depth_m(depth)
    intrinsics = None if info is None else images.to_intrinsics(info)
    _check_sizes(rgb, depth_m, intrinsics)
    return Frame(to_ns(colour.header.stamp), colour.header.frame_id, rgb, depth_m, intrinsics)


def _check_sizes(
    rgb: NDArray[np.uint8], depth_m: NDArray[np.float32] | None, intrinsics: Intrinsics | None
) -> None:
    height, width = rgb.shape[:2]
    if depth_m is not None and depth_m.shape != (height, width):
        raise Refusal(
            Outcome.BAD_FRAME,
            f'colour is {width} x {height} but depth is {depth_m.shape[1]} x {depth_m.shape[0]}: '
            'depth must be registered to colour',
        )
    if intrinsics is not None and (intrinsics.width, intrinsics.height) != (width, height):
        raise Refusal(
            Outcome.BAD_FRAME,
            f'colour is {width} x {height} but camera_info says '
            f'{intrinsics.width} x {intrinsics.height}',
        )
