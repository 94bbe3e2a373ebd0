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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame
from vlm_robot.ros.camera.framing import Reading, assemble
from vlm_robot.ros.camera.timely import Timely
from vlm_robot.ros.conversions import to_ns
from vlm_robot.ros.qos import sensor
from vlm_robot.ros.streams.newest import Newest
from vlm_robot.ros.transforms.frames import Transforms

if TYPE_CHECKING:
    import threading

    from rclpy.node import Node

_POLL_S = 0.005

# Taking one image costs a millisecond, so few are kept: enough for depth that comes up to two
# frames after its colour, as depth does that is computed or aligned by the driver.
_COLOUR_KEPT = 3
_DEPTH_KEPT = 2
_INFOS_KEPT = 2


@dataclass(frozen=True)
class FrameLimits:
    """What counts as a usable frame, and how it comes."""

    max_age_s: float = 1.0
    sync_tolerance_s: float = 0.05  # largest difference between the stamps of colour and depth
    wait_s: float = 2.0  # how long to wait for a usable frame
    compressed: bool = False  # colour comes on image_raw/compressed
    future_tolerance_s: float = 0.25  # how far a stamp may be ahead of the clock
    depth_compressed: bool = False  # depth comes on depth/image_raw/compressedDepth
    depth_images: int = 1  # how many are looked at, of those that are there
    rectified: bool = False  # images are rectified, see `lens_of`
    T_colour_depth: NDArray[np.float64] | None = field(default=None, compare=False)


