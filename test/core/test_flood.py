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
"""Filling connected pixels."""

from __future__ import annotations

from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from vlm_robot.core.flood import grow

_LEAPS = ((0, 1), (1, 0), (0, 2), (2, 0), (1, 1), (1, -1))


def reachable(seed: tuple[int, int], alike: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Walk from pixel to pixel: what `grow` does in whole runs."""
    found = np.zeros_like(alike)
    found[seed] = True
    queue = deque([seed])
    while queue:
        row, column = queue.popleft()
        for down, right in [*_LEAPS, *((-r, -c) for r, c in _LEAPS)]:
            at = (row + down, column + right)
            if not (0 <= at[0] < alike.shape[0] and 0 <= at[1] < alike.shape[1]) or found[at]:
                continue
            if alike[at] and abs(depth[at] - depth[row, column]) < 0.5:
                found[at] = True
                queue.append(at)
    return found


@given(st.data(), array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=14))
def test_growing_in_runs_reaches_what_walking_reaches(
    data: st.DataObject, shape: tuple[int, int]
) -> None:
    alike = data.draw(arrays(np.bool_, shape))
    depth = data.draw(arrays(np.int8, shape, elements=st.integers(0, 2))).astype(np.float32)
    seed = (shape[0] // 2, shape[1] // 2)
    alike[seed] = True
    expected = reachable(seed, alike, depth)
    start = np.zeros_like(alike)
    start[seed] = True
    assert (grow(start, alike, depth, step_m=0.5) == expected).all()
