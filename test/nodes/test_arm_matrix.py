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

"""motion_node while the arm moves: faults of its states with faults of its controller."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from arm_fixture import FakeArm, Twist
from motion_client import MotionClient
from ros_fixture import open_ros, wait_until
from sensor_msgs.msg import JointState

from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Grounding, Step, Target
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.nodes.motion_node import MotionNode
from vlm_robot.ros.conversions import time_message, to_ns

pytestmark = pytest.mark.ros

SETTINGS = ArmSettings.load()
PICK = Step(
    Skill.PICK,
    Target('red cube', grounding=Grounding('base_link', (0.5, 0.1, 0.02), 0.0, (0.04,) * 3)),
)


@dataclass(frozen=True)
class Rig:
    arm: FakeArm
    client: MotionClient

    def is_ready(self) -> bool:
        return self.client.execute(PICK, dry_run=True).ok


@pytest.fixture(scope='module')
def shared() -> Iterator[Rig]:
    with open_ros() as ros:
        arm = ros.spin(FakeArm(SETTINGS, context=ros.context))
        client = MotionClient(ros)
        ros.start(MotionNode, state_timeout_s=0.3, stall_timeout_s=0.6)
        yield Rig(arm, client)


@pytest.fixture
def rig(shared: Rig) -> Iterator[Rig]:
    shared.arm.mend()
    wait_until(shared.is_ready)
    yield shared
    shared.arm.mend()
    wait_until(shared.is_ready)  # the node recovers with its input
    assert shared.arm.refused == []


def renamed(message: JointState) -> JointState:
    message.name = [f'left_{name}' for name in message.name]
    return message


def missing(message: JointState) -> JointState:
    message.name, message.position = message.name[1:], message.position[1:]
    message.velocity = message.velocity[1:]
    return message


def with_first(value: float) -> Twist:
    def twist(message: JointState) -> JointState:
        message.position = [value, *list(message.position)[1:]]
        return message

    return twist


def stamped(offset_s: float) -> Twist:
    def twist(message: JointState) -> JointState:
        shifted_ns = to_ns(message.header.stamp) + int(offset_s * 1e9)
        message.header.stamp = time_message(shifted_ns)
        return message

    return twist


STATES: dict[str, tuple[Twist, str]] = {
    'renamed': (renamed, 'no joint state|lacks|stand still|s old by the clock'),
    'one missing': (missing, 'no joint state|lacks|stand still|s old by the clock'),
    'NaN': (with_first(np.nan), 'is nan'),
    'infinite': (with_first(np.inf), 'is inf'),
    'elsewhere': (with_first(2.5), 'jumps'),
    'stale': (stamped(-10.0), 's old by the clock'),
    'none': (lambda _: None, 'no joint state arrived'),
}
CONTROLLERS: dict[str, Callable[[FakeArm], None]] = {
    'obeys': lambda arm: None,
    'is silent': lambda arm: setattr(arm, 'deaf', ('arm',)),
    'stops half-way': lambda arm: setattr(arm, 'halts_after', 0.5),
}


@pytest.mark.parametrize(('state', 'controller'), list(itertools.product(STATES, CONTROLLERS)))
def test_states_that_fail_while_the_arm_moves_are_named_whatever_the_controller_does(
    rig: Rig, state: str, controller: str
) -> None:
    twist, sentence = STATES[state]
    CONTROLLERS[controller](rig.arm)
    rig.arm.twist = lambda message: twist(message) if rig.arm.commands else message

    verdict = rig.client.execute(PICK)

    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert re.search(sentence, verdict.message), verdict.message
    assert 'gripper' not in rig.arm.commands
