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


"""Repairing depth: what is dropped, what is closed, what is averaged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.depth import fused, without_flying_pixels, without_holes

STEP_M = 0.012
RED, GREEN = (200, 30, 30), (30, 140, 50)


def flat(depth_m: float = 0.8, *, shape: tuple[int, int] = (12, 16)) -> np.ndarray:
    return np.full(shape, depth_m, dtype=np.float32)


def edge() -> np.ndarray:
    """A thing at the left, the table at the right."""
    depth_m = flat(0.8)
    depth_m[:, 8:] = 0.86
    return depth_m


def painted(*, shape: tuple[int, int] = (12, 16)) -> np.ndarray:
    return np.full((*shape, 3), RED, dtype=np.uint8)


def closed(depth_m: np.ndarray, rgb: np.ndarray | None = None, *, reach_px: int = 5) -> np.ndarray:
    rgb = painted() if rgb is None else rgb
    return without_holes(depth_m, rgb, reach_px=reach_px, step_m=STEP_M)


@given(st.floats(0.2, 0.8))
def test_a_mixture_of_two_surfaces_is_dropped_and_they_stay(share: float) -> None:
    depth_m = edge()
    depth_m[:, 8] = 0.8 + 0.06 * share
    for image in (depth_m, depth_m.T):
        cleaned = without_flying_pixels(image)
        in_rows = cleaned if image is depth_m else cleaned.T
        assert np.isnan(in_rows[:, 8]).all()
        assert np.isfinite(np.delete(in_rows, 8, axis=1)).all()


@given(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
def test_a_slope_however_steep_is_no_mixture(across: float, down: float) -> None:
    rows, columns = np.mgrid[:12, :16]
    depth_m = (5.0 + across * columns + down * rows).astype(np.float32)
    inside = (slice(2, -2), slice(2, -2))
    assert np.isfinite(without_flying_pixels(depth_m)[inside]).all()


def test_an_edge_without_a_mixture_loses_nothing() -> None:
    assert (without_flying_pixels(edge()) == edge()).all()


@given(st.integers(0, 2**32 - 1))
def test_closing_holes_leaves_what_was_measured(seed: int) -> None:
    rng = np.random.default_rng(seed)
    depth_m = rng.uniform(0.7, 0.73, (12, 16)).astype(np.float32)
    depth_m[rng.random(depth_m.shape) < 0.3] = np.nan
    found = closed(depth_m)
    known = np.isfinite(depth_m)
    assert (found[known] == depth_m[known]).all()
    filled = found[np.isfinite(found)]
    assert filled.min() >= np.nanmin(depth_m)
    assert filled.max() <= np.nanmax(depth_m)


def test_a_hole_in_a_surface_is_closed_along_the_surface() -> None:
    rows, columns = np.mgrid[:12, :16]
    plane = (0.8 + 0.001 * columns + 0.0005 * rows).astype(np.float32)
    holed = plane.copy()
    holed[4:7, 5:9] = np.nan
    np.testing.assert_allclose(closed(holed), plane, atol=1e-6)


def test_a_hole_longer_than_the_reach_stays_open() -> None:
    depth_m = flat()
    depth_m[:, 5:9] = np.nan
    assert np.isfinite(closed(depth_m, reach_px=4)).all()
    assert np.isnan(closed(depth_m, reach_px=3)[:, 5:9]).all()


def test_a_hole_at_a_silhouette_stays_open() -> None:
    depth_m = edge()
    depth_m[:, 6:8] = np.nan
    assert np.isnan(closed(depth_m)[:, 6:8]).all()


def test_a_shadow_on_one_side_of_a_thing_stays_open() -> None:
    depth_m = edge()
    depth_m[:, 8:12] = np.nan
    assert np.isnan(closed(depth_m)[:, 8:12]).all()
    depth_m[:, 8:] = np.nan
    assert np.isnan(closed(depth_m)[:, 8:]).all()


def test_a_hole_over_the_gap_between_two_things_of_one_colour_and_height_stays_open() -> None:
    depth_m, rgb = flat(), painted()
    depth_m[:, 5:10] = np.nan
    rgb[:, 7] = GREEN
    assert np.isnan(closed(depth_m, rgb)[:, 5:10]).all()


def test_a_hole_between_two_colours_stays_open() -> None:
    depth_m, rgb = flat(), painted()
    depth_m[:, 6:9] = np.nan
    rgb[:, 8:] = GREEN
    assert np.isnan(closed(depth_m, rgb)[:, 6:9]).all()


@pytest.mark.parametrize('count', [2, 5])
def test_images_that_agree_are_averaged(count: int) -> None:
    rng = np.random.default_rng(0)
    images = [flat(shape=(60, 80)) + rng.normal(0, 0.002, (60, 80)) for _ in range(count)]
    found = fused(images[0].astype(np.float32), images[1:], step_m=STEP_M)
    assert np.std(found) == pytest.approx(0.002 / np.sqrt(count), rel=0.1)
    np.testing.assert_allclose(found, np.mean(images, axis=0), atol=1e-6)


def test_what_has_changed_is_as_in_the_newest_image() -> None:
    newest, before = flat(0.8), flat(0.8)
    before[3:6, 3:6] = 0.75
    newest[8:10, 8:10] = 0.7
    np.testing.assert_array_equal(fused(newest, [before, before], step_m=STEP_M), newest)


def test_a_hole_is_filled_from_an_earlier_image_where_nothing_has_changed() -> None:
    newest, before = flat(0.8), flat(0.802)
    newest[5, 5] = np.nan
    assert fused(newest, [before], step_m=STEP_M)[5, 5] == pytest.approx(0.802)
    before[4:7, 4:7] = 0.75
    assert np.isnan(fused(newest, [before], step_m=STEP_M)[5, 5])


def test_the_shadow_that_a_thing_left_behind_is_not_filled_with_the_thing() -> None:
    newest, before = flat(0.8), flat(0.8)
    before[2:10, 2:10] = 0.75
    newest[2:10, 2:10] = np.nan
    found = fused(newest, [before], step_m=STEP_M)
    assert np.isnan(found[4:8, 4:8]).all()


def test_one_image_alone_is_itself() -> None:
    newest = flat()
    assert fused(newest, [], step_m=STEP_M) is newest
