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

"""Laws of vlm_robot.ros.camera.encodings: decode(encode(image)) is the image."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from image_messages import message
from sensor_msgs.msg import Image

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros.camera.encodings import ENCODINGS, colours, depths_m, to_array

pytestmark = pytest.mark.ros

SIDES = st.integers(1, 9)
PADDINGS = st.integers(0, 5)
ORDERS = {
    'rgb8': [0, 1, 2],
    'bgr8': [2, 1, 0],
    '8UC3': [2, 1, 0],
    'rgba8': [0, 1, 2, 0],
    'bgra8': [2, 1, 0, 0],
    '8UC4': [2, 1, 0, 0],
}


def noise(height: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@given(SIDES, SIDES, PADDINGS, st.sampled_from(sorted(ORDERS)), st.booleans())
def test_colour_comes_out_as_rgb_whatever_the_order_and_the_padding(
    width: int, height: int, padding: int, encoding: str, big: bool
) -> None:
    rgb = noise(height, width, seed=padding)
    made = message(encoding, rgb[..., ORDERS[encoding]], padding=padding, big=big)

    assert np.array_equal(colours(made), rgb)


@given(SIDES, SIDES, PADDINGS, st.sampled_from(['mono8', '8UC1', 'mono16']), st.booleans())
def test_grey_serves_as_colour_and_of_16_bits_the_upper_8(
    width: int, height: int, padding: int, encoding: str, big: bool
) -> None:
    grey = noise(height, width, seed=padding)[..., 0]
    stored = grey.astype(np.uint16) * 257 if encoding == 'mono16' else grey

    rgb = colours(message(encoding, stored, padding=padding, big=big))

    assert all(np.array_equal(rgb[..., channel], grey) for channel in range(3))


def encoded_yuv(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Luma of each pixel and U, V of each pair (BT.601, limited range)."""
    r, g, b = np.moveaxis(rgb.astype(np.float64), -1, 0)
    luma = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    u, v = 128 - 0.148 * r - 0.291 * g + 0.439 * b, 128 + 0.439 * r - 0.368 * g - 0.071 * b
    chroma = np.stack([u, v], axis=-1)[:, ::2].reshape(rgb.shape[0], -1)
    return luma.round().astype(np.uint8), chroma.round().astype(np.uint8)


@given(
    st.integers(1, 5), SIDES, PADDINGS, st.sampled_from(['yuv422', 'uyvy', 'yuv422_yuy2', 'yuyv'])
)
def test_both_orders_of_yuv_422_become_the_colours_that_they_were(
    pairs: int, height: int, padding: int, encoding: str
) -> None:
    rgb = np.repeat(noise(height, pairs, seed=padding), 2, axis=1)
    luma, chroma = encoded_yuv(rgb)
    pixels = [chroma, luma] if encoding in ('yuv422', 'uyvy') else [luma, chroma]

    got = colours(message(encoding, np.stack(pixels, axis=-1), padding=padding))

    assert np.abs(got.astype(int) - rgb).max() <= 4


FILTERS: dict[str, Callable[[int, int], int]] = {
    'rggb': lambda row, column: row + column,
    'bggr': lambda row, column: 2 - row - column,
    'gbrg': lambda row, column: (1, 2, 0, 1)[2 * row + column],
    'grbg': lambda row, column: (1, 0, 2, 1)[2 * row + column],
}
"""The channel that each pixel of a two by two block has: 0 red, 1 green, 2 blue."""


@pytest.mark.parametrize('bits', [8, 16])
@pytest.mark.parametrize('pattern', FILTERS)
@given(
    st.integers(3, 6),
    st.integers(3, 6),
    PADDINGS,
    st.booleans(),
    st.tuples(*[st.integers(0, 255)] * 3),
)
def test_a_colour_behind_a_bayer_filter_is_that_colour(
    pattern: str,
    bits: int,
    columns: int,
    rows: int,
    padding: int,
    big: bool,
    colour: tuple[int, int, int],
) -> None:
    block = [[colour[FILTERS[pattern](r, c)] for c in range(2)] for r in range(2)]
    mosaic = np.tile(np.array(block, np.uint8), (rows, columns))
    stored = mosaic.astype(np.uint16) * 257 if bits == 16 else mosaic

    got = colours(message(f'bayer_{pattern}{bits}', stored, padding=padding, big=big))

    assert got.shape == (2 * rows, 2 * columns, 3)
    assert (got[2:-2, 2:-2] == colour).all()


