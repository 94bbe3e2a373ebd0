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

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_messages import message
from std_msgs.msg import Header

from vlm_robot.core.values import Intrinsics
from vlm_robot.optics.lens import lens_of
from vlm_robot.ros.camera import images

pytestmark = pytest.mark.ros


@given(st.integers(1, 9), st.integers(1, 7))
def test_an_image_that_became_a_message_is_read_back_unchanged(width: int, height: int) -> None:
    rgb = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)

    assert np.array_equal(images.to_rgb(images.rgb_message(rgb, Header())), rgb)


def test_colour_is_a_view_of_the_messages_own_bytes() -> None:
    made = message('bgr8', np.zeros((4, 5, 3), np.uint8))
    view = images.to_rgb(made)

    made.data[2] = 200  # red of the first pixel

    assert view[0, 0].tolist() == [200, 0, 0]


@pytest.mark.parametrize(('encoding', 'error'), [('32FC1', 0.0), ('16UC1', 0.0006)])
def test_depth_that_became_a_message_is_read_back(encoding: str, error: float) -> None:
    depth = np.array([[0.5, 1.2345], [np.nan, 2.0]], np.float32)

    again = images.to_depth_m(images.depth_message(depth, Header(), encoding=encoding))

    np.testing.assert_allclose(again, depth, atol=error, rtol=1e-6)


@pytest.mark.parametrize('rectified', [False, True])
def test_intrinsics_that_became_camera_info_are_read_back(rectified: bool) -> None:
    intrinsics = Intrinsics(640, 480, 600.0, 601.0, 319.5, 239.5)
    made = images.camera_info_message(intrinsics, Header())

    assert lens_of(made, rectified=rectified).intrinsics == intrinsics
