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

"""Pictures and depth as drivers send them, in every encoding; and what is no image."""

from __future__ import annotations

import struct
from collections.abc import Callable

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from vlm_robot.ros.camera.encodings import ENCODINGS

Sent = Image | CompressedImage

_CHANNELS = {
    'rgb8': [0, 1, 2],
    'rgba8': [0, 1, 2, 0],
    'bgr8': [2, 1, 0],
    'bgra8': [2, 1, 0, 0],
    '8UC3': [2, 1, 0],
    '8UC4': [2, 1, 0, 0],
}
_CHROMA_FIRST = {'yuv422': True, 'uyvy': True, 'yuv422_yuy2': False, 'yuyv': False}
_CONFIG = struct.Struct('<iff')
_QUANTUM, _NEAR = 100.0, 100.0 / 10.0 - 1.0  # of inverse depth: the far end is at 10 m

COLOURS = tuple(name for name in ENCODINGS if name not in ('16UC1', '32FC1'))
DEPTHS = ('32FC1', '16UC1', 'mono16')
COMPRESSED_COLOURS = ('jpeg', 'png')
COMPRESSED_DEPTHS = ('16UC1', '32FC1')
NO_COLOUR = ('unknown', 'another kind', 'cut short')
NO_DEPTH = ('another kind', 'cut short')


def colour_image(rgb: np.ndarray, encoding: str) -> Image:
    """Return (h, w, 3) uint8 in an encoding of `COLOURS`, or one of `NO_COLOUR`."""
    if encoding == 'another kind':
        return _image('32FC1', np.ones(rgb.shape[:2], np.float32))
    if encoding in NO_COLOUR:
        message = _image('rgb8', rgb)
        message.encoding = 'nv21' if encoding == 'unknown' else 'rgb8'
        message.data = message.data[: len(message.data) // 2]
        return message
    return _image(encoding, _stored(rgb, encoding))


def depth_image(depth_m: np.ndarray, encoding: str) -> Image:
    """Return (h, w) float32 m in an encoding of `DEPTHS`, or one of `NO_DEPTH`."""
    if encoding == 'another kind':
        return _image('rgb8', np.zeros((*depth_m.shape, 3), np.uint8))
    if encoding == '32FC1':
        return _image(encoding, depth_m)
    message = _image('16UC1' if encoding in NO_DEPTH else encoding, _millimetres(depth_m))
    if encoding in NO_DEPTH:
        message.data = message.data[: len(message.data) // 2]
    return message


def compressed_colour(rgb: np.ndarray, encoding: str) -> CompressedImage:
    """Return (h, w, 3) uint8 in one of `COMPRESSED_COLOURS`, or one of `NO_COLOUR`."""
    if encoding == 'unknown':
        return CompressedImage(format='rgb8; gif compressed', data=b'GIF89a' + bytes(40))
    if encoding == 'another kind':
        return CompressedImage(format='jpeg', data=b'')
    kind = 'jpeg' if encoding == 'cut short' else encoding
    data = _encoded(f'.{kind}', rgb[..., ::-1])
    half = data[: len(data) // 2] if encoding == 'cut short' else data
    return CompressedImage(format=f'rgb8; {kind} compressed bgr8', data=half)


def compressed_depth(depth_m: np.ndarray, encoding: str) -> CompressedImage:
    """Return (h, w) float32 m in one of `COMPRESSED_DEPTHS`, or one of `NO_DEPTH`."""
    if encoding == '32FC1':
        inverse = _QUANTUM / depth_m - _NEAR
        valid = np.isfinite(inverse) & (inverse > 0)
        stored = np.where(valid, inverse * 100, 0).round().astype(np.uint16)
        before, data = _CONFIG.pack(0, 100 * _QUANTUM, -100 * _NEAR), _encoded('.png', stored)
    elif encoding == 'another kind':
        before, data = _CONFIG.pack(0, 0, 0), _encoded('.png', np.zeros((4, 4, 3), np.uint8))
    else:
        before, data = _CONFIG.pack(0, 0, 0), _encoded('.png', _millimetres(depth_m))
    half = data[: len(data) // 2] if encoding == 'cut short' else data
    kind = '32FC1' if encoding == '32FC1' else '16UC1'
    return CompressedImage(format=f'{kind}; compressedDepth png', data=before + half)


def _stored(rgb: np.ndarray, encoding: str) -> np.ndarray:
    if encoding in _CHANNELS:
        return rgb[..., _CHANNELS[encoding]]
    if encoding.startswith('bayer'):
        stored = _behind_filter(rgb, encoding.removeprefix('bayer_')[:4])
    elif encoding in _CHROMA_FIRST:
        return _yuv(rgb, chroma_first=_CHROMA_FIRST[encoding])
    else:
        stored = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return stored.astype(np.uint16) * 257 if encoding.endswith('16') else stored


def _behind_filter(rgb: np.ndarray, pattern: str) -> np.ndarray:
    mosaic = np.empty(rgb.shape[:2], np.uint8)
    for index, letter in enumerate(pattern):
        row, column = divmod(index, 2)
        mosaic[row::2, column::2] = rgb[row::2, column::2, 'rgb'.index(letter)]
    return mosaic


def _yuv(rgb: np.ndarray, *, chroma_first: bool) -> np.ndarray:
    r, g, b = np.moveaxis(rgb.astype(np.float64), -1, 0)
    luma = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    chroma = np.empty_like(luma)
    chroma[:, ::2] = (128 - 0.148 * r - 0.291 * g + 0.439 * b)[:, ::2]
    chroma[:, 1::2] = (128 + 0.439 * r - 0.368 * g - 0.071 * b)[:, ::2]
    order = (chroma, luma) if chroma_first else (luma, chroma)
    return np.stack(order, axis=-1).round().astype(np.uint8)


def _millimetres(depth_m: np.ndarray) -> np.ndarray:
    finite = np.where(np.isfinite(depth_m), depth_m, 0.0)
    return (finite * 1000).round().astype(np.uint16)


def _encoded(kind: str, pixels: np.ndarray) -> bytes:
    return bytes(cv2.imencode(kind, pixels)[1].tobytes())


def _image(encoding: str, pixels: np.ndarray) -> Image:
    height, width = pixels.shape[:2]
    message = Image(height=height, width=width, encoding=encoding)
    message.step = pixels.nbytes // height
    message.data = np.ascontiguousarray(pixels).tobytes()
    return message


MAKERS: dict[str, tuple[Callable[..., Sent], Callable[..., Sent]]] = {
    'raw': (colour_image, depth_image),
    'compressed': (compressed_colour, compressed_depth),
}
"""Transport -> what makes a colour and what makes a depth message."""
