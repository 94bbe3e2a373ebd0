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

"""Compressed images, as image_transport's plugins write them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.optics.camera_info import MAX_PIXELS, Size
from vlm_robot.ros.camera import rvl
from vlm_robot.ros.camera.encodings import in_metres

if TYPE_CHECKING:
    from sensor_msgs.msg import CompressedImage

_JPEG, _PNG = b'\xff\xd8\xff', b'\x89PNG\r\n\x1a\n'
_CONFIG = struct.Struct('<iff')  # compressed_depth_image_transport's ConfigHeader


def decompress(message: CompressedImage) -> NDArray[np.uint8]:
    """
    Decode a JPEG or PNG to a colour image, (h, w, 3) uint8.

    :raises Refusal: BAD_FRAME when the data is not an image, or one too large to decode.
    """
    # as the camera took it: its camera_info knows nothing of an orientation in EXIF
    mode = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = np.asarray(_decode(bytes(message.data), message.format, mode), dtype=np.uint8)
    if 'compressed rgb' in message.format:
        return pixels  # its writer handed red, green, blue to what takes blue, green, red
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def decompress_depth_m(message: CompressedImage) -> NDArray[np.float32]:
    """
    Decode depth of the transport compressedDepth to metres, (h, w) float32, NaN where invalid.

    A header of 12 bytes comes before a PNG of 16 bits or data in RVL. 16UC1 is in millimetres;
    32FC1 is inverse depth, whose quantisation the header holds.

    :raises Refusal: BAD_FRAME when the data is not a depth image, or one too large to decode.
    """
    data = bytes(message.data)
    if len(data) <= _CONFIG.size:
        raise _undecodable(data, message.format, 'compressedDepth')
    _, a, b = _CONFIG.unpack_from(data)
    body = data[_CONFIG.size :]
    is_rvl = 'rvl' in message.format.lower()
    pixels: NDArray[np.generic] = (
        rvl.decode(body) if is_rvl else _decode(body, message.format, cv2.IMREAD_UNCHANGED)
    )
    if pixels.ndim != 2 or pixels.dtype != np.uint16:
        raise _bad(
            f'compressed depth of format {message.format!r} holds {pixels.dtype} '
            f'{pixels.shape!r}: expected one channel of 16 bits'
        )
    if not message.format.startswith('32FC1'):
        return in_metres(pixels)
    with np.errstate(divide='ignore', invalid='ignore'):
        depth_m = np.float32(a) / (pixels.astype(np.float32) - np.float32(b))
    return in_metres(np.where(pixels.astype(np.bool_), depth_m, np.float32(np.nan)))


def _decode(data: bytes, name: str, mode: int) -> NDArray[np.generic]:
    size = _size_of(data)
    if size is None:
        raise _undecodable(data, name, 'JPEG or PNG')
    if not 0 < size[0] * size[1] <= MAX_PIXELS:
        raise _bad(f'a compressed image of {size[0]} x {size[1]} pixels cannot be used')
    try:
        pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), mode)
    except cv2.error as err:
        raise _undecodable(data, name, 'JPEG or PNG') from err
    if pixels is None:
        raise _undecodable(data, name, 'JPEG or PNG')
    return np.asarray(pixels)


def _size_of(data: bytes) -> Size | None:
    """Return width and height of a JPEG or PNG without decoding it, None for anything else."""
    if data.startswith(_PNG) and len(data) >= 24:
        width, height = struct.unpack_from('>II', data, 16)
        return width, height
    return _jpeg_size(data) if data.startswith(_JPEG) else None


def _jpeg_size(data: bytes) -> Size | None:
    """Walk a JPEG's segments to the frame header (ITU T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from('>HH', data, at + 5)
            return width, height
        is_bare = marker in (0x01, 0xFF) or 0xD0 <= marker <= 0xD8
        at += (
            (1 if marker == 0xFF else 2) if is_bare else 2 + int.from_bytes(data[at + 2 : at + 4])
        )
    return None


def _undecodable(data: bytes, name: str, expected: str) -> Refusal:
    return _bad(
        f'a compressed image of {len(data)} bytes with format {name!r} cannot be decoded: '
        f'expected {expected}'
    )


def _bad(message: str) -> Refusal:
    return Refusal(Outcome.BAD_FRAME, message)
