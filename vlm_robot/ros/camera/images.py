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

"""Image messages <-> NumPy arrays, without copies where the layout allows."""

from __future__ import annotations

import array
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.values import Intrinsics
from vlm_robot.ros.camera import compressed, encodings

if TYPE_CHECKING:
    from sensor_msgs.msg import CameraInfo, CompressedImage, Image
    from std_msgs.msg import Header


def to_rgb(message: Image | CompressedImage) -> NDArray[np.uint8]:
    """
    Return a colour image, (h, w, 3) uint8; a view of the message's data where that is possible.

    :raises Refusal: BAD_FRAME when the message is not a colour or grey image.
    """
    if hasattr(message, 'encoding'):
        return encodings.colours(message)
    return compressed.decompress(message)


def to_depth_m(message: Image | CompressedImage) -> NDArray[np.float32]:
    """
    Return depth in metres, (h, w) float32, NaN where invalid.

    :raises Refusal: BAD_FRAME when the message is not a depth image.
    """
    if hasattr(message, 'encoding'):
        return encodings.depths_m(message)
    return compressed.decompress_depth_m(message)


def rgb_message(rgb: NDArray[np.uint8], header: Header) -> Image:
    """Return an rgb8 message of (h, w, 3) uint8."""
    return _message(np.ascontiguousarray(rgb), header, encoding='rgb8')


def depth_message(depth_m: NDArray[np.float32], header: Header, *, encoding: str) -> Image:
    """Return a 32FC1 (m, NaN where invalid) or 16UC1 (mm, 0 where invalid) message of (h, w) m."""
    if encoding == '32FC1':
        return _message(np.ascontiguousarray(depth_m, dtype='<f4'), header, encoding=encoding)
    millimetres = np.nan_to_num(depth_m * 1000, nan=0, posinf=0, neginf=0)
    return _message(np.clip(millimetres.round(), 0, 65535).astype('<u2'), header, encoding='16UC1')


def camera_info_message(intrinsics: Intrinsics, header: Header) -> CameraInfo:
    """Return the camera_info of an undistorted camera."""
    from sensor_msgs.msg import CameraInfo

    i = intrinsics
    k = [i.fx, 0.0, i.cx, 0.0, i.fy, i.cy, 0.0, 0.0, 1.0]
    p = [i.fx, 0.0, i.cx, 0.0, 0.0, i.fy, i.cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    message = CameraInfo(header=header, width=i.width, height=i.height, k=k, p=p)
    message.distortion_model = 'plumb_bob'
    message.d = [0.0] * 5
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    return message


def _message(pixels: NDArray[np.generic], header: Header, *, encoding: str) -> Image:
    from sensor_msgs.msg import Image

    height, width = pixels.shape[:2]
    message = Image(header=header, height=height, width=width, encoding=encoding)
    message.step = pixels.strides[0]
    # the setter checks every element of a list or NumPy array, but takes an array.array as it is
    message.data = array.array('B', pixels.tobytes())
    return message
