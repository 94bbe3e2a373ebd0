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

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.ros.transforms.frame_tree import FrameTree, Link, is_too_old, why_not

YAML = """
tool:
  parent: 'base_link'
  broadcaster: 'default_authority'
  rate: 50.000
  most_recent_transform: 20.500000
  oldest_transform: 12.250000
  buffer_length: 8.250
hand_camera:
  parent: 'tool'
  broadcaster: 'default_authority'
  rate: 10000.000
  most_recent_transform: 0.000000
  oldest_transform: 0.000000
  buffer_length: 0.000
base_link:
  parent: 'world'
  rate: 10.000
  most_recent_transform: 21.000000
  oldest_transform: 11.000000
camera_optical:
  parent: 'camera_link'
  most_recent_transform: 0.000000
  oldest_transform: 0.000000
"""
TREE = FrameTree.parse(YAML)


def sentence(target: str, source: str, stamp_s: float) -> str:
    return why_not(TREE, target, source, round(stamp_s * 1e9), otherwise='tf2 says so')


def test_the_frames_of_tf2s_yaml_are_known_parents_included() -> None:
    assert TREE.frames == (
        *('base_link', 'camera_link', 'camera_optical', 'hand_camera', 'tool', 'world'),
    )
    assert TREE.links['tool'] == Link('base_link', 12.25, 20.5)


def test_the_links_between_two_frames_leave_out_what_they_share() -> None:
    assert TREE.chain('base_link', 'hand_camera') == ('hand_camera', 'tool')
    assert TREE.chain('hand_camera', 'base_link') == ('hand_camera', 'tool')


def test_static_links_bound_no_time() -> None:
    span = TREE.span('tool', 'hand_camera')
    assert (span.oldest_s, span.newest_s) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ('target', 'source', 'stamp_s', 'words'),
    [
        ('base_link', 'wrist', 15, "'base_link' <- 'wrist': frame 'wrist' is unknown to tf"),
        ('base_link', 'hand_kamera', 15, "did you mean 'hand_camera'"),
        ('base_lnk', 'tool', 15, "frame 'base_lnk' is unknown"),
        ('base_link', '', 15, 'without a name'),
        ('base_link', '/tool', 15, 'slash'),
        (
            *('base_link', 'camera_optical', 15),
            "two trees, 'base_link' in that of 'world' and 'camera_optical' in that of "
            "'camera_link'; known are base_link",
        ),
        (
            *('base_link', 'hand_camera', 21.0),
            'at 21.000 s: it is known from 12.250 s to 20.500 s: '
            "the newest, of 'tool', is 0.500 s too old",
        ),
        ('base_link', 'hand_camera', 12.0, "the oldest, of 'tool', is 0.250 s too young"),
        ('base_link', 'hand_camera', 15.0, 'tf2 says so'),
    ],
)
def test_each_reason_has_its_own_sentence(
    target: str, source: str, stamp_s: float, words: str
) -> None:
    assert words in sentence(target, source, stamp_s)


def test_only_a_moment_before_the_oldest_transform_is_given_up_at_once() -> None:
    def hopeless(source: str, stamp_s: float) -> bool:
        return is_too_old(TREE, 'base_link', source, round(stamp_s * 1e9))

    assert hopeless('tool', 12.0)
    assert not hopeless('tool', 21.0)
    assert not hopeless('wrist', 1.0)
    assert not hopeless('camera_optical', 1.0)


def test_without_any_frame_nobody_publishes() -> None:
    text = why_not(FrameTree.parse('[]'), 'a', 'b', 1, otherwise='')
    assert 'nobody publishes /tf' in text


@given(st.text() | st.just('a: {parent: a, oldest_transform: 0, most_recent_transform: 0}'))
def test_any_yaml_gives_a_tree_and_a_sentence(text: str) -> None:
    tree = FrameTree.parse(text)
    assert why_not(tree, 'a', 'b', 10**9, otherwise='-').startswith("no transform 'a' <- 'b'")
