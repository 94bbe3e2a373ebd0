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

"""The whole graph as processes, with answers from a script: things put into free space."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from running_graph import SIM, Robot, running

from vlm_robot.bringup.graphs import sim_graph
from vlm_robot.cli.demo_script import SCENES, Act, Script
from vlm_robot.cli.true_answers import true_answer
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import Relation
from vlm_robot.models.conventions.plan_json import PlanJsonConvention
from vlm_robot.models.units import Units
from vlm_robot.sim.goals import Goal
from vlm_robot.sim.scene import sample_scene

pytestmark = [pytest.mark.ros, pytest.mark.sim, pytest.mark.e2e]

SEED = 1  # of a scene with room for both
BETWEEN = Goal('yellow cylinder', Relation.BETWEEN, 'pink bowl', other='orange cylinder')
LEFT = Goal('blue cylinder', Relation.LEFT_OF, 'pink bowl')
ACTS = (
    Act('put the yellow cylinder between the pink bowl and the orange cylinder', (BETWEEN,)),
    Act('put the blue cylinder to the left of the pink bowl', (LEFT,)),
)
SCENE = sample_scene(SEED, SCENES)


@pytest.fixture(scope='module')
def robot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    folder = tmp_path_factory.mktemp('graph')
    script = folder / 'answers.yaml'
    answers = {
        act.instruction: true_answer(SCENE, act.goals or (), PlanJsonConvention(Units()))
        for act in ACTS
    }
    script.write_text(yaml.safe_dump({'convention': 'plan_json', 'answers': answers}))
    graph = sim_graph(
        seed=SEED,
        sim=SIM,
        vlm={'backend.name': 'scripted', 'backend.model': str(script)},
        task={'gate.accept_unknown_confidence': True},
    )
    with running(graph, Script(SEED, ACTS), folder) as robot:
        yield robot


def test_things_are_put_between_two_others_and_on_a_side_where_the_physics_wants_them(
    robot: Robot,
) -> None:
    assert not any(robot.holds(act) for act in ACTS)

    for act in ACTS:
        result = robot.say(act.instruction)
        assert (Outcome(result.error_code), result.error_msg) == (Outcome.OK, '')

    assert all(robot.holds(act) for act in ACTS)
