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

"""A synthesised voice, the embedded models, and nothing in between that is made for the test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ros_fixture import open_ros, wait_until
from std_msgs.msg import Empty, String

from vlm_robot.nodes.speech_node import SpeechNode
from vlm_robot.ros import qos

pytestmark = [pytest.mark.ros, pytest.mark.torch, pytest.mark.e2e]

COMMAND = 'put the red cube in the bowl'


def test_a_command_that_is_spoken_becomes_exactly_one_instruction_and_no_stop(
    tmp_path: Path,
) -> None:
    path = tmp_path / 'said.wav'
    subprocess.run(['flite', '-voice', 'rms', '-t', COMMAND, '-o', str(path)], check=True)
    with open_ros() as ros:
        instructions = ros.collect(String, 'instruction', qos.COMMAND)
        stops = ros.collect(Empty, 'stop', qos.COMMAND)

        ros.start(SpeechNode, source='file', file=str(path))

        wait_until(lambda: instructions)
        assert [message.data for message in instructions] == [COMMAND]
        assert stops == []
