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
"""What stands above the table."""

from __future__ import annotations

import math

import numpy as np

from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.neighbours import box_mean
from vlm_robot.core.regions import foreground


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
