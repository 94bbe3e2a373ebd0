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

import sys
from importlib import import_module
from typing import Any

from vlm_robot.bringup.graph import PACKAGE, NodeSpec
from vlm_robot.bringup.graphs import GRAPHS, Argument, GraphKind


def launch_description(name: str) -> Any:
    """
    Return the LaunchDescription of a graph: its arguments, and then its nodes.

    :param name: one of `GRAPHS`.
    """
    launch: Any = import_module('launch')
    actions: Any = import_module('launch.actions')
    kind = GRAPHS[name]
    return launch.LaunchDescription(
        [
            *(_declared(argument) for argument in kind.arguments),
            actions.OpaqueFunction(function=_start, args=[kind]),
        ]
    )


def _declared(argument: Argument) -> Any:
    actions: Any = import_module('launch.actions')
    choices = ['', *argument.choices] if argument.choices else None
    return actions.DeclareLaunchArgument(
        argument.name,
        default_value='',
        description=f'{argument.description}; empty leaves it to the parameter files',
        choices=choices,
    )


def _start(context: Any, kind: GraphKind) -> list[Any]:
    """Return the processes of a graph with what was typed after `name:=`."""
    actions: Any = import_module('launch.actions')
    typed = {a.name: str(context.launch_configurations.get(a.name, '')) for a in kind.arguments}
    graph = kind.start(typed)
    processes = [_node(spec) for spec in graph.nodes]
    if graph.command:
        command = [sys.executable, '-m', f'{PACKAGE}.cli.main', *graph.command]
        processes.append(
            actions.ExecuteProcess(
                cmd=command, name=graph.command[0], output='screen', on_exit=actions.Shutdown()
            )
        )
    return processes


def _node(spec: NodeSpec) -> Any:
    actions: Any = import_module('launch.actions')
    ros_actions: Any = import_module('launch_ros.actions')
    return ros_actions.Node(
        package=PACKAGE,
        executable=spec.executable,
        name=spec.name,
        namespace=spec.namespace or None,
        ros_arguments=spec.parameter_arguments(),
        remappings=list(spec.remappings.items()),
        additional_env=dict(spec.environment),
        output='screen',
        on_exit=actions.Shutdown(),
    )
