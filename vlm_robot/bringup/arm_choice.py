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


"""A real robot's arm is never the simulated one by default: it has to be named."""

from __future__ import annotations

from vlm_robot.bringup.graph import Graph
from vlm_robot.core.errors import ConfigurationError

_NEEDED = {'arm_file': '--arm (arm:=)', 'arm_model': '--arm-model (arm_model:=)'}


def require_arm(graph: Graph) -> None:
    """
    See that motion_node is told which arm it plans for, where it is the one who plans.

    :param graph: settled, so that each node has all its parameters.
    :raises ConfigurationError: when it is not.
    """
    for spec in graph.nodes:
        plans = spec.parameters.get('executor', 'trajectory') == 'trajectory'
        missing = [option for name, option in _NEEDED.items() if not spec.parameters.get(name)]
        if spec.name == 'motion_node' and plans and missing:
            raise ConfigurationError(
                f'nobody says which arm this is: give its {" and ".join(missing)}, or as '
                "parameters of motion_node; or another executor than 'trajectory'"
            )
