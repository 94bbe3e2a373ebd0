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


"""Cameras that hang otherwise than upright, with depth from a camera beside."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from grounding_plans import ground, measured, off, pick
from tabletop_scenes import INTRINSICS, T_BASE_CAMERA, Look, Thing, look_at, scatter, upon

from vlm_robot.core.geometry import from_look_at

BASE = Thing('cube', 'blue', 0.5, 0.05, 0.3, large=True)
ABOVE = from_look_at((0.5, 0.0, 1.0), (0.501, 0.0, 0.0))


def rolled(degrees: float) -> np.ndarray:
    """The usual camera, turned about its optical axis."""
    T_camera_rolled = np.eye(4)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    T_camera_rolled[:2, :2] = [[cos, -sin], [sin, cos]]
    return T_BASE_CAMERA @ T_camera_rolled


POSES = {'above': ABOVE, **{f'rolled by {a}': rolled(a) for a in (45, 90, 180, 250)}}


@pytest.mark.parametrize('pose', POSES)
def test_things_are_measured_from_wherever_they_are_seen(pose: str) -> None:
    things = scatter(3, count=5)
    look = look_at(things, sigma_m=0.002, T_base_camera=POSES[pose])
    wrong = []
    for index, thing in enumerate(things):
        mask = look.index == index
        if mask.sum() > 500 and not mask[[0, -1]].any() and not mask[:, [0, -1]].any():
            found = measured(ground(look, pick(look.pixel_of(index))))
            wrong.append(math.dist(found.position, thing.centre))
    assert len(wrong) >= 4
    assert max(wrong) < 0.006


@pytest.mark.parametrize('pose', POSES)
def test_what_a_thing_stands_on_is_seen_from_any_side(pose: str) -> None:
    upper = upon(Thing('cube', 'red', 0.0, 0.0, 0.3), BASE)
    look = look_at([upper, BASE], T_base_camera=POSES[pose])
    found = measured(ground(look, pick(look.pixel_of(0))))
    assert off(found, upper) < 0.004
    assert found.bottom == pytest.approx(upper.bottom, abs=0.005)
    assert found.top == pytest.approx(upper.top, abs=0.004)


def with_shadows(look: Look, width_px: int, side: int) -> Look:
    """Take the depth of what lies beside each edge, as a depth camera beside does not see it."""
    depth_m = np.array(look.frame.depth_m)
    for shift in range(1, width_px + 1):
        nearer = np.roll(look.frame.depth_m, side * shift, axis=1)
        depth_m[nearer < np.asarray(look.frame.depth_m) - 0.015] = np.nan
    return replace(look, frame=replace(look.frame, depth_m=depth_m))


@pytest.mark.parametrize('side', [-1, 1])
def test_shadows_on_one_side_of_things_do_not_move_them(side: int) -> None:
    things = scatter(5, count=6)
    look = look_at(things, sigma_m=0.002)
    shadowed = with_shadows(look, 12, side)
    missing = np.isnan(shadowed.frame.depth_m).mean() - np.isnan(look.frame.depth_m).mean()
    assert missing > 0.005
    off_m = [
        off(measured(ground(shadowed, pick(look.pixel_of(index)))), thing)
        for index, thing in enumerate(things)
    ]
    assert max(off_m) < 0.006


def test_a_band_without_depth_across_a_thing_does_not_cut_it() -> None:
    thing = Thing('cylinder', 'green', 0.5, 0.0, large=True)
    look = look_at([thing], holes=0.0)
    u, v = look.pixel_of(0)
    depth_m = np.array(look.frame.depth_m)
    depth_m[:, int(u) + 5 : int(u) + 9] = np.nan
    banded = replace(look, frame=replace(look.frame, depth_m=depth_m))
    found = measured(ground(banded, pick((u - 8, v))))
    assert off(found, thing) < 0.003
    assert found.valid_share < 0.95


def bent(look: Look, k1: float) -> Look:
    """The same scene through a lens that bends outwards: rays, and pixels that fit them."""
    k = INTRINSICS
    v, u = np.mgrid[: k.height, : k.width].astype(np.float64)
    x, y = (u - k.cx) / k.fx, (v - k.cy) / k.fy
    scale = 1 + k1 * (x**2 + y**2)
    rays = np.stack([x * scale, y * scale]).astype(np.float32)
    column = np.rint(rays[0] * k.fx + k.cx).astype(int)
    row = np.rint(rays[1] * k.fy + k.cy).astype(int)
    inside = (column >= 0) & (column < k.width) & (row >= 0) & (row < k.height)
    at = (np.clip(row, 0, k.height - 1), np.clip(column, 0, k.width - 1))
    frame = replace(
        look.frame,
        rgb=look.frame.rgb[at],
        depth_m=np.where(inside, np.asarray(look.frame.depth_m)[at], np.nan).astype(np.float32),
        rays=np.where(inside, rays, np.float32(np.nan)),
    )
    return replace(look, frame=frame, index=np.where(inside, look.index[at], -1))


def test_a_lens_that_bends_lines_of_sight_moves_nothing() -> None:
    things = scatter(8, count=5)
    look = bent(look_at(things, sigma_m=0.002), 0.6)
    straight = replace(look, frame=replace(look.frame, rays=None))
    off_m, as_pinhole_m = [], []
    for index, thing in enumerate(things):
        step = pick(look.pixel_of(index))
        off_m.append(off(measured(ground(look, step)), thing))
        plan = ground(straight, step)
        as_pinhole_m.append(off(measured(plan), thing) if plan.verdict.ok else math.inf)
    assert max(off_m) < 0.006
    assert max(as_pinhole_m) > 0.008
