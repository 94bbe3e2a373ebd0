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

import gc
import threading
import time
import weakref
from collections.abc import Iterator

import pytest
import rclpy
from builtin_interfaces.msg import Time
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from ros_fixture import Ros, open_ros, wait_until
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, JointState

from vlm_robot.ros import qos
from vlm_robot.ros.conversions import header_message
from vlm_robot.ros.streams.newest import Newest, streams_of

pytestmark = pytest.mark.ros

RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
LATCHED, VOLATILE = DurabilityPolicy.TRANSIENT_LOCAL, DurabilityPolicy.VOLATILE
TOPIC = 'camera_info'


@pytest.fixture(scope='module')
def ros() -> Iterator[Ros]:
    with open_ros() as opened:
        yield opened


@pytest.fixture
def publishers(ros: Ros) -> Iterator[Node]:
    """A node whose publishers end with the test."""
    node = Node('camera', context=ros.context)
    yield node
    node.destroy_node()
    wait_until(lambda: not ros.node.get_publishers_info_by_topic(TOPIC))


@pytest.fixture
def stranger(ros: Ros) -> Iterator[Node]:
    """A node of another participant: within one a topic has one type."""
    context = Context()
    rclpy.init(context=context, domain_id=ros.context.get_domain_id())
    node = Node('stranger', context=context)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


def publisher(
    node: Node,
    reliability: ReliabilityPolicy = RELIABLE,
    durability: DurabilityPolicy = VOLATILE,
) -> Publisher:
    profile = QoSProfile(depth=3, reliability=reliability, durability=durability)
    return node.create_publisher(CameraInfo, TOPIC, profile)


def newest(ros: Ros) -> Newest[CameraInfo]:
    return Newest(ros.node, CameraInfo, TOPIC)


def published(source: Publisher, stream: Newest[CameraInfo], width: int) -> bool:
    """Publish once more, and return whether it is what the stream has last."""
    source.publish(message(width))
    return has(stream, width)


def message(width: int) -> CameraInfo:
    return CameraInfo(header=header_message(time.time_ns(), 'camera'), width=width)


def has(stream: Newest[CameraInfo], width: int) -> bool:
    latest = stream.latest()
    return latest is not None and latest.width == width


@pytest.mark.parametrize('reliability', [RELIABLE, BEST_EFFORT])
@pytest.mark.parametrize('durability', [LATCHED, VOLATILE])
@pytest.mark.parametrize('late', [True, False])
def test_whatever_a_publisher_offers_arrives_with_that_profile(
    ros: Ros,
    publishers: Node,
    reliability: ReliabilityPolicy,
    durability: DurabilityPolicy,
    late: bool,
) -> None:
    stream = None if late else newest(ros)
    source = publisher(publishers, reliability, durability)
    stream = stream or newest(ros)
    wait_until(lambda: published(source, stream, 7))
    wait_until(
        lambda: stream.messages() and stream.qos == f'{reliability.name}, {durability.name}'
    )
    wait_until(lambda: published(source, stream, 8))


@pytest.mark.parametrize('late', [True, False])
def test_a_latched_message_of_before_we_looked_arrives(
    ros: Ros, publishers: Node, late: bool
) -> None:
    stream = None if late else newest(ros)
    publisher(publishers, RELIABLE, LATCHED).publish(message(5))
    stream = stream or newest(ros)
    wait_until(lambda: has(stream, 5))
    assert stream.health().finding == ''


def test_a_latched_message_is_not_had_twice_when_the_subscription_changes(
    ros: Ros, publishers: Node
) -> None:
    stream = newest(ros)
    latching = publisher(publishers, RELIABLE, LATCHED)
    wait_until(lambda: published(latching, stream, 5))
    other = publisher(publishers, BEST_EFFORT, VOLATILE)
    wait_until(lambda: stream.messages() and stream.qos == 'BEST_EFFORT, VOLATILE')
    publishers.destroy_publisher(other)
    latching.publish(message(6))
    wait_until(lambda: stream.messages() and stream.qos == 'RELIABLE, TRANSIENT_LOCAL')
    latching.publish(message(9))
    wait_until(lambda: has(stream, 9))
    widths = [each.width for each in stream.messages()]
    assert widths.count(6) <= 1
    assert widths == sorted(widths)


def test_every_one_of_several_unlike_publishers_is_heard(ros: Ros, publishers: Node) -> None:
    stream = newest(ros)
    strong = publisher(publishers, RELIABLE, LATCHED)
    weak = publisher(publishers, BEST_EFFORT, VOLATILE)
    wait_until(lambda: published(strong, stream, 1))
    wait_until(lambda: published(weak, stream, 2))
    wait_until(lambda: published(strong, stream, 3))
    assert stream.qos == 'BEST_EFFORT, VOLATILE'


def test_a_publisher_that_comes_back_with_another_profile_is_heard(
    ros: Ros, publishers: Node
) -> None:
    stream = newest(ros)
    first = publisher(publishers, RELIABLE, LATCHED)
    wait_until(lambda: published(first, stream, 1))
    wait_until(lambda: stream.messages() and stream.qos == 'RELIABLE, TRANSIENT_LOCAL')
    publishers.destroy_publisher(first)
    wait_until(lambda: stream.publishers == 0)
    assert has(stream, 1)
    second = publisher(publishers, BEST_EFFORT, VOLATILE)
    wait_until(lambda: published(second, stream, 2))


