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
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import Log
from rclpy.node import Node
from ros_fixture import Ros, open_ros, wait_until
from std_msgs.msg import Empty

from vlm_robot.ros import qos
from vlm_robot.ros.streams.diagnostics import Diagnostics, status
from vlm_robot.ros.streams.newest import Newest
from vlm_robot.ros.streams.stream_watch import StreamWatch

pytestmark = pytest.mark.ros


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as opened:
        yield opened


def test_every_stream_has_a_status_and_is_looked_at_in_turn(ros: Ros) -> None:
    topics = [f'topic_{number}' for number in range(5)]
    publishers = [ros.node.create_publisher(Empty, topic, qos.STREAM) for topic in topics]
    streams = [Newest(ros.node, Empty, topic) for topic in topics]
    watch = StreamWatch(ros.node)
    before = watch.statuses()
    assert [each.name for each in before] == [f'test: /{topic}' for topic in topics]

    def all_have_arrived() -> bool:
        for publisher in publishers:
            publisher.publish(Empty())
        return all(stream.messages() for stream in streams)

    wait_until(all_have_arrived)
    told = [watch.statuses() for _ in range(3)][-1]
    assert {(each.level, each.message) for each in told} == {(DiagnosticStatus.OK, 'arrives well')}


def test_what_stays_wrong_with_a_stream_is_logged_once(ros: Ros) -> None:
    logs = ros.collect(Log, '/rosout', qos.COMMAND)
    watched = ros.spin(Node('watched', context=ros.context))
    stream = Newest(watched, Empty, 'silent')
    ros.node.create_publisher(Empty, 'silent', qos.STREAM)
    wait_until(lambda: stream.publishers)
    watch = StreamWatch(watched)
    for _ in range(8):
        (told,) = watch.statuses()
        assert told.level == DiagnosticStatus.ERROR
    watched.get_logger().warning('the end')
    wait_until(lambda: any(log.msg == 'the end' for log in logs))
    warnings = [log.msg for log in logs if log.msg.startswith('nothing has arrived')]
    assert warnings == ["nothing has arrived on '/silent': 1 publisher known"]


def test_diagnostics_hold_what_every_source_tells(ros: Ros) -> None:
    arrays = ros.collect(DiagnosticArray, '/diagnostics', qos.COMMAND)
    diagnostics = Diagnostics(ros.node)
    wait_until(lambda: ros.node.get_publishers_info_by_topic('/diagnostics'))
    diagnostics.publish()  # nothing to say, so nothing is said
    diagnostics.add(lambda: [status(DiagnosticStatus.OK, 'a', 'well', {'x': '1'})])
    diagnostics.add(lambda: [status(DiagnosticStatus.WARN, 'b', 'ill', {}, hardware_id='arm')])
    wait_until(lambda: arrays)
    first, second = arrays[0].status
    assert (first.name, first.values[0].key, first.values[0].value) == ('a', 'x', '1')
    assert (second.level, second.hardware_id) == (DiagnosticStatus.WARN, 'arm')
    assert arrays[0].header.stamp.sec > 0
