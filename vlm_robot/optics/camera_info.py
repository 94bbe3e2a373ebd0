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

"""What camera_info says about an image: matrix, region of interest and binning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Intrinsics

if TYPE_CHECKING:
    from sensor_msgs.msg import CameraInfo

Size = tuple[int, int]
"""Width and height in pixels."""

MAX_PIXELS = 64_000_000
"""Images above this are refused: no camera that an arm looks through is larger."""


@dataclass(frozen=True)
class Content:
    """What matters of a camera_info, hashable."""

    size: Size  # of the full sensor
    model: str
    d: tuple[float, ...]
    k: tuple[float, ...]
    p: tuple[float, ...]
    binning: Size
    offset: Size  # of the region of interest in the full sensor
    cut: Size  # its size


def content_of(info: CameraInfo) -> Content:
    """Return what matters of a camera_info; 0 for binning or a region means none."""
    size, roi = (int(info.width), int(info.height)), info.roi
    has_region = roi.width > 0 and roi.height > 0
    return Content(
        size,
        info.distortion_model,
        tuple(map(float, info.d)),
        tuple(map(float, info.k)),
        tuple(map(float, info.p)),
        (max(1, info.binning_x), max(1, info.binning_y)),
        (int(roi.x_offset), int(roi.y_offset)) if has_region else (0, 0),
        (int(roi.width), int(roi.height)) if has_region else size,
    )


def intrinsics_of(content: Content, *, rectified: bool, size: Size | None) -> Intrinsics:
    """
    Return the pinhole of an image.

    :param rectified: whether P is read rather than K; the other where it is not filled in.
    :param size: of the image; None for what camera_info says.
    :raises Refusal: NO_CAMERA_INFO or BAD_FRAME.
    """
    fx, fy, cx, cy = _matrix(content, rectified=rectified)
    said = (content.cut[0] // content.binning[0], content.cut[1] // content.binning[1])
    width, height = size or said
    if not 0 < width * height <= MAX_PIXELS:
        raise _bad(f'camera_info says {width} x {height} pixels, which cannot be used')
    further = said[0] // width
    if further < 1 or said != (further * width, further * height):
        raise _bad(f'the image is {width} x {height} but camera_info says {said[0]} x {said[1]}')
    across, down = (further * by for by in content.binning)
    cx, cy = _binned(cx - content.offset[0], across), _binned(cy - content.offset[1], down)
    return Intrinsics(width, height, fx / across, fy / down, cx, cy)


def _matrix(content: Content, *, rectified: bool) -> tuple[float, float, float, float]:
    """Return fx, fy, cx, cy of the full sensor."""
    from_p = tuple(content.p[i] for i in (0, 5, 2, 6))
    from_k = tuple(content.k[i] for i in (0, 4, 2, 5))
    first, second = (from_p, from_k) if rectified else (from_k, from_p)
    fx, fy, cx, cy = first if first[0] != 0 else second
    if not (fx > 0 and fy > 0 and np.isfinite([fx, fy, cx, cy]).all()):
        raise Refusal(
            Outcome.NO_CAMERA_INFO,
            f'camera_info has focal lengths {fx!r}, {fy!r} and the principal point {(cx, cy)!r}: '
            'the camera is not calibrated',
        )
    return fx, fy, cx, cy


def _binned(centre: float, by: int) -> float:
    """Return a coordinate after binning: a pixel's centre is that of those it was made of."""
    return (centre + 0.5) / by - 0.5


def _bad(message: str) -> Refusal:
    return Refusal(Outcome.BAD_FRAME, message)
