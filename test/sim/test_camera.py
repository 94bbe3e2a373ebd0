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

"""The camera: its pose and intrinsics agree with what it renders."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from vlm_robot.core.geometry import back_project, inverse, project, transform_points
from vlm_robot.sim.camera import HEIGHT, OPTICAL_FRAME, WIDTH, DepthNoise, T_base_camera
from vlm_robot.sim.catalogue import SHAPES, Kind, Size
from vlm_robot.sim.scene import ObjectSpec, SceneSpec
from vlm_robot.sim.tabletop import ObjectState, Tabletop

pytestmark = pytest.mark.sim

_BALLS = (
    ('red', Size.SMALL, 0.35, 0.22),
    ('green', Size.LARGE, 0.35, -0.22),
    ('blue', Size.SMALL, 0.5, 0.0),
    ('red', Size.LARGE, 0.65, 0.24),
    ('green', Size.SMALL, 0.65, -0.24),
)
SCENE = SceneSpec(
    3,
    tuple(
        ObjectSpec(
            f'ball{i}', Kind.BALL, size, colour, x, y, SHAPES[Kind.BALL, size].height / 2, 0
        )
        for i, (colour, size, x, y) in enumerate(_BALLS)
    ),
)
NOISE = DepthNoise(sigma_m=0.002, hole_share=0.05)


@pytest.fixture(scope='module')
def tabletop() -> Iterator[Tabletop]:
    tabletop = Tabletop(SCENE)
    yield tabletop
    tabletop.close()


def pixel_of(state: ObjectState, tabletop: Tabletop) -> np.ndarray:
    """Where the camera sees the centre of a thing, (2,)."""
    intrinsics = tabletop.look().intrinsics
    assert intrinsics is not None
    return project(transform_points(inverse(T_base_camera()), state.position), intrinsics)


def test_the_projected_centre_of_every_ball_is_the_middle_of_its_mask(tabletop: Tabletop) -> None:
    masks = tabletop.object_masks()
    for state in tabletop.objects():
        rows, columns = np.nonzero(masks[state.spec.name])
        middle = np.array([columns.mean(), rows.mean()])
        # a sphere's image is an ellipse whose middle lies a little outside of the centre's image
        np.testing.assert_allclose(pixel_of(state, tabletop), middle, atol=0.25)


def test_the_depth_of_every_ball_lies_on_its_surface(tabletop: Tabletop) -> None:
    frame, masks = tabletop.look(), tabletop.object_masks()
    assert frame.depth_m is not None
    assert frame.intrinsics is not None
    for state in tabletop.objects():
        rows, columns = np.nonzero(masks[state.spec.name])
        u, v = round(columns.mean()), round(rows.mean())
        point = back_project((u, v), frame.depth_m[v, u], frame.intrinsics)
        from_centre = transform_points(T_base_camera(), point) - state.position
        radius = state.spec.shape.height / 2
        assert np.linalg.norm(from_centre) == pytest.approx(radius, abs=0.003)


def test_the_colour_image_shows_every_ball_where_depth_does(tabletop: Tabletop) -> None:
    frame = tabletop.look()
    channels = ('red', 'green', 'blue')
    for state in tabletop.objects():
        u, v = np.round(pixel_of(state, tabletop)).astype(int)
        assert channels[int(frame.rgb[v, u].argmax())] == state.spec.colour


def test_a_frame_carries_the_simulated_time_and_the_optical_frame(tabletop: Tabletop) -> None:
    before = tabletop.look()
    tabletop.step(10)
    after = tabletop.look()
    assert after.stamp_ns - before.stamp_ns == round(10 * tabletop.timestep_s * 1e9)
    assert after.frame_id == OPTICAL_FRAME
    assert after.rgb.shape == (HEIGHT, WIDTH, 3)


def test_depth_has_the_noise_and_the_holes_that_are_asked_for() -> None:
    clean, noisy, again = (Tabletop(SCENE, noise=noise) for noise in (None, NOISE, NOISE))
    try:
        true, seen, same = (t.look().depth_m for t in (clean, noisy, again))
    finally:
        for tabletop in (clean, noisy, again):
            tabletop.close()
    assert true is not None
    assert seen is not None
    assert same is not None
    assert not np.isnan(true).any()
    assert np.isnan(seen).mean() == pytest.approx(NOISE.hole_share, rel=0.05)
    assert np.nanstd(seen - true) == pytest.approx(NOISE.sigma_m, rel=0.05)
    np.testing.assert_array_equal(seen, same, 'the noise comes from the seed')
