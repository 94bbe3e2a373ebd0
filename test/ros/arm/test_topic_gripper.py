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

import pytest
from ros_fixture import Ros, open_ros, wait_until
from std_msgs.msg import Float64

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome
from vlm_robot.ros import qos
from vlm_robot.ros.arm.gripper import TopicGripper

pytestmark = pytest.mark.ros

_GO_ON = threading.Event()


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


def test_a_gripper_without_joints_is_told_its_opening_in_metres(ros: Ros) -> None:
    heard = ros.collect(Float64, 'gripper_command', qos.COMMAND)
    gripper = TopicGripper(ros.node, 0.05, discovery_s=5.0)
    assert gripper.grip(0.03, _GO_ON) == OK
    wait_until(lambda: [message.data for message in heard] == [0.03])


def test_a_canceled_grip_is_not_waited_for(ros: Ros) -> None:
    ros.collect(Float64, 'gripper_command', qos.COMMAND)
    cancel = threading.Event()
    cancel.set()
    verdict = TopicGripper(ros.node, 3600.0, discovery_s=5.0).grip(0.0, cancel)
    assert verdict.outcome is Outcome.CANCELED


def test_a_gripper_that_nobody_listens_for_is_named(ros: Ros) -> None:
    with pytest.raises(Refusal, match="no controller listens on '/gripper_command'") as caught:
        TopicGripper(ros.node, 0.05, discovery_s=0.1).grip(0.0, _GO_ON)
    assert caught.value.outcome is Outcome.CONTROLLER_FAILED
