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
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Intrinsics

if TYPE_CHECKING:
    from sensor_msgs.msg import CameraInfo, CompressedImage, Image
    from std_msgs.msg import Header

MAX_PIXELS = 64_000_000
"""Images above this are refused: no camera that an arm looks through is larger."""


@dataclass(frozen=True)
class Layout:
    """How an encoding of `sensor_msgs/image_encodings.hpp` lies in memory."""

    dtype: type[np.generic]
    channels: int
    order: tuple[int, ...] = ()  # channel indices that give red, green, blue


ENCODINGS: dict[str, Layout] = {
    'rgb8': Layout(np.uint8, 3, (0, 1, 2)),
    'bgr8': Layout(np.uint8, 3, (2, 1, 0)),
    'rgba8': Layout(np.uint8, 4, (0, 1, 2)),
    'bgra8': Layout(np.uint8, 4, (2, 1, 0)),
    'mono8': Layout(np.uint8, 1, (0, 0, 0)),
    '16UC1': Layout(np.uint16, 1),
    'mono16': Layout(np.uint16, 1),
    '32FC1': Layout(np.float32, 1),
}


def to_array(message: Image) -> NDArray[np.generic]:
    """
    View an image message as an array (h, w) or (h, w, channels), read-only, not copied.

    Honours `step` (padded rows) and `is_bigendian`.

    :raises Refusal: BAD_FRAME when encoding, size and data do not agree.
    """
    layout = ENCODINGS.get(message.encoding)
    if layout is None:
        raise _bad(
            f'image encoding {message.encoding!r} is not supported: known are '
            + ', '.join(sorted(ENCODINGS))
        )
    width, height, step = message.width, message.height, message.step
    dtype = np.dtype(layout.dtype).newbyteorder('>' if message.is_bigendian else '<')
    row = width * layout.channels * dtype.itemsize
    if not 0 < width * height <= MAX_PIXELS:
        raise _bad(f'an image of {width} x {height} pixels cannot be used')
    if step < row or len(message.data) < step * (height - 1) + row:
        raise _bad(
            f'a {message.encoding} image of {width} x {height} has {len(message.data)} bytes in '
            f'rows of {step}: expected {height} rows of at least {row}'
        )
    shape = (height, width, layout.channels)
    strides = (step, layout.channels * dtype.itemsize, dtype.itemsize)
    view: NDArray[np.generic] = np.ndarray(shape, dtype, message.data, strides=strides)
    view.flags.writeable = False
    return view[..., 0] if layout.channels == 1 else view


def to_rgb(message: Image) -> NDArray[np.uint8]:
    """
    Return a colour image, (h, w, 3) uint8; a view of the message's data where that is possible.

    :raises Refusal: BAD_FRAME when the message is not a colour or grey image.
    """
    pixels = to_array(message)
    order = ENCODINGS[message.encoding].order
    if not order:
        raise _bad(f'image encoding {message.encoding!r} is not a colour image: expected rgb8')
    if pixels.ndim == 2:
        pixels = np.broadcast_to(pixels[..., None], (*pixels.shape, 3))
    elif order == (2, 1, 0):
        pixels = pixels[..., 2::-1]
    return np.asarray(pixels[..., :3], dtype=np.uint8)


def to_depth_m(message: Image) -> NDArray[np.float32]:
    """
    Return depth in metres, (h, w) float32, NaN where invalid.

    REP 118: 16UC1 is in millimetres, 32FC1 in metres.

    :raises Refusal: BAD_FRAME when the message is not a depth image.
    """
    pixels = to_array(message)
    if message.encoding in ('16UC1', 'mono16'):
        depth = np.asarray(pixels, dtype=np.float32) * np.float32(0.001)
    elif message.encoding == '32FC1':
        depth = np.array(pixels, dtype=np.float32)
    else:
        raise _bad(f'image encoding {message.encoding!r} is not depth: expected 16UC1 or 32FC1')
    depth[~(depth > 0) | np.isinf(depth)] = np.nan
    return depth


def decompress(message: CompressedImage) -> NDArray[np.uint8]:
    """
    Decode a JPEG or PNG to a colour image, (h, w, 3) uint8.

    :raises Refusal: BAD_FRAME when the data is not an image.
    """
    import cv2

    data = np.frombuffer(message.data, dtype=np.uint8)
    try:
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except cv2.error as err:
        raise _bad(f'a compressed image cannot be decoded: {err}') from err
    if bgr is None:
        raise _bad(
            f'a compressed image of {data.size} bytes with format {message.format!r} cannot be '
            'decoded: expected JPEG or PNG'
        )
    return np.ascontiguousarray(bgr[..., ::-1])


def to_intrinsics(message: CameraInfo) -> Intrinsics:
    """
    Return the pinhole intrinsics of a rectified camera.

    P is read where it is filled in (it is what rectified images use), K otherwise.

    :raises Refusal: BAD_FRAME when the camera is not calibrated.
    """
    fx, fy, cx, cy = (float(message.p[i]) for i in (0, 5, 2, 6))
    if fx == 0:
        fx, fy, cx, cy = (float(message.k[i]) for i in (0, 4, 2, 5))
    if not (fx > 0 and fy > 0 and np.isfinite([fx, fy, cx, cy]).all()):
        raise _bad(f'camera_info has focal lengths {fx!r}, {fy!r}: the camera is not calibrated')
    return Intrinsics(message.width, message.height, fx, fy, cx, cy)


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


def _bad(message: str) -> Refusal:
    return Refusal(Outcome.BAD_FRAME, message)
