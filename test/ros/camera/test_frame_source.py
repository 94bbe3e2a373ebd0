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

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from camera_fixture import HEIGHT, WIDTH, Camera
from ros_fixture import Ros, open_ros, wait_until

from vlm_robot.core.cancel import CancelToken, deadline
from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import from_quaternion
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Frame, Intrinsics
from vlm_robot.ros.camera.frame_source import FrameLimits, FrameSource
from vlm_robot.ros.transforms.frames import FixedTransforms

pytestmark = pytest.mark.ros

PATIENT = FrameLimits(wait_s=20.0)
HASTY = FrameLimits(wait_s=0.5)


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


def refusal_of(source: FrameSource) -> Refusal:
    with pytest.raises(Refusal) as caught:
        source.take(CancelToken())
    return caught.value


def look(source: FrameSource) -> Frame | Refusal:
    try:
        return source.look(CancelToken())
    except Refusal as refusal:
        return refusal


def wait_for_refusal(source: FrameSource, outcome: Outcome, sentence: str) -> None:
    """Look until a frame is refused for this reason."""

    def is_refused() -> bool:
        seen = look(source)
        assert isinstance(seen, Refusal), 'a frame was made of what should be refused'
        return seen.outcome is outcome and sentence in seen.message

    wait_until(is_refused)


def wait_for_frame(source: FrameSource) -> Frame:
    """Return the first frame that is not refused."""
    looks: list[Frame | Refusal] = [look(source)]
    wait_until(lambda: looks.append(look(source)) or isinstance(looks[-1], Frame))
    assert isinstance(looks[-1], Frame)
    return looks[-1]


def test_the_newest_frame_has_colour_depth_and_intrinsics_of_one_moment(ros: Ros) -> None:
    Camera(ros)

    frame = FrameSource(ros.node, PATIENT).take(CancelToken())

    assert frame.rgb.shape == (HEIGHT, WIDTH, 3)
    assert frame.depth_m is not None
    assert frame.depth_m.shape == (HEIGHT, WIDTH)
    assert frame.intrinsics is not None
    assert frame.frame_id == 'camera_optical_frame'


def test_each_look_takes_a_frame_that_is_not_older_than_the_last(ros: Ros) -> None:
    Camera(ros)
    source = FrameSource(ros.node, PATIENT)
    first = source.take(CancelToken())
    later = first
    while later.stamp_ns == first.stamp_ns:
        later = source.take(CancelToken())

    assert later.stamp_ns > first.stamp_ns


def test_no_camera_is_no_frame(ros: Ros) -> None:
    refusal = refusal_of(FrameSource(ros.node, HASTY))

    assert refusal.outcome is Outcome.NO_FRAME
    assert 'no image has arrived' in refusal.message


def test_a_frame_older_than_the_limit_is_stale_and_its_age_is_said(ros: Ros) -> None:
    Camera(ros).age_s = 5.0

    wait_for_refusal(
        FrameSource(ros.node, PATIENT), Outcome.STALE_FRAME, '5.0 s old: the limit is 1 s'
    )


def test_a_camera_without_camera_info_is_said_so(ros: Ros) -> None:
    Camera(ros).intrinsics = None

    wait_for_refusal(
        FrameSource(ros.node, PATIENT), Outcome.NO_CAMERA_INFO, "has arrived on '/camera_info'"
    )


def test_a_camera_without_depth_is_no_depth(ros: Ros) -> None:
    Camera(ros).depth_m = None

    wait_for_refusal(
        FrameSource(ros.node, PATIENT), Outcome.NO_DEPTH, 'no depth image has arrived'
    )


def test_without_geometry_colour_alone_is_enough(ros: Ros) -> None:
    camera = Camera(ros)
    camera.depth_m = camera.intrinsics = None

    frame = FrameSource(ros.node, PATIENT).take(CancelToken(), geometry=False)

    assert frame.depth_m is None


def test_depth_of_another_moment_is_not_used(ros: Ros) -> None:
    Camera(ros).depth_lag_s = 10.0

    wait_for_refusal(
        FrameSource(ros.node, PATIENT),
        Outcome.NO_DEPTH,
        'no depth image belongs to a recent colour image',
    )


def test_depth_of_another_size_without_its_camera_info_is_refused(ros: Ros) -> None:
    Camera(ros).depth_m = np.ones((10, 20), np.float32)

    wait_for_refusal(
        FrameSource(ros.node, PATIENT),
        Outcome.NO_CAMERA_INFO,
        "depth is 20 x 10 of 'camera_optical_frame', colour is 64 x 48",
    )


def unregistered(camera: Camera) -> None:
    camera.depth_frame = 'depth_optical_frame'
    camera.depth_m = np.full((24, 32), 0.8, np.float32)
    camera.depth_intrinsics = Intrinsics(32, 24, 30.0, 30.0, 15.5, 11.5)


@pytest.mark.parametrize('known_by', ['transforms', 'parameters'])
def test_depth_of_another_camera_is_registered(ros: Ros, known_by: str) -> None:
    unregistered(Camera(ros))
    beside = from_quaternion((0.0, 0.0, 0.1), (0, 0, 0, 1))
    poses = {'camera_optical_frame': np.eye(4), 'depth_optical_frame': beside}
    if known_by == 'transforms':
        source = FrameSource(ros.node, PATIENT, transforms=FixedTransforms('base_link', poses))
    else:
        source = FrameSource(ros.node, replace(PATIENT, T_colour_depth=beside))

    frame = source.take(CancelToken())

    assert frame.depth_m is not None
    assert frame.depth_m.shape == (HEIGHT, WIDTH)
    assert frame.depth_m[24, 32] == pytest.approx(0.9)


