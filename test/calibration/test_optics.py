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

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from board_pictures import FISHEYE, MATRIX, PINHOLE, PLUMB_BOB, RATIONAL
from hypothesis import given, settings
from hypothesis import strategies as st

from vlm_robot.calibration.faults import CalibrationRefused, Fault
from vlm_robot.calibration.optics import Optics, optics_from_yaml, optics_to_yaml

ALL = pytest.mark.parametrize(
    'optics', [PINHOLE, PLUMB_BOB, RATIONAL, FISHEYE], ids=lambda optics: optics.model
)


@ALL
@settings(max_examples=30)
@given(st.floats(0, 639), st.floats(0, 479), st.floats(0.1, 5.0))
def test_a_point_on_a_pixels_line_of_sight_is_seen_in_that_pixel(
    optics: Optics, u: float, v: float, depth_m: float
) -> None:
    pixel = np.array([[u, v]])
    point = np.append(optics.undistort(pixel), [[1.0]], axis=1) * depth_m
    np.testing.assert_allclose(optics.project(point), pixel, atol=0.01)


@ALL
def test_a_camera_comes_back_from_its_file(optics: Optics) -> None:
    again = optics_from_yaml(optics_to_yaml(optics, 'camera'))
    assert (again.width, again.height, again.model) == (640, 480, optics.model)
    np.testing.assert_array_equal(again.matrix, optics.matrix)
    np.testing.assert_array_equal(again.coefficients, optics.coefficients)


def test_a_point_behind_the_camera_is_seen_outside_of_the_image() -> None:
    (seen,) = PINHOLE.project(np.array([[0.1, 0.0, -1.0]]))
    assert np.isfinite(seen).all()
    assert seen[0] > 640


def test_distortion_is_opencvs() -> None:
    points = np.array([[0.1, -0.2, 0.7], [0.0, 0.1, 1.0]])
    expected, _ = cv2.projectPoints(
        points, np.zeros(3), np.zeros(3), MATRIX, PLUMB_BOB.coefficients
    )
    np.testing.assert_allclose(PLUMB_BOB.project(points), expected[:, 0])


@pytest.mark.parametrize(
    ('changes', 'sentence'),
    [
        ({'distortion_model': 'thin_prism'}, "'thin_prism' is not known: known are plumb_bob"),
        ({'distortion_coefficients': {'data': [0.1] * 3}}, 'has 3 distortion coefficients'),
        ({'distortion_coefficients': {'data': [float('nan')] * 5}}, 'has distortion coefficients'),
        ({'camera_matrix': {'data': [0.0] * 9}}, 'the camera is not calibrated'),
        ({'camera_matrix': {'data': [float('inf')] * 9}}, 'the camera matrix is'),
        ({'camera_matrix': {'data': [1.0] * 8}}, 'lacks or spoils'),
        ({'image_width': 'wide'}, 'lacks or spoils'),
    ],
)
def test_numbers_that_are_no_camera_are_refused(changes: dict[str, Any], sentence: str) -> None:
    content = {**optics_to_yaml(PLUMB_BOB, 'camera'), **changes}
    with pytest.raises(CalibrationRefused, match=sentence) as refusal:
        optics_from_yaml(content)
    assert refusal.value.fault is Fault.NO_CAMERA_INFO


def test_a_file_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(CalibrationRefused, match='not one of camera_calibration'):
        optics_from_yaml([1, 2])
