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
"""Filling connected pixels of an image in whole runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
_Window = tuple[slice, slice]

_LEAPS = ((0, 2), (2, 0), (1, 1), (1, -1))  # rows, columns


def grow(start: Mask, alike: Mask, depth_m: NDArray[np.float32], *, step_m: float) -> Mask:
    """
    Return the alike pixels that can be reached from a start without a step in depth.

    Single bad pixels are leapt over: thin rims are only a pixel or two wide.
    """
    right = alike[:, 1:] & alike[:, :-1] & (np.abs(np.diff(depth_m, axis=1)) < step_m)
    down = alike[1:] & alike[:-1] & (np.abs(np.diff(depth_m, axis=0)) < step_m)
    runs = _runs(right), _runs(down.T).T
    filled = start
    while True:
        filled = flood(filled, runs)
        landed = _leap(filled, alike, depth_m, step_m)
        if not landed.any():
            return filled
        filled = filled | landed


def flood(start: Mask, runs: tuple[NDArray[np.int32], NDArray[np.int32]]) -> Mask:
    """
    Return what can be reached from the start by whole runs, along rows and columns in turn.

    :param runs: number of the run that each pixel belongs to, along rows and along columns.
    """
    filled, count = start, -1
    while count != (count := int(filled.sum())):
        for numbers in runs:
            hit = np.zeros(int(numbers[-1, -1]) + 1, dtype=np.bool_)
            hit[numbers[filled]] = True
            filled = hit[numbers]
    return filled


def _leap(filled: Mask, alike: Mask, depth_m: NDArray[np.float32], step_m: float) -> Mask:
    """Return the pixels beyond one bad pixel, or across a corner, that continue the surface."""
    landed = np.zeros_like(filled)
    missing = alike & ~filled
    for rows, columns in _LEAPS:
        near, far = _shifted(filled.shape, rows, columns)
        surface = np.abs(depth_m[near] - depth_m[far]) < step_m
        landed[far] |= filled[near] & missing[far] & surface
        landed[near] |= filled[far] & missing[near] & surface
    return landed


def _shifted(shape: tuple[int, ...], rows: int, columns: int) -> tuple[_Window, _Window]:
    """Return two windows on an image, the second shifted against the first; rows >= 0."""
    height, width = shape
    left, right = max(0, -columns), width - max(0, columns)
    first = slice(0, height - rows), slice(left, right)
    return first, (slice(rows, height), slice(left + columns, right + columns))


def _runs(linked: Mask) -> NDArray[np.int32]:
    """Number the runs of linked pixels along the rows."""
    starts = np.ones((linked.shape[0], linked.shape[1] + 1), dtype=np.int32)
    starts[:, 1:] = ~linked
    return np.cumsum(starts.ravel(), dtype=np.int32).reshape(starts.shape)
