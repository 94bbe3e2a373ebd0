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

"""A graph as a `ros2 launch` description. Needs a ROS installation that has `launch_ros`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from vlm_robot.bringup import PACKAGE, Graph


def launch_description(
    graph: Graph, *, arguments: Mapping[str, Any], overrides: Mapping[str, dict[str, Any]]
) -> Any:
    """
    Return the LaunchDescription of a graph.

    :param arguments: name -> DeclareLaunchArgument, declared before the nodes.
    :param overrides: executable -> parameters that are launch substitutions.
    """
    launch: Any = import_module('launch')
    actions: Any = import_module('launch.actions')
    ros_actions: Any = import_module('launch_ros.actions')
    nodes = [
        ros_actions.Node(
            package=PACKAGE,
            executable=spec.executable,
            name=spec.name,
            parameters=[
                *(str(path) for path in spec.parameter_paths()),
                dict(spec.parameters),
                overrides.get(spec.executable, {}),
            ],
            remappings=list(spec.remappings.items()),
            additional_env=dict(spec.environment),
            output='screen',
            on_exit=actions.Shutdown(),
        )
        for spec in graph.nodes
    ]
    return launch.LaunchDescription([*arguments.values(), *nodes])
