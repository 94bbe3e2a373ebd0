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

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml

from vlm_robot.bringup.graph import Graph, NodeSpec
from vlm_robot.bringup.graphs import GRAPHS, vlm_graph
from vlm_robot.bringup.supervisor import GraphError, Supervisor
from vlm_robot.core.geometry import from_quaternion
from vlm_robot.resources import share_path

DEADLINE_S = 60.0


@pytest.mark.parametrize('graph', [kind.graph({}) for kind in GRAPHS.values()])
def test_every_node_of_a_graph_has_its_parameter_files_and_a_module(graph: Graph) -> None:
    for spec in graph.nodes:
        assert all(path.is_file() for path in spec.parameter_paths())
        module = spec.command()[2].removeprefix('vlm_robot.')
        assert Path(share_path('vlm_robot', *module.split('.')[:-1])).is_dir()


def test_parameters_are_written_as_the_command_line_reads_them() -> None:
    spec = NodeSpec('x', parameters={'a.flag': True, 'b': 3, 'c': "it's 5", 'd': 0.5})
    arguments = spec.arguments()

    values = [a for before, a in pairwise(arguments) if before == '--param']

    assert dict(v.split(':=') for v in values).keys() == {'a.flag', 'b', 'c', 'd'}
    assert [yaml.safe_load(v.split(':=')[1]) for v in values] == [True, 3, "it's 5", 0.5]


@pytest.mark.sim
def test_the_extrinsics_in_the_config_file_are_the_simulated_cameras() -> None:
    from vlm_robot.sim.camera import OPTICAL_FRAME, T_base_camera

    (section,) = yaml.safe_load(share_path('config', 'sim_camera.yaml').read_text()).values()
    given = section['ros__parameters']
    pose = from_quaternion(given['extrinsics.translations'], given['extrinsics.quats_xyzw'])

    np.testing.assert_allclose(pose, T_base_camera(), atol=1e-9)
    assert given['extrinsics.camera_frames'] == [OPTICAL_FRAME]


@pytest.mark.ros
def test_a_node_that_ends_fails_the_graph_and_its_sentence_is_shown(tmp_path: Path) -> None:
    graph = vlm_graph({'backend.name': 'no_such_backend'})
    lines: list[str] = []
    with (
        pytest.raises(GraphError, match='vlm_node ended with status 2') as caught,
        Supervisor(graph, log_path=tmp_path / 'log', on_line=lines.append) as supervisor,
    ):
        supervisor.wait_ready(DEADLINE_S)

    assert caught.value.is_misconfigured
    assert any("unknown backend 'no_such_backend'" in line for line in lines)
    assert "unknown backend 'no_such_backend'" in (tmp_path / 'log').read_text()
