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
from ros_fixture import Ros, open_ros

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros.frame_source import FrameLimits, FrameSource

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
    source = FrameSource(ros.node, replace(PATIENT, wait_s=2.0))

    refusal = refusal_of(source)

    assert refusal.outcome is Outcome.STALE_FRAME
    assert 'the limit is 1 s' in refusal.message


def test_a_camera_without_camera_info_is_said_so(ros: Ros) -> None:
    Camera(ros).intrinsics = None

    refusal = refusal_of(FrameSource(ros.node, replace(PATIENT, wait_s=2.0)))

    assert refusal.outcome is Outcome.NO_CAMERA_INFO
    assert 'camera_info' in refusal.message


def test_a_camera_without_depth_is_no_depth(ros: Ros) -> None:
    Camera(ros).depth_m = None

    refusal = refusal_of(FrameSource(ros.node, replace(PATIENT, wait_s=2.0)))

    assert refusal.outcome is Outcome.NO_DEPTH
    assert 'no depth image has arrived' in refusal.message


def test_without_geometry_colour_alone_is_enough(ros: Ros) -> None:
    camera = Camera(ros)
    camera.depth_m = camera.intrinsics = None

    frame = FrameSource(ros.node, PATIENT).take(CancelToken(), geometry=False)

    assert frame.depth_m is None


def test_depth_of_another_moment_is_not_used(ros: Ros) -> None:
    Camera(ros).depth_lag_s = 10.0

    refusal = refusal_of(FrameSource(ros.node, replace(PATIENT, wait_s=2.0)))

    assert refusal.outcome is Outcome.NO_DEPTH
    assert 'no depth image belongs to a recent colour image' in refusal.message


def test_depth_of_another_size_is_a_bad_frame(ros: Ros) -> None:
    Camera(ros).depth_m = np.ones((10, 20), np.float32)

    refusal = refusal_of(FrameSource(ros.node, PATIENT))

    assert refusal.outcome is Outcome.BAD_FRAME
    assert 'colour is 64 x 48 but depth is 20 x 10' in refusal.message


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
