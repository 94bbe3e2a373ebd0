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

"""Laws of vlm_robot.ros.camera.compressed and rvl."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensor_msgs.msg import CompressedImage

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros.camera.compressed import decompress, decompress_depth_m

pytestmark = pytest.mark.ros


def encoded(kind: str, pixels: np.ndarray) -> bytes:
    return cv2.imencode(kind, pixels)[1].tobytes()


def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (6, 8, 3), np.uint8)


def smooth() -> np.ndarray:
    ramp = np.linspace(0, 200, 64)[None, :].repeat(48, axis=0)
    return np.stack([ramp, ramp[:, ::-1], np.full_like(ramp, 90)], axis=-1).astype(np.uint8)


def depth_message(
    body: bytes, kind: str = '16UC1; compressedDepth', **header: float
) -> CompressedImage:
    before = struct.pack('<iff', 0, header.get('a', 0.0), header.get('b', 0.0))
    return CompressedImage(format=kind, data=before + body)


def rvl(depth: np.ndarray) -> bytes:
    """The encoder of A. Wilson's paper, number by number."""
    nibbles: list[int] = []

    def put(number: int) -> None:
        while True:
            number, low = number >> 3, number & 7
            nibbles.append(low | (8 if number else 0))
            if not number:
                return

    flat, at, previous = depth.ravel().tolist(), 0, 0
    while at < len(flat):
        for is_run in (lambda value: value == 0, lambda value: value != 0):
            end = at
            while end < len(flat) and is_run(flat[end]):
                end += 1
            put(end - at)
            for value in flat[at:end] if flat[at:end] and flat[at] else ():
                step, previous = value - previous, value
                put((step << 1) ^ (step >> 63))
            at = end
    nibbles += [0] * (-len(nibbles) % 8)
    words = [
        sum(n << (28 - 4 * i) for i, n in enumerate(nibbles[w : w + 8]))
        for w in range(0, len(nibbles), 8)
    ]
    return struct.pack('<II', depth.shape[1], depth.shape[0]) + struct.pack(
        f'<{len(words)}I', *words
    )


@pytest.mark.parametrize(
    'kind', ['png', 'rgb8; png compressed bgr8', 'bgr8; png compressed bgr8', '']
)
def test_a_png_becomes_the_picture_that_it_was(kind: str) -> None:
    data = encoded('.png', picture()[..., ::-1])

    assert np.array_equal(decompress(CompressedImage(format=kind, data=data)), picture())


def test_a_writer_that_compressed_red_first_is_believed() -> None:
    data = encoded('.png', picture())

    got = decompress(CompressedImage(format='rgb8; png compressed rgb8', data=data))

    assert np.array_equal(got, picture())


@pytest.mark.parametrize('kind', ['jpeg', 'rgb8; jpeg compressed bgr8', 'jpg'])
def test_a_jpeg_becomes_nearly_the_picture_that_it_was(kind: str) -> None:
    data = encoded('.jpg', smooth()[..., ::-1])

    got = decompress(CompressedImage(format=kind, data=data))

    assert np.abs(got.astype(int) - smooth()).mean() < 4


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_a_grey_picture_serves_as_colour(dtype: type) -> None:
    grey = picture()[..., 0]
    stored = grey.astype(np.uint16) * 257 if dtype is np.uint16 else grey

    got = decompress(CompressedImage(format='mono; png', data=encoded('.png', stored)))

    assert np.abs(got.astype(int) - grey[..., None]).max() <= 1


def test_an_orientation_for_viewers_does_not_turn_the_picture() -> None:
    jpeg = encoded('.jpg', smooth())
    exif = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
    turned = jpeg[:2] + b'\xff\xe1' + struct.pack('>H', len(exif) + 2) + exif + jpeg[2:]
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape == (64, 48, 3)

    assert decompress(CompressedImage(format='jpeg', data=turned)).shape == (48, 64, 3)


@pytest.mark.parametrize(
    'data', [b'', b'not an image', b'\xff\xd8\xff', b'\x89PNG\r\n\x1a\n', b'GIF89a' + bytes(40)]
)
def test_what_is_no_jpeg_or_png_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal, match='cannot be decoded: expected JPEG or PNG') as caught:
        decompress(CompressedImage(format='jpeg', data=data))

    assert caught.value.outcome is Outcome.BAD_FRAME


