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

"""vlm_robot.ros.camera.framing is a pure function of messages: no node is needed."""

from __future__ import annotations

import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, Image

from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import from_quaternion
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Intrinsics
from vlm_robot.ros.camera import images
from vlm_robot.ros.camera.framing import Reading, assemble
from vlm_robot.ros.conversions import header_message

pytestmark = pytest.mark.ros

WIDTH, HEIGHT = 64, 48
INTRINSICS = Intrinsics(WIDTH, HEIGHT, 60.0, 60.0, 31.5, 23.5)
SMALLER = Intrinsics(40, 30, 35.0, 35.0, 19.5, 14.5)


def colour(stamp_ns: int = 5) -> Image:
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    return images.rgb_message(rgb, header_message(stamp_ns, 'colour'))


def depth(
    frame_id: str = 'colour', *, size: Intrinsics = INTRINSICS, range_m: float = 0.8
) -> Image:
    depth_m = np.full((size.height, size.width), range_m, np.float32)
    return images.depth_message(depth_m, header_message(5, frame_id), encoding='32FC1')


def info(intrinsics: Intrinsics = INTRINSICS) -> CameraInfo:
    return images.camera_info_message(intrinsics, header_message(5, 'colour'))


def beside() -> np.ndarray:
    return from_quaternion((0.02, 0.0, 0.1), (0, 0, 0, 1))


def refusal_of(*messages: Image | CameraInfo | None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        assemble(*messages, reading=Reading(depth_info_topic='/front/depth/camera_info'))
    return caught.value


def test_a_frame_is_of_the_colour_images_moment_and_says_which_camera_it_is_of() -> None:
    frame = assemble(colour(7), depth(), info(), reading=Reading(camera='left'))

    assert (frame.stamp_ns, frame.frame_id, frame.camera) == (7, 'colour', 'left')
    assert frame.intrinsics == INTRINSICS
    assert frame.rays is None
    assert frame.earlier_depth_m == ()
    np.testing.assert_array_equal(frame.depth_m, np.full((HEIGHT, WIDTH), 0.8, np.float32))


def test_a_distorted_lens_fills_in_the_rays_unless_the_image_is_rectified() -> None:
    bent = info()
    bent.d = [-0.2, 0.05, 0.0, 0.0, 0.0]

    raw = assemble(colour(), depth(), bent)
    rectified = assemble(colour(), depth(), bent, reading=Reading(rectified=True))

    assert raw.rays is not None
    assert raw.rays.shape == (2, HEIGHT, WIDTH)
    assert rectified.rays is None


def test_earlier_depth_images_come_along_but_those_that_cannot_be_read() -> None:
    broken = depth()
    broken.encoding = 'banana'

    frame = assemble(
        colour(), depth(), info(), earlier=[depth(range_m=0.7), broken, depth(range_m=0.6)]
    )

    assert [round(float(d[0, 0]), 3) for d in frame.earlier_depth_m] == [0.7, 0.6]


def test_depth_of_another_camera_is_moved_into_the_colour_camera() -> None:
    frame = assemble(
        colour(),
        depth('depth', size=SMALLER),
        info(),
        info(SMALLER),
        T_colour_depth=beside,
        earlier=[depth('depth', size=SMALLER, range_m=0.7)],
    )

    assert frame.depth_m is not None
    assert frame.depth_m.shape == (HEIGHT, WIDTH)
    assert frame.depth_m[24, 32] == pytest.approx(0.9)
    assert frame.earlier_depth_m[0][24, 32] == pytest.approx(0.8)


def test_depth_of_the_same_camera_at_half_the_size_needs_no_transform() -> None:
    half = Intrinsics(32, 24, 30.0, 30.0, 15.5, 11.5)

    frame = assemble(colour(), depth(size=half), info())

    assert frame.depth_m is not None
    assert np.isfinite(frame.depth_m).mean() > 0.9
    assert np.nanmax(np.abs(frame.depth_m - 0.8)) < 1e-6


def test_the_transform_is_asked_for_only_where_it_is_needed() -> None:
    def never() -> np.ndarray:
        raise AssertionError('depth is registered')

    assert assemble(colour(), depth(), info(), T_colour_depth=never).depth_m is not None


def test_unregistered_depth_without_its_camera_info_is_refused_with_both_sizes() -> None:
    for made in (depth('depth'), depth(size=SMALLER)):
        refusal = refusal_of(colour(), made, info())

        assert refusal.outcome is Outcome.NO_CAMERA_INFO
        assert f'depth is {made.width} x {made.height}' in refusal.message
        assert 'colour is 64 x 48' in refusal.message
        assert "has arrived on '/front/depth/camera_info'" in refusal.message


def test_unregistered_depth_without_a_transform_is_refused_with_both_frames() -> None:
    refusal = refusal_of(colour(), depth('depth'), info(), info())

    assert refusal.outcome is Outcome.NO_TRANSFORM
    assert "depth is of 'depth', colour of 'colour'" in refusal.message


def test_depth_camera_info_of_another_size_is_refused() -> None:
    refusal = refusal_of(colour(), depth('depth', size=SMALLER), info(), info())

    assert refusal.outcome is Outcome.BAD_FRAME
    assert 'the image is 40 x 30 but camera_info says 64 x 48' in refusal.message


def test_colour_alone_is_a_frame_without_geometry() -> None:
    frame = assemble(colour())

    assert frame.depth_m is None
    assert frame.intrinsics is None
