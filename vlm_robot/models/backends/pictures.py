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

"""Images as a server gets them: of the size that its model sees, as data URLs."""

from __future__ import annotations

import base64
import hashlib
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.models.answer import ImageSize
from vlm_robot.models.profile import Profile, Resize

_JPEG = [
    cv2.IMWRITE_JPEG_QUALITY, 95,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
]  # fmt: skip
_JPEG_SIDE = 65500  # libjpeg's limit
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1]
_REMEMBERED = 4


class Pictures:
    """
    Encodes images, each once: the latest are remembered by their content.

    :param lossless: PNG, else JPEG of high quality, which is a fifth of it on the way.
    """

    def __init__(self, profile: Profile, *, lossless: bool) -> None:
        self._profile = profile
        self._lossless = lossless
        self._urls: dict[bytes, str] = {}

    def url(self, image: NDArray[np.uint8]) -> str:
        """Return a (h, w, 3) RGB image as a data URL."""
        name = hashlib.blake2b(repr(image.shape).encode() + image.tobytes()).digest()
        if name not in self._urls:
            height, width = image.shape[:2]
            size = seen_size(self._profile, width, height)
            self._urls[name] = _encoded(_sized(image, size), lossless=self._lossless)
            for old in list(self._urls)[:-_REMEMBERED]:
                del self._urls[old]
        return self._urls[name]


def seen_size(profile: Profile, width: int, height: int) -> ImageSize:
    """Return the size that an image is sent in, so that the server need not resize it."""
    sides = _shrunk(width, height, profile.max_pixels)
    if profile.resize is not None:
        sides = _resized(*sides, profile.resize)
    return ImageSize(width, height, *sides) if sides != (width, height) else ImageSize(*sides)


def _shrunk(width: int, height: int, max_pixels: int) -> tuple[int, int]:
    if not 0 < max_pixels < width * height:
        return width, height
    scale = math.sqrt(max_pixels / (width * height))
    return max(1, math.floor(width * scale)), max(1, math.floor(height * scale))


def _resized(width: int, height: int, rule: Resize) -> tuple[int, int]:
    """Qwen2-VL's `smart_resize` (transformers, image_processing_qwen2_vl.py)."""
    step = rule.multiple_of
    sides = [round(side / step) * step for side in (width, height)]
    if math.prod(sides) > rule.max_pixels:
        beta = math.sqrt(width * height / rule.max_pixels)
        sides = [math.floor(side / beta / step) * step for side in (width, height)]
    elif math.prod(sides) < rule.min_pixels:
        beta = math.sqrt(rule.min_pixels / (width * height))
        sides = [math.ceil(side * beta / step) * step for side in (width, height)]
    return max(step, sides[0]), max(step, sides[1])


def _sized(image: NDArray[np.uint8], size: ImageSize) -> NDArray[np.uint8]:
    if size.seen == (size.width, size.height):
        return image
    smaller = math.prod(size.seen) < size.width * size.height
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size.seen, interpolation=how), dtype=np.uint8)


def _encoded(image: NDArray[np.uint8], *, lossless: bool) -> str:
    lossless = lossless or max(image.shape) > _JPEG_SIDE
    kind, options = ('png', _PNG) if lossless else ('jpeg', _JPEG)
    _, data = cv2.imencode(f'.{kind}', image[:, :, ::-1], options)
    return f'data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode("ascii")}'
