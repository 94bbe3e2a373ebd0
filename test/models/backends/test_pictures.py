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

"""Images as they are sent to a server."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.models.backends.pictures import Pictures, seen_size
from vlm_robot.models.profile import Profile, Resize

RULE = Resize(multiple_of=28, min_pixels=56 * 56, max_pixels=28 * 28 * 1280)
sides = st.integers(10, 2000)


def profile(**values: object) -> Profile:
    return Profile(source='x', plan='tabletop', **values)


def sent(image: np.ndarray, *, lossless: bool, **values: object) -> tuple[str, np.ndarray]:
    url = Pictures(profile(**values), lossless=lossless).url(image)
    kind, _, data = url.partition(';base64,')
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    return kind, decoded[:, :, ::-1]


def smooth(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 2, columns * 2, rows + columns], axis=2).astype(np.uint8)


def test_a_picture_for_this_machine_loses_nothing() -> None:
    image = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    kind, decoded = sent(image, lossless=True)
    assert kind == 'data:image/png'
    np.testing.assert_array_equal(decoded, image)


def test_a_picture_for_another_machine_is_almost_the_same() -> None:
    image = smooth(96, 100)
    kind, decoded = sent(image, lossless=False)
    assert kind == 'data:image/jpeg'
    assert np.abs(decoded.astype(int) - image).mean() < 2


def test_a_picture_too_long_for_jpeg_is_sent_all_the_same() -> None:
    kind, decoded = sent(np.zeros((1, 70_000, 3), np.uint8), lossless=False)
    assert kind == 'data:image/png'
    assert decoded.shape == (1, 70_000, 3)


def test_a_part_of_an_image_is_a_picture() -> None:
    image = smooth(96, 100)[10:90:2, ::-1]
    _, decoded = sent(image, lossless=True)
    np.testing.assert_array_equal(decoded, image)


@pytest.mark.parametrize('values', [{'resize': RULE}, {'max_pixels': 5000}, {}])
@given(sides, sides)
def test_a_picture_has_the_size_that_the_answer_refers_to(
    values: dict[str, object], width: int, height: int
) -> None:
    size = seen_size(profile(**values), width, height)
    assert (size.width, size.height) == (width, height)
    assert size.seen[0] * size.seen[1] <= values.get('max_pixels', 2_000_000 * 4)
    image = np.zeros((height // 9 + 1, width // 9 + 1, 3), np.uint8)
    small = seen_size(profile(**values), image.shape[1], image.shape[0])
    _, decoded = sent(image, lossless=True, **values)
    assert (decoded.shape[1], decoded.shape[0]) == small.seen


@given(sides, sides)
def test_an_image_that_was_resized_is_not_resized_again(width: int, height: int) -> None:
    size = seen_size(profile(resize=RULE), width, height)
    assert all(side % 28 == 0 for side in size.seen)
    if max(size.seen) < 20 * min(size.seen):  # beyond, a side of one step breaks the limit
        assert seen_size(profile(resize=RULE), *size.seen).seen == size.seen


@pytest.mark.torch
@given(sides, sides)
def test_the_rule_is_that_of_the_models_own_processor(width: int, height: int) -> None:
    module = pytest.importorskip('transformers.models.qwen2_vl.image_processing_pil_qwen2_vl')
    if max(width, height) > 190 * min(width, height):
        return
    expected = module.smart_resize(height, width, 28, RULE.min_pixels, RULE.max_pixels)
    assert seen_size(profile(resize=RULE), width, height).seen == expected[::-1]
