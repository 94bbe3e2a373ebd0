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

"""motion_node with a six-joint arm of a URDF behind a fake controller: faults and outcomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml
from arm_fixture import FakeArm
from motion_client import MotionClient
from rclpy.parameter import Parameter
from ros_fixture import Ros, open_ros, wait_until
from sensor_msgs.msg import JointState

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.outcome import OK, Outcome
from vlm_robot.core.skills import Relation, Skill
from vlm_robot.core.values import Grounding, Step, Target
from vlm_robot.motion.kinematics import Kinematics
from vlm_robot.motion.mjcf import load_arm
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.trajectory import Trajectory
from vlm_robot.nodes.motion_node import MotionNode
from vlm_robot.resources import share_path
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import time_message, to_ns

pytestmark = pytest.mark.ros

UR5E = Path(__file__).parents[1] / 'arms' / 'ur5e.urdf'
SETTINGS_PATH = share_path('config', 'arms', 'ur5e.yaml')
SETTINGS = ArmSettings.load(SETTINGS_PATH)
PARAMETERS = {'arm_model': str(UR5E), 'state_timeout_s': 0.4, 'stall_timeout_s': 0.5}
STAMPED_S = 10


@dataclass(frozen=True)
class Cell:
    ros: Ros
    arm: FakeArm
    client: MotionClient

    def is_ready(self) -> bool:
        return self.client.execute(pick(), dry_run=True).ok


def pick(x: float = 0.5, y: float = 0.1) -> Step:
    thing = Grounding('base_link', (x, y, 0.02), 0.3, (0.04, 0.04, 0.04))
    return Step(Skill.PICK, Target('red cube', grounding=thing))


def place() -> Step:
    tray = Grounding('base_link', (0.45, -0.15, 0.01), 0.0, (0.1, 0.1, 0.02))
    target = Target('blue tray', grounding=tray)
    return Step(Skill.PLACE, target, relation=Relation.ON, goal=(0.45, -0.15, 0.02))


def brisk(folder: Path) -> Path:
    """Write settings of an arm that is quicker than the shipped one, for the tests' sake."""
    values = yaml.safe_load(SETTINGS_PATH.read_text(encoding='utf-8'))
    factors = {'velocity': 4, 'acceleration': 20, 'jerk': 100}
    values['limits'] = {
        name: [factor * value for value in values['limits'][name]]
        for name, factor in factors.items()
    }
    values['speed'] = {name: 8 * value for name, value in values['speed'].items()}
    path = folder / 'arm.yaml'
    path.write_text(yaml.safe_dump(values), encoding='utf-8')
    return path


@pytest.fixture(scope='module')
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    with open_ros() as ros:
        arm = ros.spin(FakeArm(SETTINGS, context=ros.context))
        arm_file = brisk(tmp_path_factory.mktemp('arm'))
        client = MotionClient(ros)
        ros.start(MotionNode, arm_file=str(arm_file), **PARAMETERS)
        yield Cell(ros, arm, client)


@pytest.fixture(autouse=True)
def _sound(cell: Cell) -> Iterator[None]:
    cell.arm.mend()
    wait_until(cell.is_ready, 5.0)
    yield
    assert cell.arm.refused == []


def changed(**values: object) -> Callable[[JointState], JointState]:
    """Return a fault that replaces fields; a function gets the field's value."""

    def twist(message: JointState) -> JointState:
        for name, value in values.items():
            setattr(message, name, value(getattr(message, name)) if callable(value) else value)
        return message

    return twist


def stamped(offset_s: float) -> Callable[[JointState], JointState]:
    def twist(message: JointState) -> JointState:
        shifted_ns = to_ns(message.header.stamp) + int(offset_s * 1e9)
        message.header.stamp = time_message(shifted_ns)
        return message

    return twist


def frozen() -> Callable[[JointState], JointState]:
    first: list[JointState] = []

    def twist(message: JointState) -> JointState:
        first.append(message)
        message.header.stamp = first[0].header.stamp
        return message

    return twist


def with_second(value: float) -> Callable[[object], list[float]]:
    return lambda positions: [positions[0], value, *list(positions)[2:]]  # type: ignore[index]


