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

"""The parameters of other nodes, asked for by their services."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rclpy.parameter import parameter_value_to_python
from rclpy.parameter_client import AsyncParameterClient

if TYPE_CHECKING:
    from rclpy.node import Node

_PERIOD_S = 0.5


class RemoteParameters:
    """
    Reads the parameters of nodes as they appear, once each. Happens in the node's executor.

    :param wants_node: tells of a node's bare name whether to ask it.
    :param wants: tells of a parameter's name whether to ask for it.
    """

    def __init__(
        self, node: Node, wants_node: Callable[[str], bool], wants: Callable[[str], bool]
    ) -> None:
        self._node, self._wants_node, self._wants = node, wants_node, wants
        self._clients: dict[str, AsyncParameterClient] = {}
        self._asked: set[str] = set()
        self.values: dict[str, dict[str, Any]] = {}  # full name of the node -> its parameters
        self._timer = node.create_timer(_PERIOD_S, self.discover)

    def discover(self) -> None:
        """Ask the nodes that have not been asked."""
        for name, namespace in self._node.get_node_names_and_namespaces():
            full = f'{namespace.rstrip("/")}/{name}'
            if self._wants_node(name) and full not in self._asked:
                self._ask(full)

    def _ask(self, full: str) -> None:
        if full not in self._clients:
            self._clients[full] = AsyncParameterClient(self._node, full)
        if not self._clients[full].services_are_ready():
            return
        self._asked.add(full)
        self._clients[full].list_parameters().add_done_callback(lambda f: self._on_names(full, f))

    def _on_names(self, full: str, future: Any) -> None:
        names = [name for name in future.result().result.names if self._wants(name)]
        self._clients[full].get_parameters(names).add_done_callback(
            lambda f: self._on_values(full, names, f)
        )

    def _on_values(self, full: str, names: list[str], future: Any) -> None:
        values = map(parameter_value_to_python, future.result().values)
        self.values[full] = {
            name: _plain(value)
            for name, value in zip(names, values, strict=True)
            if value is not None  # an empty array, which has no type
        }


def _plain(value: Any) -> Any:
    """Return an array as a list."""
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else value
