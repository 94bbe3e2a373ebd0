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

from collections.abc import Iterator

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import Log
from rclpy.context import Context
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile, ReliabilityPolicy
from ros_fixture import Ros, open_ros, wait_until
from std_msgs.msg import Empty, String

from vlm_robot.ros import qos
from vlm_robot.ros.streams.qos_watch import QosWatch, mismatches

pytestmark = pytest.mark.ros

TENTH = Duration(nanoseconds=10**8)
BEST_EFFORT, VOLATILE = ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE
WEAK = QoSProfile(depth=1, reliability=BEST_EFFORT, durability=VOLATILE)


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as opened:
        yield opened


@pytest.fixture
def watched(ros: Ros) -> Node:
    return ros.spin(Node('vlm_node', context=ros.context))


@pytest.fixture
def mic(ros: Ros) -> Node:
    return ros.bare_node('mic')


def the_status(watch: QosWatch) -> DiagnosticStatus:
    (status,) = watch.statuses()
    return status


def sentences(node: Node) -> list[str]:
    return [mismatch.sentence for mismatch in mismatches(node)]


def test_endpoints_that_match_are_not_named(watched: Node, mic: Node) -> None:
    watched.create_subscription(String, 'instruction', print, qos.COMMAND)
    watched.create_publisher(String, 'plan', qos.COMMAND)
    mic.create_publisher(String, 'instruction', qos.COMMAND)
    mic.create_subscription(String, 'plan', print, WEAK)
    wait_until(lambda: watched.get_subscriptions_info_by_topic('plan'))
    assert sentences(watched) == []
    status = the_status(QosWatch(watched))
    assert (status.level, status.message) == (DiagnosticStatus.OK, 'every endpoint matches')


def test_a_publisher_that_offers_too_little_is_named_with_both_profiles_and_the_cure(
    watched: Node, mic: Node
) -> None:
    watched.create_subscription(String, 'instruction', print, qos.COMMAND)
    mic.create_publisher(String, 'instruction', WEAK)
    wait_until(lambda: sentences(watched))
    assert sentences(watched) == [
        "publisher /mic of '/instruction' offers BEST_EFFORT, VOLATILE; /vlm_node requests "
        'RELIABLE, VOLATILE: publish with reliability reliable'
    ]


def test_a_subscription_that_requests_too_much_is_named_with_the_cure(
    watched: Node, mic: Node
) -> None:
    watched.create_publisher(String, 'plan', qos.COMMAND)
    mic.create_subscription(String, 'plan', print, qos.STATE)
    wait_until(lambda: sentences(watched))
    assert sentences(watched) == [
        "subscription /mic of '/plan' requests RELIABLE, TRANSIENT_LOCAL; /vlm_node offers "
        'RELIABLE, VOLATILE: subscribe with durability volatile'
    ]


@pytest.mark.parametrize(
    ('requested', 'words'),
    [
        (QoSProfile(depth=1, deadline=TENTH), 'publish with a deadline of at most 0.1 s'),
        (
            QoSProfile(depth=1, liveliness=LivelinessPolicy.MANUAL_BY_TOPIC),
            'publish with liveliness manual_by_topic',
        ),
        (
            QoSProfile(depth=1, liveliness_lease_duration=TENTH),
            'publish with a liveliness lease of at most 0.1 s',
        ),
    ],
)
def test_deadline_and_liveliness_that_do_not_match_are_named(
    watched: Node, mic: Node, requested: QoSProfile, words: str
) -> None:
    watched.create_subscription(String, 'instruction', print, requested)
    mic.create_publisher(String, 'instruction', qos.COMMAND)
    wait_until(lambda: sentences(watched))
    assert sentences(watched)[0].endswith(words)


def test_somebody_with_another_type_is_named_with_both_types(ros: Ros, watched: Node) -> None:
    context = Context()
    rclpy.init(context=context, domain_id=ros.context.get_domain_id())
    mic = Node('mic', namespace='/ears', context=context)
    mic.create_publisher(Empty, 'remapped', qos.COMMAND)
    watched.create_subscription(String, '/ears/remapped', print, qos.COMMAND)
    wait_until(lambda: any('/ears/mic' in sentence for sentence in sentences(watched)))
    assert sentences(watched) == [
        "publisher /ears/mic of '/ears/remapped' has type std_msgs/msg/Empty, /vlm_node has "
        'std_msgs/msg/String: remap one of them'
    ]
    mic.destroy_node()
    rclpy.shutdown(context=context)


def test_a_mismatch_is_told_while_it_lasts_and_logged_once(
    ros: Ros, watched: Node, mic: Node
) -> None:
    logs = ros.collect(Log, '/rosout', qos.COMMAND)
    wait_until(lambda: ros.node.count_publishers('/rosout') >= 2)
    watched.create_subscription(String, 'instruction', print, qos.COMMAND)
    weak = mic.create_publisher(String, 'instruction', WEAK)
    watch = QosWatch(watched)
    wait_until(lambda: 'publisher /mic of' in the_status(watch).message)
    for _ in range(5):
        status = the_status(watch)
        assert status.level == DiagnosticStatus.WARN
        assert [value.value for value in status.values] == [status.message]
    other = ros.bare_node('other_mic').create_publisher(String, 'instruction', WEAK)
    wait_until(lambda: the_status(watch).message.endswith('(and 1 more)'))
    mic.destroy_publisher(weak)
    wait_until(lambda: 'publisher /other_mic of' in the_status(watch).message)
    other.destroy()
    wait_until(lambda: the_status(watch).level == DiagnosticStatus.OK)
    watched.get_logger().warning('the end')
    wait_until(lambda: any(log.msg == 'the end' for log in logs))
    assert len([log for log in logs if log.msg.startswith('publisher /mic of')]) == 1