STATES = {
    'renamed joints': (
        changed(name=lambda names: [f'left_{name}' for name in names]),
        "'/joint_states' lacks shoulder_pan_joint, .*: there are left_shoulder_pan_joint, ",
    ),
    'one joint is missing': (
        changed(name=lambda names: ['base', *names[1:]]),
        'lacks shoulder_pan_joint: there are .*base',
    ),
    'too few positions': (
        changed(position=lambda positions: list(positions)[:3]),
        'names 7 joints but gives 3 positions',
    ),
    'NaN': (changed(position=with_second(np.nan)), 'position of shoulder_lift_joint is nan'),
    'infinity': (changed(position=with_second(np.inf)), 'shoulder_lift_joint is inf'),
    'outside the limits': (
        changed(position=with_second(-6.5)),
        r'shoulder_lift_joint (is at -6.500: its limits are -6.283 to 6.283|jumps)',
    ),
    'old stamps': (stamped(-STAMPED_S), r'it is (9\.9|1\d\.\d) s old by the clock'),
    'stamps ahead': (stamped(STAMPED_S), r'it is (9\.\d|10\.0) s ahead by the clock'),
    'stamps of zero': (changed(header=JointState().header), 'its stamps are 0'),
    'stamps that stand still': (frozen(), r'its stamps stand still at \d+|s old by the clock'),
    'silence': (lambda _: None, 'no joint state arrived .* for 0.4 s'),
}


@pytest.mark.parametrize('fault', STATES)
def test_joint_states_that_cannot_be_used_are_refused_by_name_and_nothing_moves(
    cell: Cell, fault: str
) -> None:
    twist, sentence = STATES[fault]
    cell.arm.twist = twist
    wait_until(lambda: not cell.is_ready())
    verdict = cell.client.execute(pick())
    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert re.search(sentence, verdict.message), verdict.message
    assert cell.arm.commands == []


def test_two_publishers_that_disagree_are_named_and_nothing_moves(cell: Cell) -> None:
    other = cell.ros.node.create_publisher(JointState, 'joint_states', qos.STREAM)

    def twist(message: JointState) -> JointState:
        elsewhere = JointState(header=message.header, name=message.name)
        elsewhere.position = [value + 0.5 for value in message.position]
        other.publish(elsewhere)
        return message

    cell.arm.twist = twist
    wait_until(lambda: not cell.is_ready())
    verdict = cell.client.execute(pick())
    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert 'jumps from' in verdict.message
    assert '2 publishers disagree' in verdict.message
    assert cell.arm.commands == []
    cell.arm.twist = None
    wait_until(cell.is_ready)
    cell.ros.node.destroy_publisher(other)


def test_an_arm_that_moves_without_being_told_is_left_alone(cell: Cell) -> None:
    cell.arm.drift(0.5)
    wait_until(lambda: not cell.is_ready())
    verdict = cell.client.execute(pick())
    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert 'the arm moves without being told: shoulder_pan_joint at 0.' in verdict.message
    assert cell.arm.commands == []


def _deaf(arm: FakeArm) -> None:
    arm.deaf = ('arm',)


def _half_way(arm: FakeArm) -> None:
    arm.halts_after = 0.5


def _elsewhere(arm: FakeArm) -> None:
    def mirrored(trajectory: Trajectory) -> Trajectory:
        start = trajectory.positions[0]
        turned = 2 * start - trajectory.positions
        return Trajectory(trajectory.times_s, turned, -trajectory.velocities)

    arm.on_play = mirrored


def _silent_once_moving(arm: FakeArm) -> None:
    home = np.array(SETTINGS.home)
    arm.twist = lambda message: (
        None if np.abs(np.array(message.position[:6]) - home).max() > 0.1 else message
    )


def _stiff_fingers(arm: FakeArm) -> None:
    arm.deaf = ('gripper',)
    arm.thing_m = 0.0


MOVING = {
    'a controller that does nothing': (_deaf, 'the arm stands still short of its goal, '),
    'a controller that stops half-way': (_half_way, 'the arm stands still short of its goal, '),
    'an arm that goes elsewhere': (_elsewhere, 'the arm left its way: '),
    'joint states that end on the way': (_silent_once_moving, 'no joint state arrived'),
    'fingers that do not move': (_stiff_fingers, 'the fingers do not move: they are 85 mm apart'),
}


@pytest.mark.parametrize('fault', MOVING)
def test_an_arm_that_does_not_do_as_told_ends_the_step_by_name(cell: Cell, fault: str) -> None:
    switch_on, sentence = MOVING[fault]
    switch_on(cell.arm)
    verdict = cell.client.execute(pick())
    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert sentence in verdict.message


@pytest.mark.parametrize(
    'twist',
    [
        changed(velocity=lambda velocities: [np.nan] * len(velocities)),
        changed(
            name=lambda names: ['wheel', *reversed(names)],
            position=lambda positions: [9.0, *reversed(positions)],
            velocity=[],
        ),
    ],
    ids=['velocities of NaN', 'no velocities, in another order, with others'],
)
def test_a_thing_is_picked_by_a_six_joint_arm(
    cell: Cell, twist: Callable[[JointState], JointState]
) -> None:
    cell.arm.twist, cell.arm.thing_m = twist, 0.04
    phases: list[str] = []
    assert cell.client.execute(pick(), on_phase=phases.append) == OK
    assert phases == ['above', 'open', 'approach', 'grasp', 'lift']
    assert cell.arm.commands == ['arm', 'gripper', 'arm', 'arm', 'gripper', 'arm']
    assert max(cell.arm.steps_rad) < 0.05
    tool = Kinematics(load_arm(UR5E, SETTINGS), SETTINGS).tcp(cell.arm.joints)
    np.testing.assert_allclose(tool.translation(), (0.5, 0.1, SETTINGS.heights.transit), atol=5e-3)
    assert cell.client.execute(place()) == OK  # or the node would still hold it


