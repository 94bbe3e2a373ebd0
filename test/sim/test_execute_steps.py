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

"""Steps carried out in the physics, with groundings from the simulator's ground truth."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import mujoco
import numpy as np
import pytest

from vlm_robot.core.outcome import OK, Outcome
from vlm_robot.core.skills import Relation, Skill
from vlm_robot.core.values import Grounding, Point3, Step, Target
from vlm_robot.motion.executor import StepExecutor
from vlm_robot.motion.mjcf import load_arm
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.sim.catalogue import SHAPES, Kind, Size
from vlm_robot.sim.model import ARM_PATH
from vlm_robot.sim.robot import SimRobot
from vlm_robot.sim.scene import ObjectSpec, SceneSpec
from vlm_robot.sim.tabletop import ObjectState, Tabletop

pytestmark = pytest.mark.sim

_GO_ON = threading.Event()


@pytest.fixture(scope='module')
def settings() -> ArmSettings:
    return ArmSettings.load()


@pytest.fixture(scope='module')
def arm(settings: ArmSettings) -> mujoco.MjModel:
    return load_arm(ARM_PATH, settings)


@dataclass(frozen=True)
class _Cell:
    """A scene with its robot and executor."""

    tabletop: Tabletop
    robot: SimRobot
    executor: StepExecutor

    def state(self, name: str) -> ObjectState:
        return next(item for item in self.tabletop.objects() if item.spec.name == name)

    def target(self, name: str) -> Target:
        """Return a thing with its true grounding."""
        state = self.state(name)
        w, x, y, z = state.quat_wxyz
        yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        shape = state.spec.shape
        size = (shape.length, shape.width, shape.height)
        position = tuple(state.position.tolist())
        return Target(name, grounding=Grounding('base', position, yaw, size))

    def pick(self, name: str) -> Step:
        return Step(Skill.PICK, self.target(name))

    def execute(self, step: Step) -> Outcome:
        return self.executor.execute(step, self.robot, cancel=_GO_ON).outcome


MakeCell = Callable[..., _Cell]


def _thing(
    name: str, kind: Kind, size: Size, x: float, y: float, *, yaw: float = 0.3
) -> ObjectSpec:
    return ObjectSpec(name, kind, size, 'red', x, y, SHAPES[kind, size].height / 2, yaw)


@pytest.fixture
def make_cell(settings: ArmSettings, arm: mujoco.MjModel) -> Iterator[MakeCell]:
    cells: list[_Cell] = []

    def make(*objects: ObjectSpec) -> _Cell:
        tabletop = Tabletop(SceneSpec(0, objects))
        tabletop.step(200)
        cells.append(_Cell(tabletop, SimRobot(tabletop, settings), StepExecutor(settings, arm)))
        return cells[-1]

    yield make
    for cell in cells:
        cell.tabletop.close()


@pytest.mark.parametrize('size', list(Size))
@pytest.mark.parametrize('kind', [Kind.CUBE, Kind.BALL, Kind.CYLINDER, Kind.MUG])
def test_a_thing_is_lifted_and_held(make_cell: MakeCell, kind: Kind, size: Size) -> None:
    cell = make_cell(_thing('thing', kind, size, 0.6, 0.2, yaw=2.0))
    assert cell.execute(cell.pick('thing')) is Outcome.OK
    assert cell.state('thing').position[2] > 0.15
    assert cell.executor.held is not None
    assert cell.executor.go_home(cell.robot, _GO_ON) == OK
    assert np.linalg.norm(cell.state('thing').position - cell.tabletop.tcp()) < 0.05


@pytest.mark.parametrize(
    ('held', 'relation', 'support', 'goal_z'),
    [
        (Kind.BALL, Relation.IN, Kind.BOWL, 0.005),
        (Kind.MUG, Relation.IN, Kind.TRAY, 0.005),
        (Kind.CYLINDER, Relation.ON, Kind.CUBE, 0.055),
        (Kind.CUBE, Relation.NEXT_TO, Kind.PLATE, 0.0),
    ],
)
def test_a_held_thing_is_put_to_its_goal(
    make_cell: MakeCell, held: Kind, relation: Relation, support: Kind, goal_z: float
) -> None:
    cell = make_cell(
        _thing('held', held, Size.SMALL, 0.45, -0.2),
        _thing('support', support, Size.LARGE, 0.5, 0.12),
    )
    goal: Point3 = (0.5, 0.12, goal_z) if relation is not Relation.NEXT_TO else (0.5, -0.05, 0.0)
    assert cell.execute(cell.pick('held')) is Outcome.OK
    step = Step(Skill.PLACE, cell.target('support'), relation=relation, goal=goal)
    assert cell.execute(step) is Outcome.OK
    assert cell.executor.held is None
    assert cell.executor.go_home(cell.robot, _GO_ON) == OK
    state = cell.state('held')
    assert np.hypot(*(state.position[:2] - goal[:2])) < 0.02
    assert state.position[2] - state.spec.shape.height / 2 == pytest.approx(goal_z, abs=0.01)
    assert state.linear_speed < 0.01


@pytest.mark.parametrize(
    ('kind', 'heading'),
    [(Kind.BALL, 0.0), (Kind.CUBE, 1.0), (Kind.PLATE, 2.0), (Kind.TRAY, 3.0)],
)
def test_a_thing_is_pushed_by_ten_centimetres(
    make_cell: MakeCell, kind: Kind, heading: float
) -> None:
    cell = make_cell(_thing('thing', kind, Size.SMALL, 0.5, 0.0))
    turn = heading * math.pi / 2
    goal = (0.5 + 0.1 * math.cos(turn), 0.1 * math.sin(turn), cell.state('thing').position[2])
    assert cell.execute(Step(Skill.PUSH, cell.target('thing'), goal=goal)) is Outcome.OK
    cell.tabletop.step(300)
    assert np.linalg.norm(cell.state('thing').position - goal) < 0.02


def test_a_grasp_beside_the_thing_is_tried_twice_and_then_reported(make_cell: MakeCell) -> None:
    cell = make_cell(_thing('cube', Kind.CUBE, Size.SMALL, 0.5, 0.0))
    thing = cell.target('cube')
    assert thing.grounding is not None
    beside = replace(thing, grounding=replace(thing.grounding, position=(0.5, 0.15, 0.02)))
    phases: list[str] = []
    verdict = cell.executor.execute(
        Step(Skill.PICK, beside), cell.robot, cancel=_GO_ON, on_phase=phases.append
    )
    assert verdict.outcome is Outcome.GRASP_FAILED
    assert 'closed beside the cube' in verdict.message
    assert phases.count('grasp') == 2
    assert cell.executor.held is None


def test_a_thing_that_was_lost_on_the_way_is_reported(make_cell: MakeCell) -> None:
    cell = make_cell(
        _thing('cube', Kind.CUBE, Size.SMALL, 0.5, 0.0),
        _thing('bowl', Kind.BOWL, Size.LARGE, 0.5, 0.2),
    )
    assert cell.execute(cell.pick('cube')) is Outcome.OK
    cell.robot.grip(0.08, cancel=_GO_ON)
    cell.robot.grip(0.0, cancel=_GO_ON)
    goal = (0.5, 0.2, 0.005)
    step = Step(Skill.PLACE, cell.target('bowl'), relation=Relation.IN, goal=goal)
    assert cell.execute(step) is Outcome.GRASP_FAILED
    assert cell.executor.held is None


def test_a_hand_that_is_blocked_by_a_neighbour_comes_down_turned(make_cell: MakeCell) -> None:
    cell = make_cell(
        _thing('ball', Kind.BALL, Size.SMALL, 0.5, 0.0, yaw=0.0),
        _thing('mug', Kind.MUG, Size.LARGE, 0.5, 0.08, yaw=math.pi / 2),
    )
    assert cell.execute(cell.pick('ball')) is Outcome.OK
    assert cell.state('ball').position[2] > 0.15


@pytest.mark.parametrize('phase', ['above', 'approach', 'grasp', 'lift'])
def test_a_cancelled_pick_stops_and_the_arm_can_go_home(make_cell: MakeCell, phase: str) -> None:
    cell = make_cell(_thing('cube', Kind.CUBE, Size.SMALL, 0.5, 0.0))
    cancel = threading.Event()
    seen: list[str] = []

    def cancel_at(name: str) -> None:
        seen.append(name)
        if name == phase:
            cancel.set()

    verdict = cell.executor.execute(
        cell.pick('cube'), cell.robot, cancel=cancel, on_phase=cancel_at
    )
    assert verdict.outcome is Outcome.CANCELED
    assert seen[-1] == phase
    assert cell.executor.go_home(cell.robot, _GO_ON) == OK
    home = ArmSettings.load().home
    np.testing.assert_allclose(cell.robot.joints().arm, home, atol=5e-3)


def test_a_step_that_is_refused_moves_nothing(make_cell: MakeCell) -> None:
    cell = make_cell(_thing('plate', Kind.PLATE, Size.LARGE, 0.5, 0.0))
    before = cell.tabletop.time_s
    assert cell.execute(cell.pick('plate')) is Outcome.NO_GRASP
    assert cell.tabletop.time_s == before
