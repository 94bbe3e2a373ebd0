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

"""Laws of vlm_robot.optics.registration: planes have a depth that can be computed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo

from vlm_robot.core.geometry import from_quaternion
from vlm_robot.optics.lens import Lens, lens_of
from vlm_robot.optics.registration import register_depth

pytestmark = pytest.mark.ros

BESIDE = from_quaternion((0.04, 0.005, -0.003), (0.01, -0.02, 0.005, 1.0))
ROLLED = from_quaternion((0.03, -0.01, 0.0), (0.01, -0.02, 0.7, 0.7))


def lens(width: int, height: int, focal: float, model: str = '', *d: float) -> Lens:
    made = CameraInfo(width=width, height=height, distortion_model=model, d=list(d))
    made.k = [focal, 0.0, width / 2 - 0.5, 0.0, focal, height / 2 - 0.5, 0.0, 0.0, 1.0]
    return lens_of(made, rectified=False)


COLOUR = lens(160, 120, 150.0)
BENT = lens(160, 120, 150.0, 'plumb_bob', -0.2, 0.05, 0.001, -0.001, 0.0)
DEPTHS = {
    'as fine': lens(176, 144, 145.0),
    'coarser': lens(80, 60, 70.0),
    'much coarser': lens(53, 40, 40.0),
    'finer': lens(320, 240, 240.0),
    'fisheye': lens(160, 120, 80.0, 'equidistant', -0.02, 0.01, 0.0, 0.0),
}


def plane(eye: Lens, normal: np.ndarray, distance_m: float) -> np.ndarray:
    """Depth of the plane normal . point = distance in an eye's image."""
    x, y = eye.lines_of_sight()
    return (distance_m / (normal[0] * x + normal[1] * y + normal[2])).astype(np.float32)


def seen_from(T: np.ndarray, normal: np.ndarray, distance_m: float) -> tuple[np.ndarray, float]:
    return T[:3, :3].T @ normal, distance_m - float(normal @ T[:3, 3])


@pytest.mark.parametrize('colour', [COLOUR, BENT], ids=['pinhole', 'distorted'])
@pytest.mark.parametrize('T', [BESIDE, ROLLED], ids=['beside', 'rolled'])
@pytest.mark.parametrize('eye', DEPTHS.values(), ids=DEPTHS)
@pytest.mark.parametrize('tilt', [0.0, 45.0])
def test_a_plane_has_its_own_depth_in_the_colour_camera_and_no_holes(
    colour: Lens, T: np.ndarray, eye: Lens, tilt: float
) -> None:
    normal = np.array([0.0, np.sin(np.radians(tilt)), np.cos(np.radians(tilt))])
    true = plane(colour, normal, 0.5 * normal[2])

    got = register_depth(
        plane(eye, *seen_from(T, normal, 0.5 * normal[2])),
        depth_lens=eye,
        colour_lens=colour,
        T_colour_depth=T,
    )

    is_had = np.isfinite(got)
    around = cv2.filter2D(
        is_had.astype(np.float32), -1, np.ones((3, 3)), borderType=cv2.BORDER_CONSTANT
    )
    assert is_had.mean() > 0.5
    assert not (~is_had & (around >= 6)).any()  # a hole is surrounded
    step = np.abs(np.gradient(true)[0]).max()  # of depth from one pixel to the next
    assert np.abs(got - true)[is_had].max() < max(0.002, step)
    assert abs(np.mean((got - true)[is_had])) < 0.0005


def test_the_nearer_of_two_surfaces_hides_the_other() -> None:
    eye = DEPTHS['as fine']
    behind, front = np.full((144, 176), 1.0, np.float32), np.full((144, 176), 0.4, np.float32)
    shape = np.zeros((144, 176), bool)
    shape[50:90, 60:110] = True
    depth = np.where(shape, front, behind)

    got = register_depth(depth, depth_lens=eye, colour_lens=COLOUR, T_colour_depth=BESIDE)

    near = np.abs(got - 0.4) < 0.02
    closed = cv2.morphologyEx(near.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7)))
    solid = cv2.erode(closed, np.ones((5, 5))).astype(bool)
    assert near.sum() > 1500
    assert near[solid].all()  # nothing of what is behind shines through
    is_either = near | (np.abs(got - 1.0) < 0.06)
    assert is_either[np.isfinite(got)].all()  # and nothing floats between them


def test_what_only_the_colour_camera_sees_has_no_depth() -> None:
    eye, to_the_right = DEPTHS['as fine'], from_quaternion((0.1, 0.0, 0.0), (0, 0, 0, 1))
    depth = np.full((144, 176), 1.0, np.float32)
    depth[50:90, 60:110] = 0.4

    got = register_depth(depth, depth_lens=eye, colour_lens=COLOUR, T_colour_depth=to_the_right)

    near = np.flatnonzero(np.abs(got[60] - 0.4) < 0.01)
    assert np.isnan(got[60, near[0] - 15 : near[0] - 2]).all()


def test_the_same_camera_gives_the_same_image() -> None:
    depth = np.random.default_rng(1).uniform(0.5, 0.505, (120, 160)).astype(np.float32)
    depth[30:40, 50:70] = np.nan

    got = register_depth(depth, depth_lens=COLOUR, colour_lens=COLOUR, T_colour_depth=np.eye(4))

    assert np.array_equal(np.isfinite(got), np.isfinite(depth))
    assert np.nanmax(np.abs(got - depth)) < 0.006


@pytest.mark.parametrize('value', [np.nan, 0.0, -1.0])
def test_an_image_without_depth_stays_without(value: float) -> None:
    depth = np.full((60, 80), value, np.float32)
    eye = DEPTHS['coarser']

    got = register_depth(depth, depth_lens=eye, colour_lens=BENT, T_colour_depth=BESIDE)

    assert got.shape == (120, 160)
    assert np.isnan(got).all()


def test_what_lies_behind_the_colour_camera_is_left_out() -> None:
    away = from_quaternion((0.0, 0.0, -3.0), (0, 0, 0, 1))
    depth = np.full((60, 80), 1.0, np.float32)
    eye = DEPTHS['coarser']

    got = register_depth(depth, depth_lens=eye, colour_lens=COLOUR, T_colour_depth=away)

    assert np.isnan(got).all()
