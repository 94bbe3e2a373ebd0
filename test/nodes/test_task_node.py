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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from camera_fixture import Camera
from diagnostic_msgs.msg import DiagnosticStatus
from ros_fixture import Ros, open_ros, wait_until
from std_msgs.msg import Empty
from std_srvs.srv import SetBool, Trigger

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Grounding, Plan, Step, Target
from vlm_robot.nodes.task_node import TaskNode
from vlm_robot.nodes.vlm_node import VlmNode
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import plan_message
from vlm_robot_interfaces.action import ExecuteInstruction
from vlm_robot_interfaces.msg import Plan as PlanMessage

pytestmark = pytest.mark.ros

OPEN = {
    'gate__dry_run': False,
    'gate__approval_required': False,
    'gate__accept_unknown_confidence': True,
}


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


@pytest.fixture
def vlm(ros: Ros, tmp_path: Path) -> VlmNode:
    """A vlm_node that waits for a camera."""
    path = tmp_path / 'script.yaml'
    path.write_text(yaml.safe_dump({'answers': {'*': 'missing cow'}}))
    return ros.start(
        VlmNode,
        backend__name='scripted',
        backend__model=str(path),
        camera__wait_s=600.0,
        grounding__enabled=False,
    )


def say(ros: Ros, instruction: str, **options: object) -> ExecuteInstruction.Result:
    goal = ExecuteInstruction.Goal(instruction=instruction)
    return ros.call(ExecuteInstruction, 'execute_instruction', goal, **options)


def a_plan(ros: Ros, *, x: float = 0.5, age_s: float = 0.0, plan_id: str = 'one') -> PlanMessage:
    found = Grounding('base_link', (x, 0.0, 0.02), 0.0, (0.04, 0.04, 0.04))
    step = Step(Skill.PICK, Target('red cube', (1.0, 2.0), 0.9, found))
    stamp_ns = ros.node.get_clock().now().nanoseconds - round(age_s * 1e9)
    plan = Plan('pick the red cube', steps=(step,), plan_id=plan_id, stamp_ns=stamp_ns)
    return plan_message(plan)


def ended(statuses: list[DiagnosticStatus]) -> list[tuple[str, str]]:
    """Return outcome and sentence of everything that has ended."""
    found = [{v.key: v.value for v in status.values} for status in statuses]
    return [(v['outcome'], v['message']) for v in found if 'outcome' in v]


def test_without_a_vlm_node_an_instruction_ends_with_a_sentence(ros: Ros) -> None:
    ros.start(TaskNode, discovery_s=0.2)

    result = say(ros, 'pick the cube')

    assert Outcome(result.error_code) is Outcome.MODEL_ERROR
    assert "nobody serves the action 'plan_instruction'" in result.error_msg


def test_a_refusal_of_the_vlm_node_is_handed_on(ros: Ros, vlm: VlmNode) -> None:
    Camera(ros)
    ros.start(TaskNode)

    result = say(ros, 'pick the cow')

    assert Outcome(result.error_code) is Outcome.NOT_FOUND
    assert result.steps_done == 0


@pytest.mark.parametrize('kind', ['x' * 10_000, '', 'a\x07b'])
def test_an_instruction_that_is_none_comes_back_as_such(ros: Ros, vlm: VlmNode, kind: str) -> None:
    ros.start(TaskNode)

    assert Outcome(say(ros, kind).error_code) is Outcome.BAD_INSTRUCTION


def test_a_cancel_while_planning_ends_both_nodes_work(ros: Ros, vlm: VlmNode) -> None:
    ros.start(TaskNode)
    cancel = CancelToken()

    result = say(ros, 'pick', cancel=cancel, on_feedback=lambda _: cancel.cancel('enough'))

    assert Outcome(result.error_code) is Outcome.CANCELED
    Camera(ros)
    assert Outcome(say(ros, 'pick the cow').error_code) is Outcome.NOT_FOUND


@pytest.mark.parametrize(
    ('policy', 'first', 'second'),
    [
        ('reject', Outcome.NOT_FOUND, Outcome.BUSY),
        ('preempt', Outcome.CANCELED, Outcome.NOT_FOUND),
    ],
)
def test_of_two_instructions_at_once_the_policy_decides(
    ros: Ros, vlm: VlmNode, policy: str, first: Outcome, second: Outcome
) -> None:
    ros.start(TaskNode, policy=policy)
    begun: list[object] = []
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(say, ros, 'the first', on_feedback=begun.append)
        wait_until(lambda: begun)
        two = pool.submit(say, ros, 'the second')
        if policy == 'reject':
            two.result()
        else:
            one.result()
        Camera(ros)

        outcomes = Outcome(one.result().error_code), Outcome(two.result().error_code)

    assert outcomes == (first, second)


