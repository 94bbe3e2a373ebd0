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

"""vlm_robot.ros.camera.timely, with real messages and a real clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rclpy.clock import ROSClock
from rclpy.clock_type import ClockType
from rclpy.time import Time
from ros_fixture import Ros, open_ros, wait_until
from sensor_msgs.msg import Image

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros import qos
from vlm_robot.ros.camera.timely import Timely
from vlm_robot.ros.conversions import header_message, to_ns
from vlm_robot.ros.streams.newest import Newest

pytestmark = pytest.mark.ros

MAX_AGE_S, AHEAD_S = 1.0, 0.25


class Rig:
    """A stream of images, and a clock that the test sets."""

    def __init__(self, ros: Ros) -> None:
        self.clock = ROSClock()
        self.clock._set_ros_time_is_active(True)
        self._publisher = ros.node.create_publisher(Image, 'image_raw', qos.STREAM)
        self._newest = Newest(ros.bare_node('taker'), Image, 'image_raw')
        self.stream = Timely(self._newest, self.clock, what='image', ahead_s=AHEAD_S)
        wait_until(lambda: self._newest.publishers)

    def set(self, now_s: float) -> None:
        self.clock.set_ros_time_override(Time(seconds=now_s, clock_type=ClockType.ROS_TIME))

    def send(self, *stamps_s: float) -> None:
        """Publish images, and wait until they are there."""
        for stamp_s in stamps_s:
            stamp_ns = round(stamp_s * 1e9)
            self._publisher.publish(Image(header=header_message(stamp_ns, 'camera')))
            wait_until(lambda: to_ns(self._last().header.stamp) == stamp_ns)  # noqa: B023

    def _last(self) -> Image:
        return self._newest.latest() or Image(header=header_message(-(10**9), ''))

    def fresh(self) -> list[float]:
        return [to_ns(m.header.stamp) / 1e9 for m in self.stream.fresh(MAX_AGE_S)]

    def refusal(self) -> Refusal:
        with pytest.raises(Refusal) as caught:
            self.stream.fresh(MAX_AGE_S)
        return caught.value


@pytest.fixture
def rig() -> Iterator[Rig]:
    with open_ros() as ros:
        rig = Rig(ros)
        rig.set(100.0)
        yield rig


def test_images_of_now_are_fresh_and_older_ones_are_not(rig: Rig) -> None:
    rig.send(98.0, 99.5, 100.0, 100.2)

    assert rig.fresh() == [99.5, 100.0, 100.2]


def test_old_images_are_refused_with_the_age_of_the_newest(rig: Rig) -> None:
    rig.send(90.0, 97.5)
    refusal = rig.refusal()

    assert refusal.outcome is Outcome.STALE_FRAME
    assert '2.5 s old' in refusal.message


def test_an_image_from_the_future_is_refused_with_how_far_it_is_ahead(rig: Rig) -> None:
    rig.send(103.5)
    refusal = rig.refusal()

    assert refusal.outcome is Outcome.STALE_FRAME
    assert '3.500 s ahead of the clock: the limit is 0.25 s' in refusal.message


def test_an_image_from_the_future_does_not_count_once_the_clock_is_there(rig: Rig) -> None:
    rig.send(103.5)
    rig.refusal()
    rig.set(103.6)

    assert rig.refusal().outcome is Outcome.STALE_FRAME
    rig.send(103.55)
    assert rig.fresh() == [103.55]


def test_images_from_before_a_jump_back_never_count_again(rig: Rig) -> None:
    rig.send(99.8, 99.9)
    assert rig.fresh() == [99.8, 99.9]
    rig.set(5.0)

    assert 'the clock was set back' in rig.refusal().message
    rig.set(100.0)  # here the old images would seem to be of now
    assert 'the clock was set back' in rig.refusal().message


def test_images_after_a_jump_back_count_at_once(rig: Rig) -> None:
    rig.send(99.8, 99.9)
    rig.set(5.0)
    rig.send(4.9, 5.0)

    assert rig.fresh() == [4.9, 5.0]


def test_after_a_leap_forward_new_images_count(rig: Rig) -> None:
    rig.send(99.9)
    rig.set(500.0)

    assert '400.1 s old' in rig.refusal().message
    rig.send(499.9)
    assert rig.fresh() == [499.9]


def test_a_stamp_of_zero_is_refused_until_there_are_stamps(rig: Rig) -> None:
    rig.send(0.0)
    refusal = rig.refusal()

    assert refusal.outcome is Outcome.STALE_FRAME
    assert 'a stamp of zero' in refusal.message
    rig.send(99.9)
    assert rig.fresh() == [99.9]


def test_a_clock_that_stands_at_zero_is_named_as_the_cause(rig: Rig) -> None:
    rig.set(0.0)
    rig.send(100.0)

    assert 'use_sim_time is set and nothing publishes /clock' in rig.refusal().message


def test_no_image_at_all_is_no_frame(rig: Rig) -> None:
    refusal = rig.refusal()

    assert refusal.outcome is Outcome.NO_FRAME
    assert "no image has arrived on '/image_raw' (1 publishers)" in refusal.message


def test_a_clock_goes_on_when_a_stream_that_listened_to_it_is_gone(rig: Rig) -> None:
    del rig.stream
    for now_s in (200.0, 5.0, 100.0):
        rig.set(now_s)

    assert rig.clock.now().nanoseconds == 100 * 10**9