def test_depth_of_a_camera_that_is_not_known_is_no_transform(ros: Ros) -> None:
    unregistered(Camera(ros))
    source = FrameSource(ros.node, PATIENT, transforms=FixedTransforms('base_link', {}))

    wait_for_refusal(source, Outcome.NO_TRANSFORM, 'depth_optical_frame')


def test_earlier_depth_images_come_along_when_they_are_asked_for(ros: Ros) -> None:
    camera = Camera(ros)
    source = FrameSource(ros.node, replace(PATIENT, depth_images=3))
    frames = []
    wait_until(
        lambda: frames.append(source.take(CancelToken())) or len(frames[-1].earlier_depth_m) == 2
    )
    assert camera.depth_m is not None
    np.testing.assert_array_equal(frames[-1].earlier_depth_m[1], camera.depth_m)


def test_compressed_colour_and_depth_are_taken_from_their_own_topics(ros: Ros) -> None:
    camera = Camera(ros, compressed=True)
    assert camera.rgb is not None
    camera.rgb[5:9, 5:20] = (200, 20, 60)
    limits = replace(PATIENT, compressed=True, depth_compressed=True)

    frame = FrameSource(ros.node, limits).take(CancelToken())

    assert frame.depth_m is not None
    np.testing.assert_array_equal(frame.rgb, camera.rgb)
    np.testing.assert_allclose(frame.depth_m, 0.8)


def test_a_camera_in_a_namespace_is_found_there_and_named(ros: Ros) -> None:
    Camera(ros, 'wrist')

    frame = FrameSource(ros.node, PATIENT, camera='wrist').take(CancelToken())

    assert frame.camera == 'wrist'


def test_a_camera_that_vanishes_and_returns_is_used_again(ros: Ros) -> None:
    source = FrameSource(ros.node, replace(PATIENT, max_age_s=0.3))
    camera = Camera(ros)
    first = source.take(CancelToken())
    camera.unplug()
    wait_until(lambda: source.peek() is None)
    Camera(ros)

    assert source.take(CancelToken()).stamp_ns > first.stamp_ns


@pytest.mark.parametrize(
    ('fault', 'value', 'sentence'),
    [
        ('unstamped', True, 'a stamp of zero'),
        ('age_s', -5.0, 'ahead of the clock'),
        ('age_s', 5.0, 'the limit is 1 s'),
    ],
)
def test_wrong_times_are_stale_frames_and_are_recovered_from(
    ros: Ros, fault: str, value: float, sentence: str
) -> None:
    camera = Camera(ros)
    setattr(camera, fault, value)
    source = FrameSource(ros.node, PATIENT)

    wait_for_refusal(source, Outcome.STALE_FRAME, sentence)
    setattr(camera, fault, type(value)())
    assert wait_for_frame(source).depth_m is not None


@pytest.mark.parametrize(
    ('intrinsics', 'outcome', 'sentence'),
    [
        (Intrinsics(WIDTH, HEIGHT, 0.0, 0.0, 0.0, 0.0), Outcome.NO_CAMERA_INFO, 'not calibrated'),
        (
            Intrinsics(63, 48, 60.0, 60.0, 31.0, 23.0),
            Outcome.BAD_FRAME,
            'camera_info says 63 x 48',
        ),
    ],
)
def test_camera_info_that_is_wrong_is_refused_and_recovered_from(
    ros: Ros, intrinsics: Intrinsics, outcome: Outcome, sentence: str
) -> None:
    camera = Camera(ros)
    good, camera.intrinsics = camera.intrinsics, intrinsics
    source = FrameSource(ros.node, PATIENT)

    wait_for_refusal(source, outcome, sentence)
    camera.intrinsics = good

    assert wait_for_frame(source).intrinsics == good


def test_an_encoding_that_is_no_images_is_a_bad_frame(ros: Ros) -> None:
    Camera(ros).encoding = 'banana'

    refusal = refusal_of(FrameSource(ros.node, PATIENT))

    assert refusal.outcome is Outcome.BAD_FRAME
    assert "'banana' is not supported" in refusal.message


def test_waiting_for_a_frame_ends_when_it_is_canceled(ros: Ros) -> None:
    cancel = CancelToken()
    source = FrameSource(ros.node, replace(PATIENT, wait_s=600.0))
    threading.Timer(0.2, cancel.cancel, args=('enough',)).start()

    with pytest.raises(Refusal) as caught:
        source.take(cancel)

    assert caught.value.outcome is Outcome.CANCELED
    assert 'no image has arrived' in caught.value.message


def test_a_time_limit_leaves_the_reason_why_there_is_no_frame(ros: Ros) -> None:
    cancel = CancelToken()
    source = FrameSource(ros.node, replace(PATIENT, wait_s=600.0))

    with pytest.raises(Refusal) as caught, deadline(cancel, 0.2):
        source.take(cancel)

    assert caught.value.outcome is Outcome.NO_FRAME
    assert "on '/image_raw' (0 publishers), and the time limit of 0.2 s" in caught.value.message
