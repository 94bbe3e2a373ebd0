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

"""What the nodes of a graph are given, checked before any is started."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from vlm_robot.bringup.graph import Graph, NodeSpec
from vlm_robot.bringup.parameter_files import Given, Section, read_parameters
from vlm_robot.core.errors import ConfigurationError, UnknownNameError
from vlm_robot.nodes.parameters import NODES
from vlm_robot.ros.parameters import checked, is_of_ros


def settled(graph: Graph) -> Graph:
    """
    Return a graph whose nodes have no parameter files any more, but what these said.

    ROS keeps the earlier one of two values of different types (1 and 1.5, a list and an empty
    one) when several files set it: here the last one wins, and each is checked.

    :raises ConfigurationError: for a file or a value that cannot be used, with file and line.
    :raises UnknownNameError: for a parameter that its node does not have.
    """
    return replace(graph, nodes=tuple(map(_settled, graph.nodes)))


def _settled(spec: NodeSpec) -> NodeSpec:
    values: dict[str, Any] = {}
    for path in spec.parameter_paths():
        sections = read_parameters(path)
        _require_nodes(sections, spec)
        for given in _given_to(sections, _full(spec)):
            values[given.name] = _value(spec.name, given)
    for name, value in spec.parameters.items():
        values[name] = value if is_of_ros(name) else _checked(spec.name, name, value)
    return replace(spec, parameter_files=(), parameters=values)


def _given_to(sections: tuple[Section, ...], node: str) -> Iterator[Given]:
    for section in sections:
        if section.is_for(node):
            yield from section.parameters


def _value(node: str, given: Given) -> Any:
    """Return the checked value of a file; what is wrong with it is said with its line."""
    if is_of_ros(given.name):
        return given.value
    try:
        return _checked(node, given.name, given.value)
    except ConfigurationError as err:
        raise ConfigurationError(f'{given.place}: {err}') from err


def _checked(node: str, name: str, value: Any) -> Any:
    return checked(NODES[node], name, value, owner=node)


def _require_nodes(sections: tuple[Section, ...], spec: NodeSpec) -> None:
    """:raises ConfigurationError: for a section that seems to be ours, and that no node reads."""
    known = [_full(replace(spec, executable=name)) for name in NODES]
    for section in sections:
        meant = section.name.rpartition('/')[2]
        seems_ours = bool(difflib.get_close_matches(meant, NODES))
        if seems_ours and not any(section.is_for(node) for node in known):
            unknown = UnknownNameError('section', section.name, [f'/**/{name}' for name in NODES])
            raise ConfigurationError(f'{section.place}: {unknown}')


def _full(spec: NodeSpec) -> str:
    namespace = spec.namespace.strip('/')
    return f'/{namespace}/{spec.name}' if namespace else f'/{spec.name}'