def test_a_publisher_of_another_type_does_not_weaken_the_profile(
    ros: Ros, publishers: Node, stranger: Node
) -> None:
    stranger.create_publisher(JointState, TOPIC, qos.SENSOR)
    stream = newest(ros)
    wait_until(lambda: ros.node.get_publishers_info_by_topic(TOPIC))
    source = publisher(publishers, RELIABLE, VOLATILE)
    wait_until(lambda: published(source, stream, 1))
    wait_until(lambda: stream.messages() and stream.qos == 'RELIABLE, VOLATILE')


def test_changing_the_subscription_leaves_nothing_behind(ros: Ros, publishers: Node) -> None:
    stream = newest(ros)
    before = len(list(ros.node.subscriptions))
    for reliability in (RELIABLE, BEST_EFFORT) * 2:
        source = publisher(publishers, reliability)
        wait_until(lambda source=source: published(source, stream, 1))
        wait_until(lambda r=reliability: stream.messages() and stream.qos == f'{r.name}, VOLATILE')
        publishers.destroy_publisher(source)
        wait_until(lambda: stream.publishers == 0)
    assert len(list(ros.node.subscriptions)) == before
    assert streams_of(ros.node) == (stream,)
    stream.destroy()
    stream.destroy()
    assert streams_of(ros.node) == ()
    assert stream.publishers == 0
    assert has(stream, 1)
    wait_until(lambda: not ros.node.get_subscriptions_info_by_topic(TOPIC))


def test_a_stream_that_is_dropped_subscribes_no_more(ros: Ros) -> None:
    stream = newest(ros)
    assert ros.node.get_subscriptions_info_by_topic(TOPIC)
    del stream
    assert streams_of(ros.node) == ()
    wait_until(lambda: not ros.node.get_subscriptions_info_by_topic(TOPIC))


def test_threads_may_look_while_the_profile_changes(ros: Ros, publishers: Node) -> None:
    stream = newest(ros)
    ended = threading.Event()
    failures: list[Exception] = []

    def look() -> None:
        try:
            while not ended.is_set():
                stream.latest()
                assert stream.publishers >= 0
                stream.health()
        except Exception as err:
            failures.append(err)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for reliability in (RELIABLE, BEST_EFFORT, RELIABLE):
        source = publisher(publishers, reliability)
        wait_until(lambda source=source: published(source, stream, 1))
        wait_until(lambda r=reliability: stream.qos == f'{r.name}, VOLATILE')
        publishers.destroy_publisher(source)
        wait_until(lambda: stream.publishers == 0)
    ended.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_latency_is_told_in_the_time_of_the_node(ros: Ros, publishers: Node) -> None:
    simulated = Parameter('use_sim_time', value=True)
    node = Node('in_sim_time', context=ros.context, parameter_overrides=[simulated])
    ros.spin(node)
    clock = publishers.create_publisher(Clock, '/clock', qos.SENSOR)

    def is_told_the_time() -> bool:
        clock.publish(Clock(clock=Time(sec=1000)))
        return bool(node.get_clock().now().nanoseconds == 1000 * 10**9)

    wait_until(is_told_the_time)
    stream = Newest(node, CameraInfo, TOPIC)
    source = publisher(publishers)
    wait_until(lambda: stream.publishers)
    source.publish(CameraInfo(header=header_message(998 * 10**9, 'camera')))
    wait_until(stream.latest)
    health = stream.health()
    assert 0 < health.latency_s <= 2
    assert health.finding == ''


def test_what_nobody_took_in_time_is_no_loss(ros: Ros, publishers: Node) -> None:
    stream = newest(ros)
    source = publisher(publishers)
    wait_until(lambda: published(source, stream, 1))
    wait_until(lambda: stream.messages() and stream.qos == 'RELIABLE, VOLATILE')
    for look in range(2, 6):
        for _ in range(40):
            source.publish(message(0))
        wait_until(lambda look=look: published(source, stream, look))
    health = stream.health()
    assert health.rate_hz == pytest.approx(health.published_hz)
    assert health.finding == ''


def test_the_health_of_a_stream_tells_what_was_published(ros: Ros, publishers: Node) -> None:
    stream = newest(ros)
    source = publisher(publishers)
    wait_until(lambda: published(source, stream, 1))
    publishers.create_timer(0.01, lambda: source.publish(message(2)))
    ros.spin(publishers)
    wait_until(lambda: stream.health().rate_hz > 50)
    health = stream.health()
    assert (health.topic, health.type) == ('/camera_info', 'sensor_msgs/msg/CameraInfo')
    assert health.published_hz == pytest.approx(100, rel=0.5)
    assert health.publishers == 1
    assert health.finding == ''
    assert 0 <= health.latency_s < 1


def test_a_node_that_keeps_its_stream_is_freed_with_it() -> None:
    with open_ros() as ros:
        node = ros.bare_node('owner')
        node.stream = Newest(node, CameraInfo, TOPIC)
        node.stream.messages()
        alive = weakref.ref(node)
        del node
    del ros

    def is_freed() -> bool:
        gc.collect()
        return alive() is None

    wait_until(is_freed)
