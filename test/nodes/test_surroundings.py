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

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from camera_fixture import Camera
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from ros_fixture import Ros, open_ros, wait_until
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from vlm_robot.nodes.motion_node import MotionNode
from vlm_robot.nodes.task_node import TaskNode
from vlm_robot.nodes.vlm_node import VlmNode
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import header_message
from vlm_robot.ros.streams.newest import streams_of
from vlm_robot_interfaces.msg import Plan

pytestmark = pytest.mark.ros

Find = Callable[[str], DiagnosticStatus | None]


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as opened:
        yield opened


@pytest.fixture
def newest_status(ros: Ros) -> Find:
    """Return the newest status of a name on /diagnostics."""
    arrays = ros.collect(DiagnosticArray, '/diagnostics', qos.COMMAND)

    def find(name: str) -> DiagnosticStatus | None:
        told = [status for array in arrays for status in array.status if status.name == name]
        return told[-1] if told else None

    return find


def start_vlm(ros: Ros, tmp_path: Path) -> VlmNode:
    script = tmp_path / 'script.yaml'
    script.write_text(yaml.safe_dump({'answers': {'pick up the cup': '<none>'}}))
    return ros.start(VlmNode, backend__name='scripted', backend__model=str(script))


def is_told(find: Find, name: str, *, level: bytes, words: str = '') -> bool:
    status = find(name)
    return status is not None and status.level == level and words in status.message


def test_vlm_node_tells_how_each_stream_of_its_camera_arrives(
    ros: Ros, newest_status: Find, tmp_path: Path
) -> None:
    Camera(ros)
    start_vlm(ros, tmp_path)
    for topic in ('/image_raw', '/depth/image_raw', '/camera_info'):
        name = f'vlm_node: {topic}'
        wait_until(lambda n=name: is_told(newest_status, n, level=DiagnosticStatus.OK))
        wait_until(lambda n=name: 'nan' not in values(newest_status(n)).values())
        told = values(newest_status(name))
        assert float(told['rate_hz']) == pytest.approx(float(told['published_hz']), rel=0.3)
        assert 0 <= float(told['latency_s']) < 5
        assert told['publishers'] == '1'
        wait_until(lambda n=name: values(newest_status(n))['qos'] == 'RELIABLE, VOLATILE')


def test_vlm_node_that_is_cleaned_up_subscribes_to_no_camera(ros: Ros, tmp_path: Path) -> None:
    node = start_vlm(ros, tmp_path)
    assert {'/image_raw', '/camera_info'} <= {stream.topic for stream in streams_of(node)}
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP):
        request = ChangeState.Request(transition=Transition(id=transition))
        assert ros.request(ChangeState, 'vlm_node/change_state', request).success
    assert streams_of(node) == ()
    wait_until(lambda: not ros.node.get_subscriptions_info_by_topic('image_raw'))


def test_vlm_node_tells_of_a_camera_without_publishers(
    ros: Ros, newest_status: Find, tmp_path: Path
) -> None:
    start_vlm(ros, tmp_path)
    warned = DiagnosticStatus.WARN
    wait_until(
        lambda: is_told(
            newest_status, 'vlm_node: /image_raw', level=warned, words='nobody publishes'
        )
    )


def test_a_weak_instruction_publisher_is_named_and_vlm_node_goes_on_serving_others(
    ros: Ros, newest_status: Find, tmp_path: Path
) -> None:
    plans = ros.collect(Plan, 'plan', qos.COMMAND)
    start_vlm(ros, tmp_path)
    weak = ros.bare_node('mic').create_publisher(String, 'instruction', qos.SENSOR)
    wait_until(
        lambda: is_told(
            newest_status,
            'vlm_node: qos',
            level=DiagnosticStatus.WARN,
            words="publisher /mic of '/instruction' offers BEST_EFFORT, VOLATILE; /vlm_node "
            'requests RELIABLE, VOLATILE: publish with reliability reliable',
        )
    )
    weak.publish(String(data='unheard'))
    strong = ros.node.create_publisher(String, 'instruction', qos.COMMAND)
    wait_until(strong.get_subscription_count)
    strong.publish(String(data=''))
    wait_until(lambda: plans)
    assert [plan.instruction for plan in plans] == ['']


def test_motion_node_tells_how_joint_states_arrive_and_when_they_end(
    ros: Ros, newest_status: Find
) -> None:
    ros.start(MotionNode)
    states = ros.node.create_publisher(JointState, 'joint_states', qos.STREAM)

    def publish() -> None:
        now_ns = ros.node.get_clock().now().nanoseconds
        states.publish(JointState(header=header_message(now_ns, '')))

    timer = ros.node.create_timer(0.02, publish)
    name = 'motion_node: /joint_states'
    wait_until(lambda: is_told(newest_status, name, level=DiagnosticStatus.OK))
    timer.cancel()
    wait_until(
        lambda: is_told(
            newest_status, name, level=DiagnosticStatus.ERROR, words='nothing has arrived'
        )
    )


def test_task_node_tells_that_its_endpoints_match(ros: Ros, newest_status: Find) -> None:
    ros.start(TaskNode)
    wait_until(lambda: is_told(newest_status, 'task_node: qos', level=DiagnosticStatus.OK))


def values(status: DiagnosticStatus | None) -> dict[str, str]:
    return {} if status is None else {value.key: value.value for value in status.values}
