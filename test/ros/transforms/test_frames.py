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

import dataclasses
import importlib.util
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from ros_fixture import Ros, open_ros, wait_until

from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.geometry import from_quaternion, inverse
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros.transforms.frames import (
    Extrinsics,
    FixedTransforms,
    MountedTransforms,
    Transforms,
    camera_poses,
    make_transforms,
)

pytestmark = pytest.mark.ros

TWO = Extrinsics(
    'parameters',
    ('left_optical', 'right_optical'),
    (0.1, 0.2, 1.0, -0.3, 0.2, 0.9),
    (0.0, 1.0, 0.0, 0.0, 0.5, 0.5, 0.5, 0.5),
)
NEVER = threading.Event()


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


def refused(transforms: Transforms, target: str, source: str, stamp_ns: int) -> str:
    with pytest.raises(Refusal) as refusal:
        transforms.between(target, source, stamp_ns, NEVER)
    assert refusal.value.outcome is Outcome.NO_TRANSFORM
    return refusal.value.message


def test_each_camera_of_the_parameters_is_where_they_say(ros: Ros) -> None:
    transforms = make_transforms(ros.node, TWO, base_frame='base_link', wait_s=0.1)

    left = transforms.between('base_link', 'left_optical', 5, NEVER)
    right = transforms.between('base_link', 'right_optical', 5, NEVER)

    np.testing.assert_allclose(left, from_quaternion((0.1, 0.2, 1.0), (0.0, 1.0, 0.0, 0.0)))
    np.testing.assert_allclose(right[:3, 3], (-0.3, 0.2, 0.9))


def test_fixed_transforms_go_both_ways_and_from_camera_to_camera() -> None:
    transforms = FixedTransforms('base_link', camera_poses(TWO))

    def between(target: str, source: str) -> np.ndarray:
        return transforms.between(target, source, 0, NEVER)

    there, back = between('base_link', 'left_optical'), between('left_optical', 'base_link')
    np.testing.assert_allclose(there @ back, np.eye(4), atol=1e-12)
    np.testing.assert_allclose(
        between('left_optical', 'right_optical'),
        inverse(there) @ between('base_link', 'right_optical'),
        atol=1e-12,
    )


def test_a_frame_without_extrinsics_is_refused_with_the_known_ones() -> None:
    message = refused(FixedTransforms('base_link', camera_poses(TWO)), 'base_link', 'cam', 5)
    assert "'base_link' <- 'cam'" in message
    assert "known for 'base_link', 'left_optical', 'right_optical', not for 'cam'" in message
    assert '`vlm-robot calibrate`' in message
    assert 'extrinsics.camera_frames' in message


@pytest.mark.parametrize(
    ('changes', 'sentence'),
    [
        ({'translations': (0.0,) * 5}, 'translations has 5 numbers: expected 3 for each of'),
        ({'quats_xyzw': (1.0,) * 4}, 'quats_xyzw has 4 numbers: expected 4 for each of'),
        ({'quats_xyzw': (0.0,) * 8}, "extrinsics of 'left_optical' are no pose"),
        ({'translations': (float('nan'),) * 6}, "'left_optical' have the translation"),
        ({'camera_frames': ('a', 'a')}, "'a' twice"),
        ({'mount_frames': ('tool0',)}, 'mount_frames has 1 names: expected one for each of'),
        ({'mount_frames': ('tool0', '')}, "cameras that move: .'left_optical'. need tf2"),
        ({'camera_frames': ('a', 'base_link')}, "'base_link', which is the base frame"),
    ],
)
def test_extrinsics_that_are_no_poses_are_refused_at_start_up(
    ros: Ros, changes: dict[str, Any], sentence: str
) -> None:
    extrinsics = dataclasses.replace(TWO, **changes)
    with pytest.raises(ConfigurationError, match=sentence):
        make_transforms(ros.node, extrinsics, base_frame='base_link', wait_s=0.1)


def test_a_camera_on_the_tool_moves_with_it_and_another_one_does_not() -> None:
    T_base_tool, T_tool_camera = camera_poses(TWO).values()
    moving = FixedTransforms('base_link', {'tool0': T_base_tool, 'fixed': np.eye(4)})
    transforms = MountedTransforms(moving, {'hand_optical': ('tool0', T_tool_camera)})

    hand = transforms.between('base_link', 'hand_optical', 0, NEVER)
    np.testing.assert_allclose(hand, T_base_tool @ T_tool_camera, atol=1e-12)
    back = transforms.between('hand_optical', 'fixed', 0, NEVER)
    np.testing.assert_allclose(back, inverse(hand), atol=1e-12)
    assert "not for 'hand_optical'" in refused(moving, 'base_link', 'hand_optical', 0)


@pytest.mark.skipif(importlib.util.find_spec('tf2_ros') is not None, reason='tf2 is installed')
def test_tf_without_tf2_is_refused_and_auto_takes_the_parameters(ros: Ros) -> None:
    wants_tf = dataclasses.replace(TWO, source='tf')
    with pytest.raises(ConfigurationError, match='tf2_ros is not installed'):
        make_transforms(ros.node, wants_tf, base_frame='base_link', wait_s=0.1)
    auto = dataclasses.replace(TWO, source='auto')
    transforms = make_transforms(ros.node, auto, base_frame='base_link', wait_s=0.1)
    assert isinstance(transforms, FixedTransforms)


