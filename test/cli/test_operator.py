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


"""What an operator says to a running task_node: approve, stop, clear."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from ros_fixture import Ros, open_ros, wait_until

from vlm_robot.cli import statuses
from vlm_robot.cli.client import Client
from vlm_robot.cli.main import main
from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Grounding, Plan, Step, Target
from vlm_robot.nodes.task_node import TaskNode
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import plan_message
from vlm_robot_interfaces.action import ExecuteInstruction
from vlm_robot_interfaces.msg import Plan as PlanMessage

pytestmark = pytest.mark.ros


@pytest.fixture
def ros(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ros]:
    with open_ros() as ros:
        monkeypatch.setenv('ROS_DOMAIN_ID', str(ros.context.get_domain_id()))
        yield ros


def a_plan(stamp_ns: int) -> PlanMessage:
    found = Grounding('base_link', (0.5, 0.0, 0.02), 0.0, (0.04, 0.04, 0.04))
    step = Step(Skill.PICK, Target('red cube', (1.0, 2.0), 0.9, found))
    return plan_message(Plan('pick the red cube', steps=(step,), plan_id='one', stamp_ns=stamp_ns))


def say(ros: Ros, stages: list[str]) -> Outcome:
    result = ros.call(
        ExecuteInstruction,
        'execute_instruction',
        ExecuteInstruction.Goal(instruction='pick the cow'),
        on_feedback=lambda feedback: stages.append(feedback.stage),
    )
    return Outcome(result.error_code)


def test_a_stop_holds_until_it_is_cleared(ros: Ros, capsys: pytest.CaptureFixture[str]) -> None:
    ros.start(TaskNode, discovery_s=0.1)

    assert main(['stop']) == statuses.OK
    assert say(ros, []) is Outcome.CANCELED
    assert main(['clear']) == statuses.OK
    assert say(ros, []) is Outcome.MODEL_ERROR

    printed = capsys.readouterr().out
    assert 'stopped; instructions are refused until: vlm-robot clear' in printed
    assert 'instructions are accepted again' in printed


def test_without_a_task_node_nobody_is_said_to_have_stopped(ros: Ros) -> None:
    client = Client('nowhere')
    try:
        with pytest.raises(Refusal, match=r'has not said within .* that it stopped') as caught:
            client.stop(CancelToken(), timeout_s=0.2)
    finally:
        client.close()
    assert caught.value.outcome is Outcome.TIMEOUT


def test_when_nothing_waits_there_is_nothing_to_approve(
    ros: Ros, capsys: pytest.CaptureFixture[str]
) -> None:
    ros.start(TaskNode)

    assert main(['approve']) == statuses.REFUSED
    assert 'no plan waits for approval' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('words', 'outcome', 'printed'),
    [
        (['approve'], 'CONTROLLER_FAILED', 'approved: pick the red cube'),
        (['approve', '--no'], 'NOT_APPROVED', 'rejected: pick the red cube'),
    ],
)
def test_the_plan_that_waits_is_carried_out_or_not(
    ros: Ros, capsys: pytest.CaptureFixture[str], words: list[str], outcome: str, printed: str
) -> None:
    ros.start(TaskNode, gate__dry_run=False, go_home=False, discovery_s=0.1)
    seen = ros.collect(DiagnosticStatus, 'task_node/status', qos.STATE)
    plans = ros.node.create_publisher(PlanMessage, 'plan', qos.COMMAND)
    wait_until(plans.get_subscription_count)

    plans.publish(a_plan(ros.node.get_clock().now().nanoseconds))
    wait_until(lambda: any(status.message.startswith('approval') for status in seen))

    assert main(words) == statuses.OK
    assert printed in capsys.readouterr().out
    wait_until(lambda: outcome in [v.value for status in seen for v in status.values])


def test_nobody_is_asked_for_longer_than_the_image_is_young(ros: Ros) -> None:
    ros.start(TaskNode, gate__dry_run=False, gate__max_age_s=20.0)
    seen = ros.collect(DiagnosticStatus, 'task_node/status', qos.STATE)
    plans = ros.node.create_publisher(PlanMessage, 'plan', qos.COMMAND)
    wait_until(plans.get_subscription_count)

    plans.publish(a_plan(ros.node.get_clock().now().nanoseconds - 10**10))

    wait_until(lambda: any(status.message.startswith('approval') for status in seen))
    (said,) = [s.message for s in seen if s.message.startswith('approval')]
    assert 0 < int(said.split()[1]) <= 10
