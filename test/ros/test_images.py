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
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Intrinsics
from vlm_robot.ros import images

pytestmark = pytest.mark.ros

COLOURS = ['rgb8', 'bgr8', 'rgba8', 'bgra8']


def message(encoding: str, pixels: np.ndarray, *, padding: int = 0, big: bool = False) -> Image:
    rows = pixels.reshape(pixels.shape[0], -1)
    rows = rows.astype(rows.dtype.newbyteorder('>' if big else '<'))
    raw = np.frombuffer(rows.tobytes(), np.uint8).reshape(len(rows), -1)
    raw = np.hstack([raw, np.full((len(rows), padding), 7, np.uint8)])
    height, width = pixels.shape[:2]
    made = Image(height=height, width=width, encoding=encoding, step=raw.shape[1])
    made.is_bigendian, made.data = int(big), raw.tobytes()
    return made


@given(st.integers(1, 9), st.integers(1, 7), st.integers(0, 5), st.sampled_from(COLOURS))
def test_colour_comes_out_as_rgb_whatever_the_order_and_the_padding(
    width: int, height: int, padding: int, encoding: str
) -> None:
    rgb = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    stored = rgb if encoding.startswith('rgb') else rgb[..., ::-1]
    if encoding.endswith('a8'):
        stored = np.dstack([stored, np.full((height, width), 255, np.uint8)])

    assert np.array_equal(images.to_rgb(message(encoding, stored, padding=padding)), rgb)


@given(st.integers(1, 9), st.integers(1, 7))
def test_an_image_that_became_a_message_is_read_back_unchanged(width: int, height: int) -> None:
    rgb = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)

    assert np.array_equal(images.to_rgb(images.rgb_message(rgb, Header())), rgb)


def test_colour_is_a_view_of_the_messages_own_bytes() -> None:
    made = message('bgr8', np.zeros((4, 5, 3), np.uint8))
    view = images.to_rgb(made)

    made.data[2] = 200  # red of the first pixel

    assert view[0, 0].tolist() == [200, 0, 0]


def test_a_grey_image_serves_as_colour() -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)

    rgb = images.to_rgb(message('mono8', grey))

    assert rgb.shape == (3, 4, 3)
    assert np.array_equal(rgb[..., 1], grey)


@pytest.mark.parametrize('big', [False, True])
def test_millimetres_become_metres_and_zero_becomes_nan(big: bool) -> None:
    stored = np.array([[0, 1234]], np.uint16)

    depth = images.to_depth_m(message('16UC1', stored, big=big))

    assert np.isnan(depth[0, 0])
    assert depth[0, 1] == pytest.approx(1.234)


@pytest.mark.parametrize('value', [0.0, -1.0, np.inf, np.nan])
def test_metres_that_are_no_distance_become_nan(value: float) -> None:
    depth = images.to_depth_m(message('32FC1', np.array([[value, 0.5]], np.float32)))

    assert np.isnan(depth[0, 0])
    assert depth[0, 1] == np.float32(0.5)


@pytest.mark.parametrize(('encoding', 'error'), [('32FC1', 0.0), ('16UC1', 0.0006)])
def test_depth_that_became_a_message_is_read_back(encoding: str, error: float) -> None:
    depth = np.array([[0.5, 1.2345], [np.nan, 2.0]], np.float32)

    again = images.to_depth_m(images.depth_message(depth, Header(), encoding=encoding))

    np.testing.assert_allclose(again, depth, atol=error, rtol=1e-6)


@pytest.mark.parametrize('encoding', ['', 'banana', 'yuv422', 'bayer_rggb8', 'rgb16'])
def test_an_encoding_that_is_not_known_is_refused_by_name(encoding: str) -> None:
    with pytest.raises(Refusal, match=f'encoding {encoding!r} is not supported') as caught:
        images.to_rgb(Image(height=1, width=1, encoding=encoding, step=3, data=b'abc'))

    assert caught.value.outcome is Outcome.BAD_FRAME


def test_depth_is_not_taken_for_colour_nor_colour_for_depth() -> None:
    with pytest.raises(Refusal, match='is not a colour image'):
        images.to_rgb(message('32FC1', np.ones((2, 2), np.float32)))
    with pytest.raises(Refusal, match='is not depth'):
        images.to_depth_m(message('rgb8', np.ones((2, 2, 3), np.uint8)))


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=64),
    st.sampled_from(sorted(images.ENCODINGS)),
)
def test_any_header_with_any_bytes_gives_an_image_or_a_refusal(
    width: int, height: int, step: int, data: bytes, encoding: str
) -> None:
    made = Image(height=height, width=width, encoding=encoding, step=step, data=data)
    shape, outcome = None, None
    try:
        shape = images.to_array(made).shape[:2]
    except Refusal as refusal:
        outcome = refusal.outcome

    assert shape == (height, width) or outcome is Outcome.BAD_FRAME


def test_a_png_is_decoded_and_noise_is_refused() -> None:
    import cv2

    rgb = np.random.default_rng(1).integers(0, 256, (6, 8, 3), np.uint8)
    png = cv2.imencode('.png', rgb[..., ::-1])[1].tobytes()

    assert np.array_equal(images.decompress(CompressedImage(format='png', data=png)), rgb)
    for data in (b'', b'not an image'):
        with pytest.raises(Refusal, match='cannot be decoded'):
            images.decompress(CompressedImage(format='jpeg', data=data))


def test_intrinsics_that_became_camera_info_are_read_back() -> None:
    intrinsics = Intrinsics(640, 480, 600.0, 601.0, 319.5, 239.5)

    assert images.to_intrinsics(images.camera_info_message(intrinsics, Header())) == intrinsics


def test_a_camera_that_is_not_calibrated_is_refused() -> None:
    with pytest.raises(Refusal, match='is not calibrated'):
        images.to_intrinsics(CameraInfo(width=640, height=480))