class Broadcaster:
    """Publishes a moving tool on base_link, a static camera on the tool, and a tree apart."""

    def __init__(self, ros: Ros, tf2_ros: Any) -> None:
        self._moving = tf2_ros.TransformBroadcaster(ros.node)
        self._static = tf2_ros.StaticTransformBroadcaster(ros.node)

    def publish_static(self) -> None:
        self._static.sendTransform(
            [
                transform('tool', 'hand_camera', 0, (0.0, 0.0, 0.1)),
                transform('island', 'lost_camera', 0, (0.0, 0.0, 0.1)),
            ]
        )

    def move(self, stamp_s: float, x: float) -> None:
        self._moving.sendTransform(
            transform('base_link', 'tool', round(stamp_s * 1e9), (x, 0.0, 0.0))
        )


def transform(parent: str, child: str, stamp_ns: int, position: tuple[float, ...]) -> Any:
    from geometry_msgs.msg import TransformStamped

    message = TransformStamped(child_frame_id=child)
    message.header.frame_id = parent
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
    move = message.transform.translation
    move.x, move.y, move.z = position
    return message


@pytest.fixture
def broadcaster(ros: Ros) -> Broadcaster:
    return Broadcaster(ros, pytest.importorskip('tf2_ros'))


def listening(ros: Ros, broadcaster: Broadcaster, *, wait_s: float) -> Transforms:
    """Return what has heard of a tool that moved by 0.1 m/s from 10 s to 12 s."""
    transforms = make_transforms(ros.node, Extrinsics('tf'), base_frame='base_link', wait_s=wait_s)
    wait_until(lambda: ros.node.count_subscribers('/tf') and ros.node.count_publishers('/tf'))
    broadcaster.publish_static()

    def has_heard() -> bool:
        for tenth in range(21):
            broadcaster.move(10 + tenth / 10, tenth / 100)
        return all(has(transforms, stamp_s) for stamp_s in (10.05, 11.95))

    wait_until(has_heard)
    return transforms


def has(transforms: Transforms, stamp_s: float) -> bool:
    try:
        transforms.between('base_link', 'hand_camera', round(stamp_s * 1e9), NEVER)
    except Refusal:
        return False
    return True


@pytest.fixture
def moving(ros: Ros, broadcaster: Broadcaster) -> Transforms:
    return listening(ros, broadcaster, wait_s=0.05)


def test_tf2_is_asked_for_the_moment_of_the_image(moving: Transforms) -> None:
    early = moving.between('base_link', 'hand_camera', 10_350_000_000, NEVER)
    late = moving.between('base_link', 'hand_camera', 11_800_000_000, NEVER)
    np.testing.assert_allclose(early[:3, 3], (0.035, 0.0, 0.1), atol=1e-6)
    np.testing.assert_allclose(late[:3, 3], (0.18, 0.0, 0.1), atol=1e-6)


@pytest.mark.parametrize(
    ('source', 'stamp_s', 'sentence'),
    [
        ('hand_camera', 13.0, "the newest, of 'tool', is 1.000 s too old"),
        ('hand_camera', 9.0, "the oldest, of 'tool', is 1.000 s too young"),
        ('lost_camera', 11.0, "'lost_camera' in that of 'island'"),
        ('hand_kamera', 11.0, "did you mean 'hand_camera'"),
        ('hand_camera', 0.0, 'the stamp is 0'),
        ('', 11.0, 'without a name'),
        ('/tool', 11.0, 'slash'),
    ],
)
def test_tf2s_refusals_say_which_frames_and_times_were_to_be_had(
    moving: Transforms, source: str, stamp_s: float, sentence: str
) -> None:
    assert sentence in refused(moving, 'base_link', source, round(stamp_s * 1e9))


def test_a_static_transform_of_tf2_holds_at_any_time(moving: Transforms) -> None:
    T_tool_camera = moving.between('tool', 'hand_camera', 10**18, NEVER)
    np.testing.assert_allclose(T_tool_camera[:3, 3], (0.0, 0.0, 0.1))


def test_a_camera_on_the_tool_is_found_by_way_of_tf2(ros: Ros, broadcaster: Broadcaster) -> None:
    listening(ros, broadcaster, wait_s=0.05)
    given = Extrinsics('tf', ('eye',), (0.0, 0.2, 0.0), (0.0, 0.0, 0.0, 1.0), ('tool',))
    transforms = make_transforms(ros.node, given, base_frame='base_link', wait_s=20.0)
    wait_until(lambda: ros.node.count_subscribers('/tf') == 2)
    broadcaster.move(12.5, 0.25)
    broadcaster.move(13.0, 0.3)

    pose = transforms.between('base_link', 'eye', 12_750_000_000, NEVER)

    np.testing.assert_allclose(pose[:3, 3], (0.275, 0.2, 0.0), atol=1e-6)


def test_a_transform_that_is_late_is_waited_for_and_the_wait_can_be_canceled(
    ros: Ros, broadcaster: Broadcaster
) -> None:
    patient = listening(ros, broadcaster, wait_s=60.0)
    found: list[np.ndarray] = []

    def ask(stamp_ns: int, cancel: threading.Event) -> None:
        found.append(patient.between('base_link', 'tool', stamp_ns, cancel))

    waiting = threading.Thread(target=ask, args=(20_000_000_000, NEVER))
    waiting.start()
    end = time.monotonic() + 20.0
    stamp_s = 19.5
    while waiting.is_alive() and time.monotonic() < end:
        broadcaster.move(stamp_s, 0.5)
        stamp_s += 0.1
        waiting.join(0.05)
    np.testing.assert_allclose(found[0][:3, 3], (0.5, 0.0, 0.0), atol=1e-6)

    cancel = threading.Event()
    threading.Timer(0.05, cancel.set).start()
    with pytest.raises(Refusal) as refusal:
        patient.between('base_link', 'tool', 10**15, cancel)
    assert refusal.value.outcome is Outcome.CANCELED
