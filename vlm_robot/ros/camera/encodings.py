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

"""The pixels of an image message as an array, whatever its encoding."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.optics.camera_info import MAX_PIXELS

if TYPE_CHECKING:
    from sensor_msgs.msg import Image


@dataclass(frozen=True)
class Layout:
    """How an encoding of `sensor_msgs/image_encodings.hpp` lies in memory."""

    dtype: type[np.generic]
    channels: int
    order: tuple[int, ...] = ()  # channel indices that give red, green, blue
    convert: int | None = None  # OpenCV's code for what has to be computed


def _bayer() -> dict[str, Layout]:
    """Return the colour filter arrays; OpenCV names them by the four pixels from (1, 1) on."""
    codes = {
        'rggb': cv2.COLOR_BayerBG2RGB,
        'bggr': cv2.COLOR_BayerRG2RGB,
        'gbrg': cv2.COLOR_BayerGR2RGB,
        'grbg': cv2.COLOR_BayerGB2RGB,
    }
    return {
        f'bayer_{pattern}{bits}': Layout(dtype, 1, convert=code)
        for pattern, code in codes.items()
        for bits, dtype in ((8, np.uint8), (16, np.uint16))
    }


_RGB, _BGR, _GREY = (0, 1, 2), (2, 1, 0), (0, 0, 0)
_UYVY = Layout(np.uint8, 2, convert=cv2.COLOR_YUV2RGB_UYVY)
_YUYV = Layout(np.uint8, 2, convert=cv2.COLOR_YUV2RGB_YUYV)

ENCODINGS: dict[str, Layout] = {
    'rgb8': Layout(np.uint8, 3, _RGB),
    'bgr8': Layout(np.uint8, 3, _BGR),
    'rgba8': Layout(np.uint8, 4, _RGB),
    'bgra8': Layout(np.uint8, 4, _BGR),
    'mono8': Layout(np.uint8, 1, _GREY),
    'mono16': Layout(np.uint16, 1, _GREY),
    # drivers that name the type only have their images from OpenCV
    '8UC1': Layout(np.uint8, 1, _GREY),
    '8UC3': Layout(np.uint8, 3, _BGR),
    '8UC4': Layout(np.uint8, 4, _BGR),
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
    **_bayer(),
    '16UC1': Layout(np.uint16, 1),
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
        raise unknown(message.encoding)
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


def colours(message: Image) -> NDArray[np.uint8]:
    """
    Return a colour image, (h, w, 3) uint8; a view of the message's data where that is possible.

    Of 16 bits the upper 8 are taken.

    :raises Refusal: BAD_FRAME when the message is not a colour or grey image.
    """
    layout = ENCODINGS.get(message.encoding)
    if layout is None:
        return _by_cv_bridge(message)
    if not layout.order and layout.convert is None:
        raise _bad(f'image encoding {message.encoding!r} is not a colour image: expected rgb8')
    pixels = to_array(message)
    if layout.dtype is np.uint16:
        pixels = (np.asarray(pixels, dtype=np.uint16) >> 8).astype(np.uint8)
    if layout.convert is not None:
        return _converted(pixels, layout.convert, message.encoding)
    return _ordered(np.asarray(pixels, dtype=np.uint8), layout.order)


def depths_m(message: Image) -> NDArray[np.float32]:
    """
    Return depth in metres, (h, w) float32, NaN where invalid.

    REP 118: 16UC1 is in millimetres, 32FC1 in metres.

    :raises Refusal: BAD_FRAME when the message is not a depth image.
    """
    if message.encoding not in ('16UC1', 'mono16', '32FC1'):
        raise _bad(f'image encoding {message.encoding!r} is not depth: expected 16UC1 or 32FC1')
    return in_metres(to_array(message))


def in_metres(pixels: NDArray[np.generic]) -> NDArray[np.float32]:
    """
    Return depth, (h, w) float32 m, NaN where it is invalid.

    :param pixels: (h, w), unsigned integers in millimetres or floats in metres.
    """
    if np.issubdtype(pixels.dtype, np.integer):
        depth_m = pixels.astype(np.float32) * np.float32(0.001)
        depth_m[depth_m == 0] = np.nan
        return depth_m
    depth_m = pixels.astype(np.float32)
    is_none = depth_m <= 0
    is_none |= depth_m == np.inf
    np.copyto(depth_m, np.nan, where=is_none)  # half the time of an index of booleans
    return depth_m


def unknown(encoding: str) -> Refusal:
    """Return why an image of this encoding is refused."""
    names = ', '.join(sorted(ENCODINGS))
    return _bad(f'image encoding {encoding!r} is not supported: known are {names}')


def _ordered(pixels: NDArray[np.uint8], order: tuple[int, ...]) -> NDArray[np.uint8]:
    if pixels.ndim == 2:
        return np.broadcast_to(pixels[..., None], (*pixels.shape, 3))
    return pixels[..., :3] if order == _RGB else pixels[..., 2::-1]


def _converted(pixels: NDArray[np.generic], code: int, encoding: str) -> NDArray[np.uint8]:
    try:
        return np.asarray(cv2.cvtColor(np.asarray(pixels, np.uint8), code), dtype=np.uint8)
    except cv2.error as err:
        height, width = pixels.shape[:2]
        raise _bad(f'a {encoding} image of {width} x {height} cannot be converted') from err


def _by_cv_bridge(message: Image) -> NDArray[np.uint8]:
    """Convert what only cv_bridge knows, where a ROS installation provides it."""
    if importlib.util.find_spec('cv_bridge') is None:
        raise unknown(message.encoding)
    bridge: Any = importlib.import_module('cv_bridge')
    try:
        return np.asarray(bridge.CvBridge().imgmsg_to_cv2(message, 'rgb8'), dtype=np.uint8)
    except Exception as err:
        # a third-party converter: whatever it raises means that it cannot
        raise _bad(f'{unknown(message.encoding).message}; cv_bridge says: {err}') from err


def _bad(message: str) -> Refusal:
    return Refusal(Outcome.BAD_FRAME, message)
