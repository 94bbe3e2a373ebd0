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
from pathlib import Path

import numpy as np
import pytest
import yaml
from camera_fixture import Camera
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.srv import GetState
from ros_fixture import Ros, open_ros, wait_until
from sensor_msgs.msg import Image
from std_msgs.msg import String
from std_srvs.srv import Trigger

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Step, Target
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.conventions.tabletop import TabletopConvention
from vlm_robot.models.selftest.cards import drawn_cards
from vlm_robot.nodes.vlm_node import VlmNode
from vlm_robot.ros import qos
from vlm_robot_interfaces.action import PlanInstruction
from vlm_robot_interfaces.msg import Plan
from vlm_robot_interfaces.srv import Ask

pytestmark = pytest.mark.ros

ANSWERS = {
    'pick the cube': 'pick <x_128> <y_128> red cube',
    'pick the cow': 'missing cow',
    'pick a cube': 'pick <x_10> <y_10> red cube or <x_200> <y_90> red cube',
    'nonsense': 'pick the banana <x_999',
    'how many': 'answer 2',
    'what is on the table': 'answer <x_128> <y_128> red cube',
}


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / 'script.yaml'
    path.write_text(yaml.safe_dump({'convention': 'tabletop', 'answers': ANSWERS}))
    return str(path)


def start(ros: Ros, script: str, **parameters: object) -> VlmNode:
    given = {
        'backend__name': 'scripted',
        'backend__model': script,
        'extrinsics__source': 'parameters',
        'extrinsics__camera_frames': ['camera_optical_frame'],
        'extrinsics__translations': [0.0, 0.0, 1.0],
        'extrinsics__quats_xyzw': [0.0, 0.0, 0.0, 1.0],
        'camera__wait_s': 20.0,
    }
    return ros.start(VlmNode, **(given | parameters))


def plan(ros: Ros, instruction: str, **options: object) -> PlanInstruction.Result:
    goal = PlanInstruction.Goal(instruction=instruction)
    return ros.call(PlanInstruction, 'plan_instruction', goal, **options)


def test_an_instruction_becomes_a_plan_with_a_pixel_and_an_id(ros: Ros, script: str) -> None:
    Camera(ros)
    start(ros, script, grounding__enabled=False)
    stages: list[str] = []

    result = plan(ros, 'pick the cube', on_feedback=lambda f: stages.append(f.stage))

    assert result.error_code == Outcome.OK
    assert result.plan.plan_id
    assert result.plan.header.frame_id == 'camera_optical_frame'
    assert result.plan.steps[0].target.label == 'red cube'
    assert result.plan.steps[0].target.u == pytest.approx(32, abs=0.5)
    assert list(result.plan.stage_names) == ['frame', 'model', 'parse']
    assert stages == ['frame', 'model', 'parse']


def test_two_plans_never_share_an_id(ros: Ros, script: str) -> None:
    Camera(ros)
    start(ros, script, grounding__enabled=False)

    ids = {plan(ros, 'pick the cube').plan.plan_id for _ in range(3)}

    assert len(ids) == 3


@pytest.mark.parametrize(
    ('instruction', 'outcome', 'sentence'),
    [
        ('', Outcome.BAD_INSTRUCTION, 'is empty'),
        ('x' * 10_000, Outcome.BAD_INSTRUCTION, 'has 10000 characters'),
        ('pick \x07 it', Outcome.BAD_INSTRUCTION, 'is not text'),
        ('pick the cow', Outcome.NOT_FOUND, 'cow'),
        ('pick a cube', Outcome.AMBIGUOUS, 'which one'),
        ('nonsense', Outcome.INVALID_ANSWER, 'no valid answer'),
        ('not in the script', Outcome.MODEL_ERROR, 'no answer'),
    ],
)
def test_what_cannot_be_planned_has_a_code_and_a_sentence_and_no_steps(
    ros: Ros, script: str, instruction: str, outcome: Outcome, sentence: str
) -> None:
    Camera(ros)
    start(ros, script, grounding__enabled=False)

    result = plan(ros, instruction)

    assert Outcome(result.error_code) is outcome
    assert sentence in result.error_msg
    assert not result.plan.steps


