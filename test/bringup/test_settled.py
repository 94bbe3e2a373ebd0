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

"""What the nodes of a graph are given is known to be right before any is started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ros_fixture import Ros, open_ros

from vlm_robot.bringup.graph import Graph, NodeSpec
from vlm_robot.bringup.graphs import GRAPHS
from vlm_robot.bringup.settled import settled
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.nodes.parameters import NODES
from vlm_robot.ros import parameters


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / 'mine.yaml'


def section(name: str, *lines: str) -> str:
    return '\n    '.join([f'{name}:\n  ros__parameters:', *lines]) + '\n'


def spec(*files: Path, node: str = 'task_node', **changes: Any) -> NodeSpec:
    return NodeSpec(node, tuple(map(str, files)), **changes)


def settled_spec(*files: Path, node: str = 'task_node', **changes: Any) -> NodeSpec:
    (done,) = settled(Graph('one', (spec(*files, node=node, **changes),))).nodes
    return done


def refusal(file: Path, text: str, **changes: Any) -> str:
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        settled_spec(file, **changes)
    return str(caught.value)


@pytest.mark.parametrize('name', ['sim', 'vlm', 'demo'])
def test_the_shipped_files_can_be_used_as_they_are(name: str) -> None:
    for node in settled(GRAPHS[name].graph({})).nodes:
        assert node.parameters
        assert set(node.parameters) <= set(parameters.names(NODES[node.name]))


@pytest.mark.parametrize(
    ('earlier', 'later', 'expected'),
    [
        ('camera.max_age_s: 2', 'camera.max_age_s: 0.5', 0.5),
        ('camera.max_age_s: 0.5', 'camera.max_age_s: 2', 2.0),
        (
            'grounding.workspace_min: [1, 2, 3]',
            'grounding.workspace_min: [0.5, 0.5, 0.5]',
            (0.5,) * 3,
        ),
        ('camera.depth_translation: [1.0]', 'camera.depth_translation: []', ()),
        ('camera: {transport: raw}', 'camera.transport: compressed', 'compressed'),
    ],
)
def test_the_last_file_wins_whatever_the_types_look_like(
    tmp_path: Path, earlier: str, later: str, expected: object
) -> None:
    files = [tmp_path / 'a.yaml', tmp_path / 'b.yaml']
    for path, line in zip(files, (earlier, later), strict=True):
        path.write_text(section('/**/vlm_node', line))

    (value,) = settled_spec(*files, node='vlm_node').parameters.values()

    assert (type(value), value) == (type(expected), expected)


@pytest.fixture
def ros() -> Iterator[Ros]:
    with open_ros() as ros:
        yield ros


@pytest.mark.ros
def test_a_node_gets_what_the_files_and_the_command_line_say(ros: Ros, file: Path) -> None:
    lines = ("base_frame: 'it''s'", 'gate.max_age_s: 3', 'gate.keep_out: [0, 1, 2, 3, 4, 5]')
    text = section('/**/task_node', *lines[1:], 'gate.skills: []', 'gate.dry_run: off')
    file.write_text(text + section('/**', 'use_sim_time: false'))
    done = settled_spec(file, parameters={'policy': 'queue'})
    node = ros.bare_node('task_node', cli_args=['--ros-args', *done.parameter_arguments()])

    filled = parameters.declare(node, NODES['task_node'])

    assert (filled.policy, filled.gate.max_age_s, filled.gate.dry_run) == ('queue', 3.0, False)
    assert filled.gate.keep_out == (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    assert filled.gate.skills == ()


@pytest.mark.parametrize(
    ('text', 'line', 'sentence'),
    [
        (
            section('/**/task_node', 'gate.keepout: [1.0]'),
            3,
            "unknown parameter of task_node 'gate.keepout'",
        ),
        (section('/**/task_node', 'gate.keepout: [1.0]'), 3, "did you mean 'gate.keep_out'"),
        (section('/**/task_node', 'dry_run: true'), 3, 'gate.dry_run'),
        (section('/**', 'gate.dry_runs: true'), 3, "did you mean 'gate.dry_run'"),
        (section('/**/task_nod', 'replans: 1'), 2, "unknown section '/**/task_nod'"),
        (section('/**/task_nod', 'replans: 1'), 2, "did you mean '/**/task_node'"),
        (section('/task_node', 'replans: 1'), 2, "unknown section '/task_node'"),
        (section('/right/task_node', 'replans: 1'), 2, "unknown section '/right/task_node'"),
        (
            section('/**/task_node', 'gate.dry_run: "false"'),
            3,
            "expected bool like True, not 'false'",
        ),
        (section('/**/task_node', 'replans: 1.0'), 3, 'expected int like 1, not 1.0'),
        (section('/**/task_node', 'replans: 9'), 3, "'replans' is 9: expected 0 to 5"),
        (section('/**/task_node', 'policy: on'), 3, "expected str like 'reject', not True"),
        (section('/**/task_node', 'timeout_s: .nan'), 3, "'timeout_s' is nan"),
    ],
)
def test_what_would_be_ignored_or_misread_is_refused_by_its_line(
    file: Path, text: str, line: int, sentence: str
) -> None:
    said = refusal(file, text, namespace='left')

    assert said.startswith(f'{file}, line {line}: ')
    assert sentence in said


def test_a_file_may_be_shared_with_a_graph_of_more_nodes(file: Path) -> None:
    file.write_text(section('/**/motion_node', 'executor: topic') + section('/**/task_node'))

    assert settled_spec(file).parameters == {}


def test_a_file_may_be_shared_with_somebody_elses_nodes(file: Path) -> None:
    file.write_text(section('/camera/realsense2_camera', 'depth: true') + section('/**/task_node'))

    assert settled_spec(file).parameters == {}


@pytest.mark.parametrize('name', ['arm_file', 'arm_model'])
def test_a_file_of_the_arm_that_is_not_there_is_named_before_anything_starts(
    name: str, tmp_path: Path
) -> None:
    missing = str(tmp_path / 'panda.yaml')

    with pytest.raises(ConfigurationError, match=f"'{name}' is '{missing}': there is no such"):
        settled_spec(node='motion_node', parameters={name: missing})
