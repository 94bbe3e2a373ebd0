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

"""A tree of frames over time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import from_quaternion, is_rigid
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.transforms import StampedTransform, TransformBuffer

UPRIGHT = (0.0, 0.0, 0.0, 1.0)
FRAMES = ('a', 'b', 'c', 'd', 'e')

numbers = st.floats(-10, 10)
rotations = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: math.hypot(*q) > 0.1)


def unit(quat: tuple[float, ...]) -> tuple[float, float, float, float]:
    x, y, z, w = (value / math.hypot(*quat) for value in quat)
    return x, y, z, w


@st.composite
def poses(draw: st.DrawFn) -> tuple:
    return draw(st.tuples(numbers, numbers, numbers)), unit(draw(rotations))


def link(stamp_ns: int, parent: str, child: str, pose: tuple) -> StampedTransform:
    return StampedTransform(stamp_ns, parent, child, *pose)


@st.composite
def trees(draw: st.DrawFn) -> TransformBuffer:
    """Frames that hang on earlier ones, each at the stamps 0 and 100, or static."""
    buffer = TransformBuffer()
    for index, frame in enumerate(FRAMES[1:], start=1):
        parent = FRAMES[draw(st.integers(0, index - 1))]
        if static := draw(st.booleans()):
            buffer.add(link(7, parent, frame, draw(poses())), static=static)
            continue
        for stamp_ns in draw(st.permutations([0, 40, 100])):
            buffer.add(link(stamp_ns, parent, frame, draw(poses())))
    return buffer


@given(trees(), st.sampled_from(FRAMES), st.sampled_from(FRAMES), st.integers(0, 100))
def test_there_and_back_again_is_the_identity(
    buffer: TransformBuffer, a: str, b: str, stamp_ns: int
) -> None:
    T_a_b, T_b_a = buffer.between(a, b, stamp_ns), buffer.between(b, a, stamp_ns)

    assert is_rigid(T_a_b)
    np.testing.assert_allclose(T_a_b @ T_b_a, np.eye(4), atol=1e-9)


@given(trees(), st.permutations(FRAMES), st.integers(0, 100))
def test_transforms_follow_each_other(
    buffer: TransformBuffer, frames: list[str], stamp_ns: int
) -> None:
    a, b, c = frames[:3]

    np.testing.assert_allclose(
        buffer.between(a, b, stamp_ns) @ buffer.between(b, c, stamp_ns),
        buffer.between(a, c, stamp_ns),
        atol=1e-9,
    )


@given(poses(), poses(), st.integers(1, 10**18), st.integers(1, 10**10))
def test_interpolation_begins_and_ends_with_what_was_measured(
    first: tuple, last: tuple, stamp_ns: int, length_ns: int
) -> None:
    buffer = TransformBuffer()
    buffer.add(link(stamp_ns + length_ns, 'base', 'hand', last))
    buffer.add(link(stamp_ns, 'base', 'hand', first))

    at_first = buffer.between('base', 'hand', stamp_ns)
    at_last = buffer.between('base', 'hand', stamp_ns + length_ns)

    np.testing.assert_allclose(at_first, from_quaternion(*first), atol=1e-12)
    np.testing.assert_allclose(at_last, from_quaternion(*last), atol=1e-12)


@given(poses(), poses(), st.integers(1, 999))
def test_a_point_between_two_stamps_lies_on_the_line_and_turns_evenly(
    first: tuple, last: tuple, stamp_ns: int
) -> None:
    buffer = TransformBuffer()
    buffer.add(link(0, 'base', 'hand', first))
    buffer.add(link(1000, 'base', 'hand', last))
    share = stamp_ns / 1000

    found = buffer.between('base', 'hand', stamp_ns)

    line = (1 - share) * np.array(first[0]) + share * np.array(last[0])
    np.testing.assert_allclose(found[:3, 3], line, atol=1e-9)
    whole = angle(from_quaternion(*first), from_quaternion(*last))
    if whole < math.pi - 1e-3:  # half a turn has two shorter ways
        assert angle(from_quaternion(*first), found) == pytest.approx(share * whole, abs=1e-5)


def angle(T: np.ndarray, U: np.ndarray) -> float:
    cosine = (np.trace(T[:3, :3].T @ U[:3, :3]) - 1) / 2
    return math.acos(min(max(cosine, -1.0), 1.0))


def refused(buffer: TransformBuffer, target: str, source: str, stamp_ns: int) -> str:
    with pytest.raises(Refusal) as caught:
        buffer.between(target, source, stamp_ns)
    assert caught.value.outcome is Outcome.NO_TRANSFORM
    return caught.value.message


@pytest.mark.parametrize('stamp_ns', [999_999_999, 3_000_000_001])
def test_nothing_is_made_up_before_the_first_and_after_the_last_stamp(stamp_ns: int) -> None:
    buffer = TransformBuffer()
    for second in (1, 3):
        buffer.add(link(second * 10**9, 'base', 'hand', ((0, 0, second), UPRIGHT)))

    message = refused(buffer, 'base', 'hand', stamp_ns)

    assert "'hand' is known in 'base' from 1.000 s to 3.000 s" in message
    assert f'{stamp_ns / 1e9:.3f} s' in message


def test_a_static_transform_holds_at_any_time() -> None:
    buffer = TransformBuffer()
    buffer.add(link(5, 'base', 'camera', ((1, 2, 3), UPRIGHT)), static=True)

    for stamp_ns in (0, 5, 10**18):
        assert buffer.between('base', 'camera', stamp_ns)[:3, 3].tolist() == [1, 2, 3]


def test_an_unknown_frame_is_named_with_the_known_ones() -> None:
    buffer = TransformBuffer()
    assert 'no frame is known' in refused(buffer, 'base', 'camera', 0)
    buffer.add(link(0, 'base', 'camera', ((0, 0, 0), UPRIGHT)))

    message = refused(buffer, 'base', 'cam', 0)

    assert "frame 'cam' is unknown; known are base, camera" in message


def test_frames_of_two_trees_are_named_with_their_roots() -> None:
    buffer = TransformBuffer()
    buffer.add(link(0, 'map', 'base', ((0, 0, 0), UPRIGHT)))
    buffer.add(link(0, 'rig', 'camera', ((0, 0, 0), UPRIGHT)))

    message = refused(buffer, 'base', 'camera', 0)

    assert "two trees, 'base' in that of 'map' and 'camera' in that of 'rig'" in message


def test_a_link_above_both_frames_need_not_be_known_at_the_time() -> None:
    buffer = TransformBuffer()
    buffer.add(link(0, 'map', 'base', ((0, 0, 0), UPRIGHT)))
    buffer.add(link(0, 'base', 'camera', ((1, 0, 0), UPRIGHT)), static=True)
    buffer.add(link(0, 'base', 'hand', ((0, 1, 0), UPRIGHT)), static=True)

    assert buffer.between('hand', 'camera', 99)[:3, 3].tolist() == [1, -1, 0]


def test_frames_in_a_ring_end_in_a_refusal_or_an_answer() -> None:
    buffer = TransformBuffer()
    for parent, child in (('a', 'b'), ('b', 'c'), ('c', 'a')):
        buffer.add(link(0, parent, child, ((1, 0, 0), UPRIGHT)))
    buffer.add(link(0, 'x', 'y', ((1, 0, 0), UPRIGHT)))

    assert is_rigid(buffer.between('a', 'c', 0))
    assert 'two trees' in refused(buffer, 'a', 'x', 0)


def test_a_frame_that_moves_to_another_parent_is_followed() -> None:
    buffer = TransformBuffer()
    buffer.add(link(0, 'table', 'cup', ((1, 0, 0), UPRIGHT)))
    buffer.add(link(10, 'hand', 'cup', ((0, 0, 1), UPRIGHT)))

    assert buffer.between('table', 'cup', 5)[:3, 3].tolist() == [1, 0, 0]
    assert buffer.between('hand', 'cup', 10)[:3, 3].tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ('parent', 'child', 'translation', 'quat_xyzw'),
    [
        ('a', 'a', (0, 0, 0), UPRIGHT),
        ('', 'a', (0, 0, 0), UPRIGHT),
        ('a', '/', (0, 0, 0), UPRIGHT),
        ('a', 'b', (math.nan, 0, 0), UPRIGHT),
        ('a', 'b', (0, math.inf, 0), UPRIGHT),
        ('a', 'b', (0, 0, 0), (0.0, 0.0, 0.0, 0.0)),
        ('a', 'b', (0, 0, 0), (math.nan, 0.0, 0.0, 1.0)),
    ],
)
def test_what_is_no_transform_is_refused_and_changes_nothing(
    parent: str, child: str, translation: tuple, quat_xyzw: tuple
) -> None:
    buffer = TransformBuffer()

    with pytest.raises(ValueError, match=r'frame '):
        buffer.add(StampedTransform(0, parent, child, translation, quat_xyzw))

    assert buffer.frames == ()


def test_a_slash_before_a_frame_makes_no_difference() -> None:
    buffer = TransformBuffer()
    buffer.add(link(0, '/base', '/camera', ((1, 0, 0), UPRIGHT)))

    assert buffer.between('base', '/camera', 0)[0, 3] == 1
