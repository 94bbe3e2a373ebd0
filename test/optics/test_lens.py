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

"""Laws of vlm_robot.optics.lens: OpenCV's projection is the judge."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sensor_msgs.msg import CameraInfo, RegionOfInterest

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Intrinsics
from vlm_robot.optics.lens import lens_of

pytestmark = pytest.mark.ros

WIDTH, HEIGHT = 96, 64
LENSES = {
    'plumb_bob of 4': ('plumb_bob', [-0.3, 0.1, 0.001, -0.002], 90.0),
    'plumb_bob of 5': ('plumb_bob', [0.1, -0.2, 0.002, 0.001, 0.05], 90.0),
    'rational of 8': ('rational_polynomial', [0.5, -0.3, 1e-3, -1e-3, 0.1, 0.8, -0.2, 0.05], 90.0),
    'rational of 12': (
        'rational_polynomial',
        [0.3, -0.1, 1e-3, -1e-3, 0.1, 0.4, -0.1, 0.05, 1e-3, 2e-3, -1e-3, 1e-3],
        90.0,
    ),
    'rational of 14': (
        'rational_polynomial',
        [0.3, -0.1, 1e-3, -1e-3, 0.1, 0.4, -0.1, 0.05, 1e-3, 2e-3, -1e-3, 1e-3, 0.02, -0.01],
        90.0,
    ),
    'equidistant': ('equidistant', [-0.02, 0.01, -0.005, 0.001], 45.0),
}
DISTORTED = pytest.mark.parametrize(('model', 'd', 'focal'), LENSES.values(), ids=LENSES)


def info(
    model: str = 'plumb_bob', d: list[float] | None = None, focal: float = 90.0
) -> CameraInfo:
    made = CameraInfo(width=WIDTH, height=HEIGHT, distortion_model=model, d=d or [])
    made.k = [focal, 0.0, 47.0, 0.0, focal * 1.01, 32.0, 0.0, 0.0, 1.0]
    made.p = [80.0, 0.0, 48.0, 0.0, 0.0, 81.0, 33.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    return made


def grid() -> np.ndarray:
    v, u = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([u, v], axis=-1)


def refusal_of(made: CameraInfo, size: tuple[int, int] | None = None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        lens_of(made, rectified=False, size=size)
    return caught.value


@DISTORTED
@pytest.mark.parametrize('range_m', [0.1, 0.8, 5.0])
def test_points_along_the_rays_are_seen_where_the_rays_belong(
    model: str, d: list[float], focal: float, range_m: float
) -> None:
    lens = lens_of(info(model, d, focal), rectified=False)
    assert lens.rays is not None
    points = np.moveaxis(np.stack([*lens.rays, np.ones_like(lens.rays[0])]) * range_m, 0, -1)

    assert np.isfinite(points).all()
    assert np.abs(lens.project(points) - grid()).max() < 0.05


@DISTORTED
def test_points_are_seen_where_opencv_sees_them(model: str, d: list[float], focal: float) -> None:
    lens = lens_of(info(model, d, focal), rectified=False)
    points = np.random.default_rng(3).uniform((-0.3, -0.2, 0.7), (0.3, 0.2, 1.5), (200, 3))
    matrix, still = np.array(info(model, d, focal).k).reshape(3, 3), np.zeros(3)
    if model == 'equidistant':
        seen, _ = cv2.fisheye.projectPoints(points[:, None], still, still, matrix, np.array(d))
    else:
        seen, _ = cv2.projectPoints(points, still, still, matrix, np.array(d))

    np.testing.assert_allclose(lens.project(points), seen.reshape(-1, 2), atol=1e-6)


@DISTORTED
def test_one_point_alone_is_seen_where_it_is_seen_among_others(
    model: str, d: list[float], focal: float
) -> None:
    lens = lens_of(info(model, d, focal), rectified=False)
    points = np.array([[0.1, -0.05, 0.9], [0.0, 0.0, 1.0]])

    assert all(
        np.array_equal(lens.project(p), lens.project(points)[i]) for i, p in enumerate(points)
    )


@settings(max_examples=15, deadline=None)
@given(st.floats(-0.4, 0.4), st.floats(-0.3, 0.3), st.floats(-0.01, 0.01), st.floats(60.0, 200.0))
@example(-0.4, 0.0, 0.0, 60.0)  # the corners see nothing: the iteration does not converge there
def test_a_ray_leads_back_to_its_pixel_or_is_none_whatever_the_coefficients(
    k1: float, k2: float, p1: float, focal: float
) -> None:
    lens = lens_of(info('plumb_bob', [k1, k2, p1, -p1, 1e-6], focal), rectified=False)
    assert lens.rays is not None
    points = np.moveaxis(np.stack([*lens.rays, np.ones_like(lens.rays[0])]), 0, -1)
    error = np.abs(lens.project(points) - grid()).max(axis=-1)

    assert not (error > 0.05).any()
    assert np.isfinite(error[HEIGHT // 2, WIDTH // 2])


def test_what_is_behind_the_camera_or_bent_back_into_the_image_is_not_seen() -> None:
    strong = lens_of(info('plumb_bob', [-0.4, 0.02, 0.0, 0.0]), rectified=False)
    seen = strong.project([[0.1, 0.0, -1.0], [0.1, 0.0, 0.0], [3.0, 0.0, 1.0], [0.1, 0.0, 1.0]])

    assert np.isnan(seen[:3]).all()
    assert np.isfinite(seen[3]).all()


def test_a_rectified_image_has_the_matrix_p_and_no_distortion() -> None:
    lens = lens_of(info('plumb_bob', [-0.3, 0.1, 0.0, 0.0, 0.0]), rectified=True)

    assert lens.rays is None
    assert lens.intrinsics == Intrinsics(WIDTH, HEIGHT, 80.0, 81.0, 48.0, 33.0)


@pytest.mark.parametrize('model', ['plumb_bob', 'rational_polynomial', ''])
def test_without_distortion_there_is_a_pinhole_of_the_matrix_k(model: str) -> None:
    lens = lens_of(info(model, [0.0] * 5), rectified=False)

    assert lens.rays is None
    assert lens.intrinsics.fx == 90.0


def test_a_fisheye_without_coefficients_is_still_no_pinhole() -> None:
    lens = lens_of(info('equidistant', [0.0] * 4, 45.0), rectified=False)

    assert lens.rays is not None
    assert lens.rays[0, 32, -1] > (WIDTH - 1 - 47.0) / 45.0


def test_the_matrix_that_is_filled_in_serves_where_the_other_is_not() -> None:
    only_p, only_k = info(), info()
    only_p.k, only_k.p = [0.0] * 9, [0.0] * 12

    assert lens_of(only_p, rectified=False).intrinsics.fx == 80.0
    assert lens_of(only_k, rectified=True).intrinsics.fx == 90.0


def test_the_same_camera_info_gives_the_same_lens_without_computing_it_again() -> None:
    first = lens_of(info(*LENSES['plumb_bob of 5']), rectified=False)

    assert lens_of(info(*LENSES['plumb_bob of 5']), rectified=False) is first


@DISTORTED
def test_a_cut_and_binned_image_shows_the_same_lines_of_sight(
    model: str, d: list[float], focal: float
) -> None:
    whole = lens_of(info(model, d, focal), rectified=False)
    made = info(model, d, focal)
    made.roi = RegionOfInterest(x_offset=16, y_offset=8, width=64, height=48)
    made.binning_x = made.binning_y = 2
    part = lens_of(made, rectified=False)
    assert whole.rays is not None
    assert part.rays is not None

    cut = whole.rays[:, 8:56, 16:80]
    middle = cut.reshape(2, 24, 2, 32, 2).mean(axis=(2, 4))
    assert (part.intrinsics.width, part.intrinsics.height) == (32, 24)
    np.testing.assert_allclose(part.rays, middle, atol=2e-3)


def test_an_image_that_is_a_whole_number_smaller_is_taken_for_a_binned_one() -> None:
    lens = lens_of(info(), rectified=False, size=(WIDTH // 2, HEIGHT // 2))

    assert lens.intrinsics == Intrinsics(48, 32, 45.0, 90.0 * 1.01 / 2, 23.25, 15.75)


@pytest.mark.parametrize('size', [(95, 64), (48, 64), (192, 128), (1, 1)])
def test_camera_info_of_another_size_is_refused_with_both_sizes(size: tuple[int, int]) -> None:
    refusal = refusal_of(info(), size)

    assert refusal.outcome is Outcome.BAD_FRAME
    assert f'{size[0]} x {size[1]} but camera_info says 96 x 64' in refusal.message


@pytest.mark.parametrize('size', [(0, 0), (0, 10), (2**32 - 1, 2**32 - 1)])
def test_camera_info_without_a_sensible_size_is_refused(size: tuple[int, int]) -> None:
    made = info('plumb_bob', [-0.3, 0.1, 0.0, 0.0, 0.0])
    made.width, made.height = size

    assert refusal_of(made).outcome is Outcome.BAD_FRAME


@pytest.mark.parametrize('focal', [0.0, -500.0, float('nan'), float('inf')])
def test_a_camera_that_is_not_calibrated_is_refused(focal: float) -> None:
    made = info(focal=focal)
    made.p = [0.0] * 12
    refusal = refusal_of(made)

    assert refusal.outcome is Outcome.NO_CAMERA_INFO
    assert 'the camera is not calibrated' in refusal.message


@pytest.mark.parametrize(
    ('model', 'd', 'said'),
    [
        ('thin_plate', [0.1], "distortion model 'thin_plate' is not known"),
        ('', [0.1, 0.0, 0.0, 0.0, 0.0], "distortion model '' is not known"),
        ('plumb_bob', [0.1, 0.2, 0.3], 'has 3 distortion coefficients'),
        ('equidistant', [0.1] * 5, 'has 5 distortion coefficients: expected 4'),
        ('plumb_bob', [float('nan')] * 5, 'expected numbers'),
    ],
)
def test_a_distortion_that_is_not_known_is_refused(model: str, d: list[float], said: str) -> None:
    refusal = refusal_of(info(model, d))

    assert refusal.outcome is Outcome.NO_CAMERA_INFO
    assert said in refusal.message
