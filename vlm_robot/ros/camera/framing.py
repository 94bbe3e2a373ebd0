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

"""Messages of one moment -> a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame
from vlm_robot.optics.lens import Lens, lens_of
from vlm_robot.optics.registration import register_depth
from vlm_robot.ros.camera import images
from vlm_robot.ros.conversions import to_ns

if TYPE_CHECKING:
    from sensor_msgs.msg import CameraInfo, CompressedImage, Image

    Picture: TypeAlias = Image | CompressedImage

GetTransform = Callable[[], NDArray[np.float64]]
"""Returns T_colour_depth, or raises a Refusal; called only where it is needed."""


@dataclass(frozen=True)
class Reading:
    """How the messages of a camera are to be read."""

    rectified: bool = False  # see `lens_of`; for colour and depth
    camera: str = ''  # namespace of the topics
    depth_info_topic: str = 'depth/camera_info'  # after remapping, for a refusal to name it


def assemble(
    colour: Picture,
    depth: Picture | None = None,
    info: CameraInfo | None = None,
    depth_info: CameraInfo | None = None,
    *,
    reading: Reading = Reading(),
    T_colour_depth: GetTransform | None = None,
    earlier: Sequence[Picture] = (),
) -> Frame:
    """
    Return the frame of messages that belong together. A pure function of its arguments.

    Depth of another frame_id or size than colour is registered: that takes its own camera_info
    and, for another frame_id, the transform.

    :param info: camera_info of the colour image; without it the frame has no depth either.
    :param earlier: depth images before `depth`, the newest first; those that cannot be read are
        left out.
    :raises Refusal: BAD_FRAME, NO_CAMERA_INFO or NO_TRANSFORM.
    """
    rgb = images.to_rgb(colour)
    frame = Frame(to_ns(colour.header.stamp), colour.header.frame_id, rgb, camera=reading.camera)
    if info is None:
        return frame
    lens = lens_of(info, rectified=reading.rectified, size=(rgb.shape[1], rgb.shape[0]))
    frame = replace(frame, intrinsics=lens.intrinsics, rays=lens.rays)
    if depth is None:
        return frame
    eye = _DepthEye(frame.frame_id, lens, info, depth_info, reading, T_colour_depth)
    return replace(
        frame, depth_m=eye.see(depth), earlier_depth_m=tuple(eye.see_those_that_can(earlier))
    )


@dataclass(frozen=True, eq=False)
class _DepthEye:
    """Brings depth images into the pixels of a colour image."""

    colour_frame: str
    colour_lens: Lens
    colour_info: CameraInfo
    depth_info: CameraInfo | None
    reading: Reading
    T_colour_depth: GetTransform | None

    def see(self, depth: Picture) -> NDArray[np.float32]:
        depth_m = images.to_depth_m(depth)
        k = self.colour_lens.intrinsics
        is_same_eye = depth.header.frame_id == self.colour_frame
        if is_same_eye and depth_m.shape == (k.height, k.width):
            return depth_m
        return register_depth(
            depth_m,
            depth_lens=self._lens(depth_m, depth.header.frame_id),
            colour_lens=self.colour_lens,
            T_colour_depth=np.eye(4) if is_same_eye else self._transform(depth.header.frame_id),
        )

    def see_those_that_can(self, earlier: Sequence[Picture]) -> list[NDArray[np.float32]]:
        seen = []
        for depth in earlier:
            try:
                seen.append(self.see(depth))
            except Refusal:
                continue
        return seen

    def _lens(self, depth_m: NDArray[np.float32], frame_id: str) -> Lens:
        height, width = depth_m.shape
        k = self.colour_lens.intrinsics
        said = (
            f'depth is {width} x {height} of {frame_id!r}, colour is {k.width} x {k.height} of '
            f'{self.colour_frame!r}'
        )
        info = self.depth_info
        if info is None and frame_id == self.colour_frame:
            info = self._binned(width, height)
        if info is None:
            raise Refusal(
                Outcome.NO_CAMERA_INFO,
                f"{said}: registering it takes the depth camera's camera_info, and none has "
                f'arrived on {self.reading.depth_info_topic!r}: --depth-camera-info names its '
                'topic',
            )
        try:
            return lens_of(info, rectified=self.reading.rectified, size=(width, height))
        except Refusal as refusal:
            raise Refusal(refusal.outcome, f'{said}: {refusal.message}') from refusal

    def _binned(self, width: int, height: int) -> CameraInfo | None:
        """Return the colour camera's info where depth is its image at a lower resolution."""
        k = self.colour_lens.intrinsics
        by = k.width // width
        return self.colour_info if (by * width, by * height) == (k.width, k.height) else None

    def _transform(self, frame_id: str) -> NDArray[np.float64]:
        if self.T_colour_depth is None:
            raise Refusal(
                Outcome.NO_TRANSFORM,
                f'depth is of {frame_id!r}, colour of {self.colour_frame!r}, and the transform '
                'between them is not known',
            )
        return self.T_colour_depth()
