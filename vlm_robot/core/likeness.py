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

"""Whether two images show the same scene, up to the camera's noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 16  # pixels a side: the mean over a block averages noise away
_TOLERANCE = 3.0  # grey levels of a block's mean; an edge that moves by a pixel makes about six


def alike(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    """
    Return whether no part of the scene has changed between two images.

    :param first: (h, w, 3); images of different sizes are not alike.
    """
    if first.shape != second.shape:
        return False
    return bool(np.abs(_means(first) - _means(second)).max(initial=0.0) < _TOLERANCE)


def _means(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the mean colour of each block, those at the right and lower edge being smaller."""
    rows, columns = (np.arange(0, side, _BLOCK) for side in rgb.shape[:2])
    sums = np.add.reduceat(np.add.reduceat(rgb, rows, 0, np.int64), columns, 1, np.int64)
    heights = np.diff(np.append(rows, rgb.shape[0]))
    widths = np.diff(np.append(columns, rgb.shape[1]))
    means: NDArray[np.float64] = sums / (heights[:, None, None] * widths[None, :, None])
    return means
