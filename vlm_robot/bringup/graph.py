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

"""Nodes and graphs of nodes, as values: for `ros2 launch` and for our own starter."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.resources import share_path

PACKAGE = 'vlm_robot'
READY = 'ready'
"""What a node logs when it serves."""
MISCONFIGURED = 2
"""Exit status of a node that cannot be run as it is configured."""

_FAST_DDS_2 = ('humble', 'iron', 'jazzy')

Value = bool | int | float | str


@dataclass(frozen=True)
class NodeSpec:
    """One node of a graph, in a process of its own."""

    executable: str
    parameter_files: tuple[str, ...] = ()  # below config/, or paths of the user's own
    parameters: Mapping[str, Value | tuple[Value, ...]] = field(default_factory=dict)  # win
    remappings: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)  # defaults: the user's win
    namespace: str = ''

    @property
    def name(self) -> str:
        """Name of the node."""
        return self.executable

    def parameter_paths(self) -> tuple[Path, ...]:
        """Return where the parameter files are."""
        return tuple(_found(name) for name in self.parameter_files)

    def arguments(self) -> list[str]:
        """Return the command line that follows the executable."""
        arguments = ['--ros-args', '--remap', f'__node:={self.name}']
        if self.namespace:
            arguments += ['--remap', f'__ns:=/{self.namespace.strip("/")}']
        arguments += self.parameter_arguments()
        for old, new in self.remappings.items():
            arguments += ['--remap', f'{old}:={new}']
        return arguments

    def parameter_arguments(self) -> list[str]:
        """Return the ROS arguments that set the parameters."""
        arguments = []
        for path in self.parameter_paths():
            arguments += ['--params-file', str(path)]
        for name, value in self.parameters.items():
            arguments += ['--param', f'{name}:={_yaml(value)}']
        return arguments

    def command(self) -> list[str]:
        """Return the whole command, run by this interpreter."""
        return [sys.executable, '-m', f'{PACKAGE}.nodes.{self.executable}', *self.arguments()]


@dataclass(frozen=True)
class Graph:
    """Nodes that are started and ended together; with a command, when that ends."""

    name: str
    nodes: tuple[NodeSpec, ...]
    command: tuple[str, ...] = ()  # of `vlm-robot`, run beside the nodes


def sim_environment() -> dict[str, str]:
    """Return the variables of a process that renders, and publishes images."""
    profiles = str(share_path('config', 'fastdds.xml'))
    rendering = {'MUJOCO_GL': 'egl', 'LP_NUM_THREADS': '1'}
    return rendering | {fast_dds_variable(): profiles}


def fast_dds_variable() -> str:
    """Return the variable that Fast DDS reads: versions 2 (until Jazzy) and 3 differ."""
    distro = os.environ.get('ROS_DISTRO', '')
    old = distro in _FAST_DDS_2 or any(_is_installed(f'ros-{d}-rclpy') for d in _FAST_DDS_2)
    return f'FAST{"RTPS" if old else "DDS"}_DEFAULT_PROFILES_FILE'


def _is_installed(distribution: str) -> bool:
    try:
        return bool(version(distribution))
    except PackageNotFoundError:
        return False


def _found(name: str) -> Path:
    """
    Find a parameter file.

    :raises ConfigurationError: when there is none.
    """
    path = Path(name).expanduser()
    if path.is_absolute() or path.is_file():
        if not path.is_file():
            raise ConfigurationError(f'parameter file {name!r} does not exist')
        return path.resolve()
    try:
        return share_path('config', name)
    except FileNotFoundError as err:
        raise ConfigurationError(f'parameter file {name!r} does not exist: {err}') from err


def _yaml(value: Value | tuple[Value, ...]) -> str:
    """Write a value as ROS's command line reads it: YAML, where a number in quotes is a string."""
    if isinstance(value, tuple):
        return f'[{", ".join(map(_yaml, value))}]'
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, str) and not value.isprintable():
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)
