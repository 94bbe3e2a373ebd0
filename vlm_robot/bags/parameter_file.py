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

"""Parameters of a node as text: in a ROS 2 parameter file, or in a bag."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, TypeVar

import yaml

from vlm_robot.core.errors import ConfigurationError

PARAMETERS_KEY = 'vlm_robot.parameters'
VERSION_KEY = 'vlm_robot.version'
"""Keys of a bag's custom_data."""

T = TypeVar('T')
_NODE = 'vlm_node'
_REPLAYED = ('camera.', 'extrinsics.', 'grounding.', 'backend.name', 'backend.model')


def is_of_a_replay(name: str) -> bool:
    """Whether a replay needs a parameter of vlm_node; keys of servers are none of these."""
    return name.startswith(_REPLAYED)


def to_text(values: Mapping[str, Mapping[str, object]]) -> str:
    """
    Return a parameter file.

    :param values: full name of a node -> its parameters.
    """
    nodes = {node: {'ros__parameters': dict(given)} for node, given in values.items()}
    return yaml.safe_dump(nodes, sort_keys=True)


def from_text(text: str, *, origin: str) -> dict[str, Any]:
    """
    Return vlm_node's parameters of a parameter file, by their dotted names.

    :param origin: where the text is from, for the message.
    :raises ConfigurationError: for what is no parameter file.
    """
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as err:
        raise ConfigurationError(f'{origin} is no YAML: {err}') from err
    if not isinstance(content, dict):
        raise ConfigurationError(f'{origin} is no parameter file: expected nodes by name')
    found: dict[str, Any] = {}
    for node, entry in content.items():
        if str(node).rpartition('/')[2] in (_NODE, '**', '*') and isinstance(entry, dict):
            found |= _flat(entry.get('ros__parameters') or {}, '')
    if not found:
        raise ConfigurationError(f'{origin} has no ros__parameters of {_NODE!r}')
    return found


def filled(default: T, values: Mapping[str, Any], prefix: str = '') -> T:
    """
    Return a frozen dataclass of parameters with some values set; unknown names are left out.

    :param default: its instance; a field that is a dataclass is a group.
    :raises ConfigurationError: for a value of another type than the default's.
    """
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(default):  # type: ignore[arg-type]
        name, now = f'{prefix}{field.name}', getattr(default, field.name)
        if dataclasses.is_dataclass(now):
            changes[field.name] = filled(now, values, f'{name}.')
        elif name in values:
            changes[field.name] = _like(now, values[name], name)
    return dataclasses.replace(default, **changes)  # type: ignore[type-var]


def _flat(group: Any, prefix: str) -> dict[str, Any]:
    if not isinstance(group, dict):
        return {prefix.removesuffix('.'): group}
    flat: dict[str, Any] = {}
    for key, value in group.items():
        flat |= _flat(value, f'{prefix}{key}.')
    return flat


def _like(default: Any, value: Any, name: str) -> Any:
    """Return a value as the default's type, an integer as a float where that is meant."""
    if isinstance(default, tuple):
        items = value if isinstance(value, list) else [value]
        words = bool(default) and isinstance(default[0], str)
        return tuple(_like('' if words else 0.0, item, name) for item in items)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(default) or (isinstance(value, float) and not math.isfinite(value)):
        expected = type(default).__name__
        raise ConfigurationError(f'parameter {name!r} is {value!r}: expected {expected}')
    return value