def test_an_instruction_before_any_camera_is_no_frame(ros: Ros, script: str) -> None:
    start(ros, script, camera__wait_s=0.2)

    result = plan(ros, 'pick the cube')

    assert Outcome(result.error_code) is Outcome.NO_FRAME
    assert 'no image has arrived' in result.error_msg


def test_depth_that_is_all_nan_is_no_depth(ros: Ros, script: str) -> None:
    camera = Camera(ros)
    camera.depth_m = np.full_like(camera.depth_m, np.nan)
    start(ros, script)

    result = plan(ros, 'pick the cube')

    assert Outcome(result.error_code) is Outcome.NO_DEPTH
    assert result.error_msg


def test_a_camera_that_was_not_calibrated_to_the_robot_is_no_transform(
    ros: Ros, script: str
) -> None:
    Camera(ros)
    start(ros, script, extrinsics__camera_frames=['another_camera'])

    result = plan(ros, 'pick the cube')

    assert Outcome(result.error_code) is Outcome.NO_TRANSFORM
    assert "are known for 'base_link', 'another_camera', not for" in result.error_msg


def test_an_instruction_on_the_topic_is_answered_on_the_topic_with_an_overlay(
    ros: Ros, script: str
) -> None:
    camera = Camera(ros)
    start(ros, script, grounding__enabled=False)
    plans = ros.collect(Plan, 'plan', qos.COMMAND)
    overlays = ros.collect(Image, 'vlm_node/overlay', qos.STATE)
    publisher = ros.node.create_publisher(String, 'instruction', qos.COMMAND)
    wait_until(publisher.get_subscription_count)

    publisher.publish(String(data='pick the cube'))

    wait_until(lambda: plans and overlays)
    assert plans[0].instruction == 'pick the cube'
    assert bytes(overlays[0].data) != camera.rgb.tobytes()


def test_a_cancel_while_waiting_for_a_frame_ends_the_goal_as_canceled(
    ros: Ros, script: str
) -> None:
    start(ros, script, camera__wait_s=600.0)
    cancel = CancelToken()

    result = plan(
        ros, 'pick the cube', cancel=cancel, on_feedback=lambda _: cancel.cancel('enough')
    )

    assert Outcome(result.error_code) is Outcome.CANCELED


def test_a_time_limit_in_the_goal_ends_it_with_timeout(ros: Ros, script: str) -> None:
    start(ros, script, camera__wait_s=600.0)

    goal = PlanInstruction.Goal(instruction='pick the cube', timeout=0.2)
    result = ros.call(PlanInstruction, 'plan_instruction', goal)

    assert Outcome(result.error_code) is Outcome.TIMEOUT
    assert '0.2 s' in result.error_msg


def test_questions_are_answered_and_a_refusal_has_a_sentence(ros: Ros, script: str) -> None:
    Camera(ros)
    start(ros, script)

    counted = ros.request(Ask, 'vlm_node/ask', Ask.Request(question='how many'))
    refused = ros.request(Ask, 'vlm_node/ask', Ask.Request(question=''))
    described = ros.request(Trigger, 'vlm_node/describe', Trigger.Request())

    assert (counted.error_code, counted.answer) == (Outcome.OK, '2')
    assert refused.error_code == Outcome.BAD_INSTRUCTION
    assert described.success
    assert 'red cube' in described.message


def test_a_node_that_does_not_start_by_itself_serves_only_after_it_was_activated(
    ros: Ros, script: str
) -> None:
    node = start(ros, script, autostart=False)
    state = ros.request(GetState, 'vlm_node/get_state', GetState.Request())
    assert state.current_state.label == 'unconfigured'

    node.trigger_configure()
    node.trigger_activate()
    Camera(ros)

    assert plan(ros, 'pick the cow').error_code == Outcome.NOT_FOUND


BLIND = {'*': 'answer 3'}
CORNER = {'*': 'pick <x_3> <y_3> thing'}


