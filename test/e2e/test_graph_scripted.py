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

"""The whole graph as processes, with answers from a script: what ends before the arm moves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from ros_fixture import wait_until
from running_graph import SIM, Robot, running

from vlm_robot.bringup.graphs import sim_graph
from vlm_robot.cli.demo import SEED
from vlm_robot.cli.demo_script import SCENES, Act, Script, write_script
from vlm_robot.cli.true_answers import true_answer
from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros import qos
from vlm_robot.sim.goals import labels
from vlm_robot.sim.scene import sample_scene
from vlm_robot_interfaces.action import PlanInstruction

pytestmark = [pytest.mark.ros, pytest.mark.sim, pytest.mark.e2e]

SLOW = 'think it over first'
NEVER_S = 3600.0
MOVED_RAD = 0.01


def write_answers(path: Path, script: Script) -> None:
    scene = sample_scene(script.scene_seed, SCENES)
    answers = {act.instruction: true_answer(scene, act.goals or ()) for act in script.acts}
    answers[SLOW] = answers[script.acts[0].instruction]
    path.write_text(yaml.safe_dump({'answers': answers, 'delay_s': {SLOW: NEVER_S}}))


def farthest_m(script: Script, act: Act) -> float:
    """How far from the base the things are that an act is about."""
    things = labels(sample_scene(script.scene_seed, SCENES))
    named = {name for goal in act.goals or () for name in (goal.thing, goal.target) if name}
    return max(math.hypot(things[name].x, things[name].y) for name in named)


@pytest.fixture(scope='module')
def robot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    """A robot that reaches what the first act is about, and not what the second one is about."""
    folder = tmp_path_factory.mktemp('graph')
    script = write_script(SEED)
    answers = folder / 'answers.yaml'
    write_answers(answers, script)
    near_m, far_m = (farthest_m(script, act) for act in script.acts[:2])
    assert far_m - near_m > 0.1
    graph = sim_graph(
        seed=script.scene_seed,
        sim=SIM,
        vlm={'backend.name': 'scripted', 'backend.model': str(answers), 'timeout_s': 0.0},
        task={
            'gate.accept_unknown_confidence': True,
            'gate.reach_max_m': (near_m + far_m) / 2,
        },
    )
    with running(graph, script, folder) as robot:
        yield robot


def test_a_target_in_the_workspace_but_beyond_reach_is_refused_and_nothing_moves(
    robot: Robot,
) -> None:
    act = robot.script.acts[1]
    assert act.goals is not None
    before = robot.joints()

    result = robot.say(act.instruction)

    assert Outcome(result.error_code) is Outcome.UNREACHABLE
    assert f"target '{act.goals[0].thing}' at (" in result.error_msg
    assert 'm from the base, which is not within 0.25 to' in result.error_msg
    assert result.steps_done == 0
    np.testing.assert_allclose(robot.joints(), before, atol=MOVED_RAD)


def test_a_cancel_that_reaches_the_model_ends_the_instruction_and_nothing_moves(
    robot: Robot,
) -> None:
    cancel = CancelToken()
    stages = robot.ros.collect(
        PlanInstruction.Impl.FeedbackMessage, 'plan_instruction/_action/feedback', qos.COMMAND
    )
    wait_until(
        lambda: robot.ros.node.count_publishers('plan_instruction/_action/feedback'),
    )
    before = robot.joints()

    with robot.saying(SLOW, cancel) as ended:
        wait_until(lambda: 'model' in [message.feedback.stage for message in stages])
        cancel.cancel('enough')
        result = ended()

    assert Outcome(result.error_code) is Outcome.CANCELED
    assert 'parse' not in [message.feedback.stage for message in stages]
    assert result.steps_done == 0
    np.testing.assert_allclose(robot.joints(), before, atol=MOVED_RAD)


def test_the_next_instruction_is_carried_out_as_if_nothing_had_been(robot: Robot) -> None:
    act = robot.script.acts[0]
    assert not robot.holds(act)

    result = robot.say(act.instruction)

    assert (Outcome(result.error_code), result.error_msg) == (Outcome.OK, '')
    assert robot.holds(act)