class FrameSource:
    """
    Subscribes to a camera's topics, and takes the newest images on demand.

    The topics are `image_raw`, `depth/image_raw`, `camera_info` and `depth/camera_info`.

    :param node: owner of the subscriptions; its clock tells the age of a frame.
    :param camera: namespace of the topics; empty is the node's own.
    :param transforms: tell where the depth camera is, where it is another one and the limits do
        not say.
    """

    def __init__(
        self,
        node: Node,
        limits: FrameLimits,
        *,
        camera: str = '',
        transforms: Transforms | None = None,
    ) -> None:
        prefix = f'{camera.rstrip("/")}/' if camera else ''
        clock = node.get_clock()
        self._limits = limits
        self._transforms = transforms

        def subscribe(name: str, transport: str, *, kept: int) -> Newest[Any]:
            kind = CompressedImage if transport else Image
            return Newest(node, kind, f'{prefix}{name}{transport}', qos=sensor(kept))

        colour = subscribe(
            'image_raw', '/compressed' if limits.compressed else '', kept=_COLOUR_KEPT
        )
        depth = subscribe(
            'depth/image_raw',
            '/compressedDepth' if limits.depth_compressed else '',
            kept=max(_DEPTH_KEPT, limits.depth_images),
        )
        ahead_s = limits.future_tolerance_s
        self._colour = Timely(colour, clock, what='image', ahead_s=ahead_s)
        self._depth = Timely(depth, clock, what='depth image', ahead_s=ahead_s)
        few = sensor(_INFOS_KEPT)
        self._info = Newest(node, CameraInfo, f'{prefix}camera_info', qos=few)
        self._depth_info = Newest(
            node, CameraInfo, f'{prefix}depth/camera_info', qos=few, optional=True
        )
        self._reading = Reading(limits.rectified, camera, self._depth_info.topic)

    @property
    def camera(self) -> str:
        """Namespace of the camera's topics."""
        return self._reading.camera

    def take(self, cancel: threading.Event, *, geometry: bool = True) -> Frame:
        """
        Return the newest frame, waiting a bounded time for one. Blocks: call it on a worker.

        :param geometry: whether depth and intrinsics are needed; without, they are left out.
        :raises Refusal: NO_FRAME, STALE_FRAME, NO_CAMERA_INFO, NO_DEPTH, NO_TRANSFORM or
            BAD_FRAME; CANCELED.
        """
        wait_s = self._limits.wait_s
        return first_frame((self,), cancel, geometry=geometry, wait_s=wait_s)[1]

    def frames(self, cancel: threading.Event, *, geometry: bool = True) -> Iterator[Frame]:
        """Yield the one frame that `take` returns."""
        yield self.take(cancel, geometry=geometry)

    def peek(self) -> Frame | None:
        """Return the newest colour image if there is a usable one now; never waits."""
        try:
            return assemble(self._fresh_colour()[-1], reading=self._reading)
        except Refusal:
            return None

    def look(self, cancel: threading.Event, *, geometry: bool = True) -> Frame:
        """
        Return the newest frame that there is now; waits for transforms only.

        :raises Refusal: as `take`.
        """
        fresh = self._fresh_colour()
        if not geometry:
            return assemble(fresh[-1], reading=self._reading)
        infos = self._info.messages()
        if not infos:
            raise Refusal(
                Outcome.NO_CAMERA_INFO, f'no camera_info has arrived on {self._info.topic!r}'
            )
        depths = self._depths()
        colour, depth = self._match(fresh, depths)
        depth_infos = self._depth_info.messages()

        def transform() -> NDArray[np.float64]:
            return self._transform(colour.header, depth.header.frame_id, cancel)

        return assemble(
            colour,
            depth,
            _nearest(infos, colour),
            _nearest(depth_infos, depth) if depth_infos else None,
            reading=self._reading,
            T_colour_depth=transform,
            earlier=self._earlier(depths, depth),
        )

    def _fresh_colour(self) -> tuple[Any, ...]:
        return self._colour.fresh(self._limits.max_age_s)

    def _depths(self) -> tuple[Any, ...]:
        try:
            return self._depth.timely()
        except Refusal as refusal:
            raise Refusal(Outcome.NO_DEPTH, refusal.message) from refusal

    def _match(self, fresh: tuple[Any, ...], depths: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return the newest colour image that has a depth image of the same moment."""
        gaps_s = []
        for colour in reversed(fresh):
            depth = _nearest(depths, colour)
            gaps_s.append(_gap_s(depth, colour))
            if gaps_s[-1] <= self._limits.sync_tolerance_s:
                return colour, depth
        raise Refusal(
            Outcome.NO_DEPTH,
            f'no depth image belongs to a recent colour image on {self._colour.topic!r}: the '
            f'nearest is {min(gaps_s):.3f} s apart, the limit is '
            f'{self._limits.sync_tolerance_s:g} s',
        )

    def _earlier(self, depths: tuple[Any, ...], depth: Any) -> list[Any]:
        """Return the depth images before the newest, the newest first."""
        before = [m for m in depths if to_ns(m.header.stamp) < to_ns(depth.header.stamp)]
        before.sort(key=lambda m: to_ns(m.header.stamp), reverse=True)
        return before[: self._limits.depth_images - 1]

    def _transform(
        self, header: Any, depth_frame: str, cancel: threading.Event
    ) -> NDArray[np.float64]:
        if self._limits.T_colour_depth is not None:
            return self._limits.T_colour_depth
        if self._transforms is None:
            raise Refusal(
                Outcome.NO_TRANSFORM,
                f'depth is of {depth_frame!r}, colour of {header.frame_id!r}, and the transform '
                'between them is not known',
            )
        return self._transforms.between(header.frame_id, depth_frame, to_ns(header.stamp), cancel)


def first_frame(
    sources: Sequence[FrameSource], cancel: threading.Event, *, geometry: bool, wait_s: float
) -> tuple[int, Frame]:
    """
    Return the frame of the first source that has one, and which it is; waits for one to have.

    :raises Refusal: what every source says, with the outcome of the first; CANCELED.
    """
    end = time.monotonic() + wait_s
    while True:
        refusals = []
        for index, source in enumerate(sources):
            try:
                return index, source.look(cancel, geometry=geometry)
            except Refusal as refusal:
                refusals.append(refusal)
        hopeless = all(refusal.outcome is Outcome.BAD_FRAME for refusal in refusals)
        if hopeless or time.monotonic() >= end:
            raise _together(sources, refusals)
        if cancel.wait(_POLL_S):
            raise _ended(cancel, _together(sources, refusals))


def _together(sources: Sequence[FrameSource], refusals: Sequence[Refusal]) -> Refusal:
    if len(refusals) == 1:
        return refusals[0]
    pairs = zip(sources, refusals, strict=True)
    said = (f'camera {source.camera!r}: {refusal.message}' for source, refusal in pairs)
    return Refusal(refusals[0].outcome, '; '.join(said))


def _ended(cancel: threading.Event, refusal: Refusal) -> Refusal:
    """Return why no frame came until the wait was ended: a time limit leaves the reason."""
    if isinstance(cancel, CancelToken) and cancel.verdict.outcome is Outcome.TIMEOUT:
        return Refusal(refusal.outcome, f'{refusal.message}, and {cancel.verdict.message}')
    return Refusal(
        Outcome.CANCELED, f'canceled while waiting for a camera frame: {refusal.message}'
    )


def _nearest(messages: Sequence[Any], to: Any) -> Any:
    """Return the message whose stamp is nearest; the last of several."""
    return min(reversed(messages), key=lambda message: _gap_s(message, to))


def _gap_s(a: Any, b: Any) -> float:
    return abs(to_ns(a.header.stamp) - to_ns(b.header.stamp)) / 1e9
