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
"""Which pixels have the colour of a thing, whatever light falls on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_DARK = 40.0  # added to intensities: chroma of almost black pixels is noise
_GREY = 0.14  # below this chroma a colour has no hue
_HUE_WIDTH = 0.11  # chroma across the reference's hue
_GREY_WIDTH = 0.12
_PALER, _STRONGER = 0.40, 1.5  # highlights make a colour paler
_CLIPPED = 250  # a channel above this may have been brighter: the hue is off and the colour pale
_CLIPPED_HUE_WIDTH, _CLIPPED_STRONGER = 0.17, 2.2
_LOG_LIGHT = 1.05  # shade and light on one thing differ by less than this in log intensity


def chroma(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """
    Split colours into what light leaves alone and what it changes.

    :param rgb: (..., 3).
    :return: chroma (..., 2) in the hexagonal plane, scaled by intensity so that its length is
        about the saturation, and log intensity (...).
    """
    r, g, b = np.moveaxis(rgb.astype(np.float32), -1, 0)
    intensity = np.maximum(np.maximum(r, g), b) + _DARK
    plane = np.stack([r - (g + b) / 2, (g - b) * np.float32(0.8660254)], axis=-1)
    return plane / intensity[..., None], np.log(intensity)


def same_colour(rgb: NDArray[np.uint8], reference: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """
    Return which pixels have the reference's hue under some shade or highlight.

    :param rgb: (..., 3).
    :param reference: (3,).
    """
    plane, light = chroma(rgb)
    wanted, wanted_light = chroma(reference)
    strength = float(np.linalg.norm(wanted))
    alike: NDArray[np.bool_] = np.abs(light - wanted_light) < _LOG_LIGHT
    if strength < _GREY:
        difference = plane - wanted
        alike &= np.hypot(difference[..., 0], difference[..., 1]) < _GREY_WIDTH
        return alike
    clipped = reference.max() >= _CLIPPED
    hue_width = _CLIPPED_HUE_WIDTH if clipped else _HUE_WIDTH
    stronger = _CLIPPED_STRONGER if clipped else _STRONGER
    along_x, along_y = wanted / strength
    along = plane[..., 0] * along_x + plane[..., 1] * along_y
    across = plane[..., 1] * along_x - plane[..., 0] * along_y
    alike &= np.abs(across) < hue_width
    alike &= (along > _PALER * strength) & (along < stronger * strength)
    return alike
