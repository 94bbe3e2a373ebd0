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

"""
RVL, a lossless code of depth images.

A. Wilson, "Fast Lossless Depth Image Compression", ISS 2017; behind width and height, as
compressed_depth_image_transport writes it.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.optics.camera_info import MAX_PIXELS

_SIZE = struct.Struct('<II')
_SHIFTS = np.arange(28, -4, -4, dtype=np.uint32)  # the first of eight nibbles is the highest
_LONGEST = 10  # nibbles of three bits that a number has


def decode(data: bytes) -> NDArray[np.uint16]:
    """
    Return a depth image, (h, w) uint16.

    :raises Refusal: BAD_FRAME when the data is cut short or no such image.
    """
    width, height = _SIZE.unpack_from(data) if len(data) >= _SIZE.size else (0, 0)
    if not 0 < width * height <= MAX_PIXELS:
        raise _bad(f'{len(data)} bytes of RVL say {width} x {height} pixels')
    numbers = _numbers(data[_SIZE.size :])
    places, deltas = _runs(numbers, width * height)
    values = np.cumsum((deltas >> 1) ^ -(deltas & 1))
    if values.size and not 0 <= values.min() <= values.max() <= 0xFFFF:
        raise _bad(f'RVL of {width} x {height} pixels holds a depth that is not of 16 bits')
    pixels = np.zeros(width * height, dtype=np.uint16)
    pixels[places] = values
    return pixels.reshape(height, width)


def _numbers(data: bytes) -> NDArray[np.int64]:
    """Return the numbers of variable length: three bits in a nibble, the lowest first."""
    words = np.frombuffer(data, dtype='<u4', count=len(data) // 4)
    nibbles = ((words[:, None] >> _SHIFTS) & 0xF).astype(np.int64).ravel()
    ends = np.flatnonzero(nibbles < 8)
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    lengths = ends - starts + 1
    if lengths.size and lengths.max() > _LONGEST:
        raise _bad(f'RVL holds a number of {lengths.max()} nibbles: expected at most {_LONGEST}')
    nibbles = nibbles[: int(lengths.sum())]
    place = np.arange(len(nibbles)) - np.repeat(starts, lengths)
    parts = (nibbles & 7) << (3 * place)
    return np.add.reduceat(parts, starts) if len(starts) else parts


def _runs(numbers: NDArray[np.int64], pixels: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the pixels with a depth are, and the code of the step to each."""
    places: list[NDArray[np.int64]] = []
    deltas: list[NDArray[np.int64]] = []
    at, pixel = 0, 0
    while pixel < pixels:
        if at + 2 > len(numbers):
            raise _bad(f'RVL ends after {pixel} of {pixels} pixels')
        empty, full = int(numbers[at]), int(numbers[at + 1])
        pixel, at = pixel + empty, at + 2
        if pixel + full > pixels or at + full > len(numbers) or empty + full == 0:
            raise _bad(f'RVL has a run of {empty} and {full} at pixel {pixel} of {pixels}')
        places.append(np.arange(pixel, pixel + full))
        deltas.append(numbers[at : at + full])
        pixel, at = pixel + full, at + full
    return np.concatenate(places), np.concatenate(deltas)


def _bad(message: str) -> Refusal:
    return Refusal(Outcome.BAD_FRAME, message)
