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

"""Sizes of images: as the camera took them, as they are handed over, and as a model sees them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor


def at_most(image: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """Return an image of at most so many pixels; 0 is no limit."""
    height, width = image.shape[:2]
    if not 0 < pixels < height * width:
        return image
    share = math.sqrt(pixels / (height * width))
    return _resized(image, max(int(width * share), 1), max(int(height * share), 1))


def halved(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image of half the width and height."""
    height, width = image.shape[:2]
    return _resized(image, max(width // 2, 1), max(height // 2, 1))


def seen_size(
    inputs: Mapping[str, Tensor], image: NDArray[np.uint8], processor: Any
) -> tuple[int, int]:
    """
    Return (width, height) of the first image as the model sees it.

    Qwen's processors say how many patches they made of it; other models' points are not in pixels
    of what their processor makes of an image, which is the image handed over then.
    """
    grid = inputs.get('image_grid_thw')
    patch = getattr(getattr(processor, 'image_processor', None), 'patch_size', None)
    if grid is None or not isinstance(patch, int):
        return image.shape[1], image.shape[0]
    _, rows, columns = (int(n) for n in grid[0])
    return columns * patch, rows * patch


def _resized(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    smaller = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, dtype=np.uint8)
