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

"""Two images of the same scene."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.likeness import alike

SHAPE = (120, 167, 3)


def scene(left: int = 60, *, level: int = 190) -> np.ndarray:
    """A grey table with a square on it."""
    rgb = np.full(SHAPE, level, np.uint8)
    rgb[40:70, left : left + 30] = (200, 30, 30)
    return rgb


@given(st.integers(0, 2**31))
def test_noise_is_no_change(seed: int) -> None:
    # the smallest block has 56 pixels: the tolerance is more than five deviations of its mean
    noise = np.random.default_rng(seed).normal(0, 4, SHAPE)
    noisy = np.clip(np.rint(scene() + noise), 0, 255).astype(np.uint8)
    assert alike(scene(), noisy)


@given(st.integers(0, 136), st.sampled_from([-1, 1]))
def test_a_thing_that_moves_by_a_pixel_is_a_change(left: int, step: int) -> None:
    moved = min(max(left + step, 0), 137)
    assert alike(scene(left), scene(moved)) is (left == moved)


def test_a_lamp_that_goes_on_is_a_change() -> None:
    assert not alike(scene(), scene(level=200))


@pytest.mark.parametrize('shape', [(120, 160, 3), (167, 120, 3), (1, 1, 3)])
def test_another_size_is_another_image(shape: tuple[int, int, int]) -> None:
    assert not alike(scene(), np.zeros(shape, np.uint8))


@given(st.integers(1, 40), st.integers(1, 40))
def test_an_image_of_any_size_is_like_itself(height: int, width: int) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    assert alike(rgb, rgb.copy())
