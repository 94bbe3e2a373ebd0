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
"""Growing and separating regions."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.regions import box_mean, foreground, grow

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
    assert (grow(seed, alike, depth, step_m=0.5) == expected).all()


def test_a_hole_in_depth_does_not_spread() -> None:
    values = np.full((7, 7), 2.0, dtype=np.float32)
    values[2:4, 2:4] = np.nan
    mean = box_mean(values, radius=2)
    assert np.allclose(mean, 2.0)


def test_where_nothing_is_known_the_mean_is_unknown() -> None:
    values = np.full((9, 9), np.nan, dtype=np.float32)
    values[0, 0] = 1.0
    mean = box_mean(values, radius=1)
    assert mean[1, 1] == 1.0
    assert math.isnan(mean[5, 5])


def test_a_floor_below_the_noise_of_one_pixel_is_foreground_and_the_table_is_not() -> None:
    heights = np.random.default_rng(0).normal(0, 0.0015, (80, 120)).astype(np.float32)
    heights[:, 60:] += 0.005
    area = foreground(heights, settings=GroundingSettings())
    assert area[:, 64:].mean() > 0.8
    assert area[:, :56].mean() < 0.01