def test_an_arm_that_stands_a_little_beside_its_way_is_not_told_to_jump(cell: Cell) -> None:
    cell.arm.thing_m = 0.04
    jogs = iter([0.02])
    verdict = cell.client.execute(
        pick(), on_phase=lambda phase: phase == 'open' and cell.arm.jog(next(jogs, 0.0))
    )
    assert verdict == OK
    assert max(cell.arm.steps_rad) < 0.015
    assert cell.client.execute(place()) == OK


def test_an_arm_that_was_moved_between_two_motions_is_not_moved_on(cell: Cell) -> None:
    def jog(phase: str) -> None:
        if phase == 'open':
            cell.arm.jog(0.08)

    cell.arm.thing_m = 0.04
    verdict = cell.client.execute(pick(), on_phase=jog)
    assert verdict.outcome is Outcome.CONTROLLER_FAILED
    assert 'the arm is not where it was: shoulder_pan_joint is at ' in verdict.message
    assert cell.arm.commands == ['arm', 'gripper']


def test_a_canceled_arm_comes_to_rest_where_it_is(cell: Cell) -> None:
    token = CancelToken()
    cell.arm.thing_m = 0.04
    verdict = cell.client.execute(pick(), cancel=token, on_phase=lambda _: token.cancel('enough'))
    assert verdict.outcome is Outcome.CANCELED
    assert cell.arm.commands[-1] == 'arm'
    assert 'gripper' not in cell.arm.commands


def test_a_canceled_arm_whose_states_were_late_does_not_jump_back_to_the_last_one(
    cell: Cell,
) -> None:
    token, home = CancelToken(), cell.arm.joints.copy()

    def moved_by() -> float:
        return float(np.abs(cell.arm.joints - home).max())

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(cell.client.execute, pick(), cancel=token)
        wait_until(lambda: moved_by() > 0.2)
        cell.arm.twist = lambda message: None
        wait_until(lambda: moved_by() > 0.7)
        token.cancel('enough')
        wait_until(lambda: moved_by() > 0.8 or len(cell.arm.steps_rad) > 1)
        cell.arm.twist = None
        verdict = running.result(30)

    assert verdict.outcome is Outcome.CANCELED
    assert len(cell.arm.steps_rad) == 2
    assert cell.arm.steps_rad[-1] < 0.2


@pytest.mark.parametrize(
    ('place', 'sentence'),
    [
        ((1.5, 0.0), r'cannot reach \(1\.50, 0\.00, 0\.22\) m .* ends .* cm away'),
        ((0.02, 0.02), 'near a singularity of shoulder_pan_joint and wrist_3_joint'),
    ],
)
def test_a_step_that_cannot_be_done_is_refused_before_anything_moves(
    cell: Cell, place: tuple[float, float], sentence: str
) -> None:
    verdict = cell.client.execute(pick(*place))
    assert verdict.outcome is Outcome.UNREACHABLE
    assert re.search(sentence, verdict.message), verdict.message
    assert cell.arm.commands == []


def test_home_is_reached_from_anywhere(cell: Cell) -> None:
    assert cell.client.go_home() == OK
    np.testing.assert_allclose(cell.arm.joints, SETTINGS.home, atol=0.01)


def test_nobody_listens_and_nothing_is_sent() -> None:
    with open_ros() as ros:
        node = ros.bare_node('states_only')
        publisher = node.create_publisher(JointState, 'joint_states', qos.STREAM)
        names = [*SETTINGS.joint_names, *SETTINGS.gripper.joints]

        def publish() -> None:
            message = JointState(name=names, position=[*SETTINGS.home, 0.0])
            message.header.stamp = node.get_clock().now().to_msg()
            publisher.publish(message)

        ros.node.create_timer(0.02, publish)
        client = MotionClient(ros)
        ros.start(MotionNode, arm_file=str(SETTINGS_PATH), **PARAMETERS)
        verdict = client.execute(pick())
        assert verdict.outcome is Outcome.CONTROLLER_FAILED
        assert "no controller listens on '/arm_controller/joint_trajectory'" in verdict.message


def test_an_executor_that_is_not_known_is_refused_at_the_start() -> None:
    telepathy = Parameter('executor', value='telepathy')
    with open_ros() as ros, pytest.raises(ConfigurationError, match='trajectory, topic, moveit'):
        MotionNode(context=ros.context, parameter_overrides=[telepathy])