@pytest.mark.parametrize(
    ('answers', 'result', 'sentence'),
    [
        (BLIND, 'silent', 'points on none of 6 images'),
        (CORNER, 'scattered', 'points wrong on 6 of 6 images'),
        ({'nothing': 'to say'}, 'silent', 'the script has no answer'),
    ],
)
def test_a_model_that_fails_its_self_test_does_not_serve_and_diagnostics_say_why(
    ros: Ros, tmp_path: Path, answers: dict[str, str], result: str, sentence: str
) -> None:
    path = tmp_path / 'script.yaml'
    path.write_text(yaml.safe_dump({'answers': answers}))
    arrays = ros.collect(DiagnosticArray, '/diagnostics', qos.COMMAND)

    start(ros, str(path), self_test='on')

    wait_until(lambda: self_tests(arrays))
    status = self_tests(arrays)[-1]
    values = {value.key: value.value for value in status.values}
    assert status.level == DiagnosticStatus.ERROR
    assert sentence in status.message
    assert values['result'] == result
    assert values['right'] == '0'
    assert state_of(ros) == 'inactive'
    assert not is_served(ros)


def test_a_model_may_serve_once_it_passes_and_says_by_how_many_pixels(
    ros: Ros, tmp_path: Path
) -> None:
    path = tmp_path / 'script.yaml'
    path.write_text(yaml.safe_dump({'answers': true_answers()}))
    arrays = ros.collect(DiagnosticArray, '/diagnostics', qos.COMMAND)

    start(ros, str(path), self_test='on')

    wait_until(lambda: len(self_tests(arrays)) > 1)  # it is said again to those who come late
    status = self_tests(arrays)[-1]
    values = {value.key: value.value for value in status.values}
    assert status.level == DiagnosticStatus.OK
    assert 0 < float(values['largest_error_px']) < 5
    assert state_of(ros) == 'active'
    wait_until(lambda: is_served(ros))


@pytest.mark.parametrize(
    ('mode', 'level'), [('auto', DiagnosticStatus.OK), ('off', DiagnosticStatus.WARN)]
)
def test_a_model_that_is_not_tested_serves_and_diagnostics_say_so(
    ros: Ros, script: str, mode: str, level: bytes
) -> None:
    arrays = ros.collect(DiagnosticArray, '/diagnostics', qos.COMMAND)

    start(ros, script, self_test=mode)

    wait_until(lambda: self_tests(arrays))
    assert self_tests(arrays)[0].level == level
    assert 'not tested' in self_tests(arrays)[0].message
    assert state_of(ros) == 'active'


def self_tests(arrays: list[DiagnosticArray]) -> list[DiagnosticStatus]:
    return [s for array in arrays for s in array.status if s.name == 'vlm_node: self-test']


def state_of(ros: Ros) -> str:
    response = ros.request(GetState, 'vlm_node/get_state', GetState.Request())
    return str(response.current_state.label)


def is_served(ros: Ros) -> bool:
    return bool(ros.node.get_publishers_info_by_topic('plan_instruction/_action/feedback'))


def true_answers() -> dict[str, str]:
    """Return what a model that sees well answers in the self-test."""
    convention = TabletopConvention()
    answers = {}
    for card in drawn_cards():
        height, width = card.rgb.shape[:2]
        steps = (Step(Skill.PICK, Target(card.words, card.true)),)
        answers[f'pick up the {card.words}'] = convention.render(steps, ImageSize(width, height))
    return answers


def test_a_delayed_answer_ends_when_it_is_canceled_and_the_next_one_comes(
    ros: Ros, tmp_path: Path
) -> None:
    path = tmp_path / 'script.yaml'
    path.write_text(yaml.safe_dump({'answers': ANSWERS, 'delay_s': {'pick the cube': 3600}}))
    Camera(ros)
    start(ros, str(path), grounding__enabled=False, timeout_s=0.0)
    cancel = CancelToken()

    result = plan(
        ros,
        'pick the cube',
        cancel=cancel,
        on_feedback=lambda f: cancel.cancel('enough') if f.stage == 'model' else None,
    )

    assert Outcome(result.error_code) is Outcome.CANCELED
    assert plan(ros, 'pick the cow').error_code == Outcome.NOT_FOUND


def test_a_model_that_does_not_exist_is_a_configuration_error(ros: Ros) -> None:
    with pytest.raises(ConfigurationError, match='cannot be read'):
        start(ros, '/does/not/exist.yaml')
