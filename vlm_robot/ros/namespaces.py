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

"""In which namespaces nodes are."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rclpy.node import Node


def elsewhere(node: Node, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the other namespaces, sorted, in which there are nodes of some names."""
    here = node.get_namespace()
    found: dict[str, set[str]] = {}
    for name, namespace in node.get_node_names_and_namespaces():
        if name in names and namespace != here:
            found.setdefault(name, set()).add(namespace)
    return {name: tuple(sorted(namespaces)) for name, namespaces in found.items()}


def elsewhere_hint(node: Node, name: str) -> str:
    """Return what to add to a sentence about a node that is not here; nothing if it is nowhere."""
    namespaces = elsewhere(node, (name,)).get(name, ())
    if not namespaces:
        return ''
    return f'; {name} runs in {", ".join(namespaces)}: --namespace {namespaces[0]} asks it there'
