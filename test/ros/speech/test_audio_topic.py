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

import numpy as np
import pytest
from ros_fixture import Ros, open_ros, wait_until
from std_msgs.msg import Int16MultiArray

from vlm_robot.ros import qos
from vlm_robot.ros.speech.audio_messages import audio_message, audio_message_type
from vlm_robot.ros.speech.audio_topic import AudioTopic
from vlm_robot.speech.sound import SoundError, SoundFault

pytestmark = pytest.mark.ros


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as opened:
        yield opened


def test_what_is_published_is_heard_and_a_bad_message_is_told_and_survived(ros: Ros) -> None:
    faults: list[SoundError] = []
    listener = ros.spin(ros.bare_node('listener'))
    topic = AudioTopic(listener, on_fault=faults.append)
    publisher = ros.node.create_publisher(audio_message_type(), 'audio', qos.COMMAND)
    wait_until(lambda: publisher.get_subscription_count() == 1)
    publisher.publish(audio_message_type()())
    wait_until(lambda: faults)
    publisher.publish(audio_message(np.full((480, 2), 0.25, np.float32), 16_000))
    block = next(topic.source.blocks())
    topic.close()
    assert np.array_equal(block.samples, np.full(480, 0.25, np.float32))
    assert topic.source.name == '/audio'
    assert "'/audio'" in faults[0].message
    assert faults[0].fault in (SoundFault.NOT_SOUND, SoundFault.WRONG_FORMAT)


def test_without_audio_common_a_standard_array_carries_the_sound() -> None:
    try:
        from audio_common_msgs.msg import AudioStamped
    except ImportError:
        assert audio_message_type() is Int16MultiArray
    else:
        assert audio_message_type() is AudioStamped