def test_stop_cancels_at_once_and_holds_until_it_is_cleared(ros: Ros, vlm: VlmNode) -> None:
    ros.start(TaskNode)
    stop = ros.node.create_publisher(Empty, 'stop', qos.COMMAND)
    wait_until(stop.get_subscription_count)

    running = say(ros, 'pick the cow', on_feedback=lambda _: stop.publish(Empty()))
    after = say(ros, 'pick the cow')
    ros.request(Trigger, 'task_node/clear', Trigger.Request())
    Camera(ros)
    cleared = say(ros, 'pick the cow')

    assert Outcome(running.error_code) is Outcome.CANCELED
    assert 'stopped' in running.error_msg
    assert Outcome(after.error_code) is Outcome.CANCELED
    assert Outcome(cleared.error_code) is Outcome.NOT_FOUND


def publish(ros: Ros, *plans: PlanMessage) -> None:
    publisher = ros.node.create_publisher(PlanMessage, 'plan', qos.COMMAND)
    wait_until(publisher.get_subscription_count)
    for plan in plans:
        publisher.publish(plan)


@pytest.mark.parametrize(
    ('changes', 'outcome', 'sentence'),
    [
        ({'x': 3.0}, 'OUTSIDE_WORKSPACE', 'outside the workspace'),
        ({'x': float('nan')}, 'OUTSIDE_WORKSPACE', 'outside the workspace'),
        ({'age_s': 60.0}, 'STALE_FRAME', 's old'),
        ({'plan_id': ''}, 'USED_PLAN', 'is empty'),
        ({}, 'CONTROLLER_FAILED', "nobody serves the action 'execute_step'"),
    ],
)
def test_a_plan_on_the_topic_goes_through_the_gate(
    ros: Ros, changes: dict[str, object], outcome: str, sentence: str
) -> None:
    ros.start(TaskNode, **OPEN, go_home=False, discovery_s=0.2)
    statuses = ros.collect(DiagnosticStatus, 'task_node/status', qos.STATE)

    publish(ros, a_plan(ros, **changes))

    wait_until(lambda: ended(statuses))
    assert ended(statuses)[0][0] == outcome
    assert sentence in ended(statuses)[0][1]


def test_a_plan_with_a_skill_that_does_not_exist_is_refused(ros: Ros) -> None:
    ros.start(TaskNode, **OPEN)
    statuses = ros.collect(DiagnosticStatus, 'task_node/status', qos.STATE)
    plan = a_plan(ros)
    plan.steps[0].skill = 77

    publish(ros, plan)

    wait_until(lambda: ended(statuses))
    assert ended(statuses)[0][0] == 'INVALID_ANSWER'
    assert 'skill is 77' in ended(statuses)[0][1]


def test_nothing_is_carried_out_by_default(ros: Ros) -> None:
    ros.start(TaskNode, gate__approval_timeout_s=0.1)
    statuses = ros.collect(DiagnosticStatus, 'task_node/status', qos.STATE)

    publish(ros, a_plan(ros))

    wait_until(lambda: ended(statuses))
    assert ended(statuses)[0][0] == 'NOT_APPROVED'


@pytest.mark.parametrize(
    ('approved', 'outcome'), [(True, 'CONTROLLER_FAILED'), (False, 'NOT_APPROVED')]
)
def test_the_operators_word_decides(ros: Ros, approved: bool, outcome: str) -> None:
    given = OPEN | {'gate__approval_required': True}
    ros.start(TaskNode, **given, go_home=False, discovery_s=0.2)
    statuses = ros.collect(DiagnosticStatus, 'task_node/status', qos.STATE)
    publish(ros, a_plan(ros))
    request = SetBool.Request(data=approved)

    wait_until(lambda: ros.request(SetBool, 'task_node/approve', request).success)

    wait_until(lambda: ended(statuses))
    assert ended(statuses)[0][0] == outcome


def test_a_skill_that_nobody_knows_is_a_configuration_error(ros: Ros) -> None:
    with pytest.raises(ConfigurationError, match="unknown skill 'throw'"):
        ros.start(TaskNode, gate__skills=['throw'])