def test_a_small_file_of_a_huge_picture_is_refused_before_it_is_decoded() -> None:
    bomb = bytearray(encoded('.png', picture()))
    bomb[16:24] = struct.pack('>II', 60_000, 60_000)
    jpeg = bytearray(encoded('.jpg', picture()))
    frame = jpeg.index(b'\xff\xc0')
    jpeg[frame + 5 : frame + 9] = struct.pack('>HH', 60_000, 60_000)

    for data in (bytes(bomb), bytes(jpeg)):
        with pytest.raises(Refusal, match='60000 x 60000 pixels cannot be used'):
            decompress(CompressedImage(format='', data=data))


@settings(max_examples=60)
@given(st.sampled_from(['.png', '.jpg']), st.floats(0.0, 1.0), st.binary(max_size=8))
def test_a_file_that_is_cut_or_overwritten_is_a_picture_or_a_refusal(
    kind: str, share: float, junk: bytes
) -> None:
    whole = encoded(kind, smooth())
    at = int(share * len(whole))
    ends = set()
    for data in (whole[:at], whole[:at] + junk + whole[at + len(junk) :]):
        try:
            ends.add(decompress(CompressedImage(format='', data=data)).ndim)
        except Refusal as refusal:
            ends.add(refusal.outcome)

    assert ends <= {3, Outcome.BAD_FRAME}


def depths() -> st.SearchStrategy[np.ndarray]:
    values = st.sampled_from([0, 0, 1, 700, 701, 699, 65535]) | st.integers(0, 65535)
    sizes = st.tuples(st.integers(1, 6), st.integers(1, 9))
    return sizes.flatmap(
        lambda size: st.lists(values, min_size=size[0] * size[1], max_size=size[0] * size[1]).map(
            lambda flat: np.array(flat, np.uint16).reshape(size)
        )
    )


def bodies(depth: np.ndarray) -> Iterator[tuple[str, bytes]]:
    yield '16UC1; compressedDepth', encoded('.png', depth)
    yield '16UC1; compressedDepth png', encoded('.png', depth)
    yield '16UC1; compressedDepth rvl', rvl(depth)


@settings(deadline=None)
@given(depths())
def test_depth_in_millimetres_comes_back_from_png_and_rvl(depth: np.ndarray) -> None:
    metres = np.where(depth > 0, depth * 0.001, np.nan)
    for kind, body in bodies(depth):
        got = decompress_depth_m(depth_message(body, kind))
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, metres, rtol=1e-6)


@pytest.mark.parametrize('codec', ['png', 'rvl'])
def test_depth_in_metres_comes_back_from_its_quantised_inverse(codec: str) -> None:
    depth = np.random.default_rng(2).uniform(0.3, 4.0, (20, 30)).astype(np.float32)
    depth[3, 4] = np.nan
    a = 100.0 * (100.0 + 1.0)  # depth_quantization 100, depth_max 10 m
    b = 1.0 - a / 10.0
    stored = np.where(np.isnan(depth), 0, a / np.nan_to_num(depth, nan=1.0) + b).astype(np.uint16)
    body = encoded('.png', stored) if codec == 'png' else rvl(stored)

    got = decompress_depth_m(depth_message(body, f'32FC1; compressedDepth {codec}', a=a, b=b))

    assert np.array_equal(np.isnan(got), np.isnan(depth))
    np.testing.assert_allclose(got, depth, atol=0.002)


@pytest.mark.parametrize('kind', ['16UC1; compressedDepth', '16UC1; compressedDepth rvl'])
@given(data=st.binary(max_size=60))
def test_bytes_that_are_no_depth_are_refused(kind: str, data: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        decompress_depth_m(CompressedImage(format=kind, data=data))

    assert caught.value.outcome is Outcome.BAD_FRAME


def test_rvl_that_is_cut_anywhere_is_refused() -> None:
    body = rvl(np.random.default_rng(3).integers(0, 3000, (8, 8)).astype(np.uint16))

    for end in range(len(body) - 4):
        with pytest.raises(Refusal) as caught:
            decompress_depth_m(depth_message(body[:end], '16UC1; compressedDepth rvl'))
        assert caught.value.outcome is Outcome.BAD_FRAME


def test_a_colour_picture_is_not_taken_for_depth() -> None:
    with pytest.raises(Refusal, match='expected one channel of 16 bits'):
        decompress_depth_m(depth_message(encoded('.png', picture())))
