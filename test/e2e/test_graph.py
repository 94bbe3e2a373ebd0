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

"""The whole graph as processes, with the embedded model; the physics judges."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from ros_fixture import wait_until
from running_graph import DONE_S, SIM, Robot, running
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from vlm_robot.bringup.graphs import sim_graph
from vlm_robot.cli.demo import SEED
from vlm_robot.cli.demo_script import write_script
from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros import qos

pytestmark = [pytest.mark.ros, pytest.mark.sim, pytest.mark.e2e]

STILL_RAD_PER_S = 0.05


@pytest.fixture(scope='module')
def robot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    script = write_script(SEED)
    graph = sim_graph(seed=script.scene_seed, sim=SIM)
    with running(graph, script, tmp_path_factory.mktemp('graph')) as robot:
        yield robot


def test_a_sentence_on_the_topic_moves_the_thing_where_the_physics_says_it_belongs(
    robot: Robot,
) -> None:
    act = robot.script.acts[0]
    statuses = robot.ros.collect(DiagnosticStatus, 'task_node/status', qos.STATE)
    publisher = robot.ros.node.create_publisher(String, 'instruction', qos.COMMAND)
    wait_until(publisher.get_subscription_count)
    assert not robot.holds(act)

    publisher.publish(String(data=act.instruction))

    wait_until(lambda: any(v.key == 'outcome' for s in statuses for v in s.values), DONE_S)
    assert robot.holds(act)


def test_a_push_is_carried_out_and_its_feedback_names_stages_and_phases(robot: Robot) -> None:
    act = robot.script.acts[1]
    seen: list[tuple[str, str]] = []

    result = robot.say(act.instruction, on_feedback=lambda f: seen.append((f.stage, f.phase)))

    assert (result.error_code, result.error_msg) == (Outcome.OK, '')
    assert robot.holds(act)
    assert [stage for stage, _ in itertools.groupby(seen, key=lambda s: s[0])] == [
        'plan',
        'gate',
        'execute',
        'done',
    ]
    assert ('execute', 'push') in seen


def test_an_instruction_about_what_is_not_there_moves_nothing(robot: Robot) -> None:
    states = robot.ros.collect(JointState, 'joint_states', qos.SENSOR)
    wait_until(lambda: states)
    before = np.array(states[-1].position)

    result = robot.say('pick up the elephant')

    count = len(states)
    wait_until(lambda: len(states) > count)
    assert Outcome(result.error_code) is Outcome.NOT_FOUND
    np.testing.assert_allclose(states[-1].position, before, atol=0.01)


@pytest.mark.parametrize('phase', ['above', 'approach'])
def test_a_cancel_in_the_middle_of_a_motion_stops_the_arm(robot: Robot, phase: str) -> None:
    cancel = CancelToken()
    states = robot.ros.collect(JointState, 'joint_states', qos.SENSOR)

    result = robot.say(
        robot.script.acts[2].instruction,
        cancel=cancel,
        on_feedback=lambda f: cancel.cancel('enough') if f.phase == phase else None,
    )

    assert Outcome(result.error_code) is Outcome.CANCELED
    count = len(states)
    wait_until(lambda: len(states) > count)
    wait_until(lambda: np.abs(states[-1].velocity[:7]).max() < STILL_RAD_PER_S)


def test_the_doctor_finds_nothing_wrong_with_it(robot: Robot) -> None:
    with command('doctor', domain=robot.ros.context.get_domain_id()) as doctor:
        said, _ = doctor.communicate(timeout=60)

    assert (doctor.returncode, said.count('BAD')) == (0, 0)
    assert said.endswith('0 wrong\n')
    for subject in ('/image_raw', '/depth/image_raw', '/joint_states', 'vlm_node: self-test'):
        assert f'ok    {subject} ' in said


def test_without_a_robot_the_doctor_says_so_with_status_1() -> None:
    with command('doctor', '--seconds', '1', domain=101) as doctor:
        said, _ = doctor.communicate(timeout=60)

    assert doctor.returncode == 1
    assert 'is not running' in said


def test_the_robot_still_works_after_all_that(robot: Robot) -> None:
    act = robot.script.acts[2]

    result = robot.say(act.instruction)

    assert (Outcome(result.error_code), result.error_msg) == (Outcome.OK, '')
    assert robot.holds(act)


@contextmanager
def command(*arguments: str, domain: int) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, '-m', 'vlm_robot.cli.main', *arguments],
        env=os.environ | {'ROS_DOMAIN_ID': str(domain)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=hear_ctrl_c,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def hear_ctrl_c() -> None:
    """Undo that a shell lets its background jobs, and so this test run, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    found = []
    for stat in Path('/proc').glob('[0-9]*/stat'):
        try:
            fields = stat.read_text().rsplit(')', 1)[1].split()
        except OSError:  # it has just ended
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


@pytest.mark.parametrize('when', ['at once', 'when all processes run', 'when it is ready'])
def test_ctrl_c_ends_the_graph_at_any_moment_without_traceback_or_orphans(
    when: str, tmp_path: Path
) -> None:
    script = tmp_path / 'script.yaml'
    script.write_text('answers: {}')
    arguments = ('up', 'vlm', '--backend', 'scripted', '--model', str(script))
    log = tmp_path / 'up.log'
    nodes: list[int] = []
    with command(*arguments, '--log', str(log), domain=1 + os.getpid() % 100) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        if when != 'at once':
            wait_until(lambda: nodes.extend(children_of(process.pid)) or nodes)
        if when == 'when it is ready':
            said += process.stdout.readline()

        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=60)[0]

    assert process.returncode == 130
    assert 'Traceback' not in said + (log.read_text() if log.exists() else '')
    assert not [pid for pid in nodes if Path(f'/proc/{pid}').exists()]


def test_without_a_robot_say_ends_with_a_sentence_and_status_5() -> None:
    with command('say', 'pick the cube', domain=101) as process:
        said, _ = process.communicate(timeout=60)

    assert process.returncode == 5
    assert 'nobody serves' in said