@given(SIDES, SIDES, PADDINGS, st.booleans(), st.sampled_from(['16UC1', 'mono16', '32FC1']))
def test_depth_comes_out_in_metres_whatever_the_layout(
    width: int, height: int, padding: int, big: bool, encoding: str
) -> None:
    millimetres = np.random.default_rng(padding).integers(1, 2**16, (height, width), np.uint16)
    metres = millimetres.astype(np.float32) * np.float32(0.001)
    stored = metres if encoding == '32FC1' else millimetres

    got = depths_m(message(encoding, stored, padding=padding, big=big))

    assert got.dtype == np.float32
    np.testing.assert_allclose(got, metres, rtol=1e-6)


@pytest.mark.parametrize('value', [0.0, -1.0, np.inf, -np.inf, np.nan])
def test_metres_that_are_no_distance_become_nan(value: float) -> None:
    depth = depths_m(message('32FC1', np.array([[value, 0.5]], np.float32)))

    assert np.isnan(depth[0, 0])
    assert depth[0, 1] == np.float32(0.5)


def test_a_depth_of_zero_millimetres_is_none() -> None:
    assert np.isnan(depths_m(message('16UC1', np.zeros((1, 1), np.uint16)))).all()


@pytest.mark.parametrize('encoding', ['', 'banana', 'nv21', 'rgb16', '8uc3'])
def test_an_encoding_that_is_not_known_is_refused_with_those_that_are(encoding: str) -> None:
    if importlib.util.find_spec('cv_bridge') is not None:
        pytest.skip('cv_bridge knows more encodings')
    with pytest.raises(Refusal, match=f'encoding {encoding!r} is not supported') as caught:
        colours(Image(height=1, width=1, encoding=encoding, step=3, data=b'abc'))

    assert caught.value.outcome is Outcome.BAD_FRAME
    assert all(known in caught.value.message for known in ENCODINGS)


def test_depth_is_not_taken_for_colour_nor_colour_for_depth() -> None:
    with pytest.raises(Refusal, match='is not a colour image'):
        colours(message('32FC1', np.ones((2, 2), np.float32)))
    with pytest.raises(Refusal, match='is not depth'):
        depths_m(message('rgb8', np.ones((2, 2, 3), np.uint8)))


@given(
    st.integers(0, 2**32 - 1) | st.integers(0, 9),
    st.integers(0, 2**32 - 1) | st.integers(0, 9),
    st.integers(0, 2**32 - 1) | st.integers(0, 40),
    st.binary(max_size=64),
    st.sampled_from(sorted(ENCODINGS)),
    st.sampled_from([to_array, colours, depths_m]),
)
def test_any_header_with_any_bytes_gives_an_image_or_a_refusal(
    width: int,
    height: int,
    step: int,
    data: bytes,
    encoding: str,
    read: Callable[[Image], np.ndarray],
) -> None:
    made = Image(height=height, width=width, encoding=encoding, step=step, data=data)
    shape, outcome = None, None
    try:
        shape = read(made).shape[:2]
    except Refusal as refusal:
        outcome = refusal.outcome

    assert shape == (height, width) or outcome is Outcome.BAD_FRAME


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 40))
def test_an_image_that_is_cut_short_is_refused(width: int, height: int, missing: int) -> None:
    made = message('rgb8', noise(height, width, seed=1))
    assume(missing <= len(made.data))
    made.data = made.data[:-missing]

    with pytest.raises(Refusal, match='expected'):
        colours(made)
