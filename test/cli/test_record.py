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

"""`vlm-robot record`, and what it consists of."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from bag_fixture import Recorder, entry
from camera_fixture import Camera
from ros_fixture import Ros, open_ros, wait_until
from std_msgs.msg import String

from vlm_robot.bags.reader import open_bag
from vlm_robot.bags.selection import matching, usual
from vlm_robot.cli import statuses
from vlm_robot.cli.main import main
from vlm_robot.ros import qos

pytestmark = pytest.mark.ros


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


def test_messages_are_recorded_byte_for_byte(ros: Ros, tmp_path: Path) -> None:
    recorder = Recorder(ros, tmp_path / 'run')
    said = ros.node.create_publisher(String, 'instruction', qos.COMMAND)
    wait_until(lambda: '/instruction' in recorder.recording.topics)
    wait_until(lambda: said.get_subscription_count() == 1)
    texts = [f'pick the cube {i} ü' for i in range(50)]
    for text in texts:
        said.publish(String(data=text))
        wait_until(lambda text=text: recorder.has('/instruction', texts.index(text) + 1))
    recorder.close()

    with open_bag(tmp_path / 'run') as bag:
        found = [recorded.data for recorded in bag.messages(bag.topics)]

    assert found == [entry('/instruction', 0, String(data=text)).data for text in texts]


def test_a_latched_message_and_one_of_best_effort_are_recorded(ros: Ros, tmp_path: Path) -> None:
    latched = ros.node.create_publisher(String, 'a/instruction', qos.STATE)
    latched.publish(String(data='early'))
    fast = ros.node.create_publisher(String, 'b/instruction', qos.SENSOR)
    recorder = Recorder(ros, tmp_path / 'run')

    wait_until(lambda: recorder.has('/a/instruction', 1))
    wait_until(lambda: fast.get_subscription_count() == 1)
    fast.publish(String(data='now'))
    wait_until(lambda: recorder.has('/b/instruction', 1))
    recorder.close()

    info = yaml.safe_load((tmp_path / 'run/metadata.yaml').read_text())
    topics = info['rosbag2_bagfile_information']['topics_with_message_count']
    offers = [t['topic_metadata']['offered_qos_profiles'][0] for t in topics]
    assert [(o['reliability'], o['durability']) for o in offers] == [
        ('reliable', 'transient_local'),
        ('best_effort', 'volatile'),
    ]


def test_ctrl_c_ends_a_recording_with_a_whole_bag(
    ros: Ros,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv('ROS_DOMAIN_ID', str(ros.context.get_domain_id()))
    Camera(ros).rgb = np.full((480, 640, 3), 90, np.uint8)
    file = tmp_path / 'run' / 'run.mcap'

    def interrupt() -> None:
        wait_until(lambda: file.exists() and file.stat().st_size > 2**20)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    status = main(['record', '--out', str(tmp_path / 'run'), '--topics', '*image_raw'])
    thread.join()

    assert status == statuses.OK
    assert 'messages of 2 topics are in' in capsys.readouterr().out
    with open_bag(tmp_path / 'run') as bag:
        assert [topic.name for topic in bag.topics] == ['/depth/image_raw', '/image_raw']
        assert bag.damage == ''
        assert len(list(bag.messages(bag.topics))) >= 2


def test_a_graph_without_topics_gives_no_bag(
    ros: Ros,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv('ROS_DOMAIN_ID', str(ros.context.get_domain_id()))

    status = main(['record', '--out', str(tmp_path / 'run'), '--duration', '0.3'])

    assert status == statuses.NO_SERVER
    assert 'nothing was recorded' in capsys.readouterr().out
    assert not (tmp_path / 'run').exists()


def test_the_usual_topics_are_cameras_arm_transforms_and_plans() -> None:
    chosen = {
        '/image_raw': 'sensor_msgs/msg/Image',
        '/left/depth/image_raw/compressedDepth': 'sensor_msgs/msg/CompressedImage',
        '/tf_static': 'tf2_msgs/msg/TFMessage',
        '/plan': 'vlm_robot_interfaces/msg/Plan',
        '/robot/instruction': 'std_msgs/msg/String',
        '/task_node/status': 'diagnostic_msgs/msg/DiagnosticStatus',
        '/execute_instruction/_action/feedback': (
            'vlm_robot_interfaces/action/ExecuteInstruction_FeedbackMessage'
        ),
    }
    left = {
        '/vlm_node/overlay': 'sensor_msgs/msg/Image',
        '/chatter': 'std_msgs/msg/String',
        '/execute_step/_action/feedback': 'vlm_robot_interfaces/action/ExecuteStep_Feedback',
        '/points': 'sensor_msgs/msg/PointCloud2',
    }

    assert [name for name, kind in (chosen | left).items() if usual(name, kind)] == list(chosen)


def test_topics_are_chosen_by_patterns() -> None:
    wants = matching(['image_raw', '/left/*', '*tf'])

    assert wants('/image_raw', '')
    assert wants('/left/depth/image_raw', '')
    assert wants('/robot/tf', '')
    assert not wants('/right/image_raw', '')
