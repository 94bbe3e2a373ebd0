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


"""Sums and means over the square around each pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def box_mean(values: NDArray[np.float32], *, radius: int) -> NDArray[np.float32]:
    """Return the mean of the finite values within a square; NaN where there is none."""
    known = np.isfinite(values)
    total = box_sum(np.where(known, values, 0).astype(np.float32), radius)
    count = box_sum(known.astype(np.float32), radius)
    count[count == 0] = np.nan
    mean: NDArray[np.float32] = total / count
    return mean


def box_sum(values: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Return the sum of the values within `radius` rows and columns of each."""
    padded = np.pad(values, radius)
    height, width = values.shape
    rows = np.zeros((height, padded.shape[1]), dtype=np.float32)
    for shift in range(2 * radius + 1):
        rows += padded[shift : shift + height]
    total = np.zeros_like(values)
    for shift in range(2 * radius + 1):
        total += rows[:, shift : shift + width]
    return total
