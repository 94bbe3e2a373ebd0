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

"""
Declares a node's parameters from a frozen dataclass, and returns it filled in.

A field is made with `parameter`; one whose default factory is another such dataclass is a group.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from vlm_robot.core.errors import ConfigurationError, UnknownNameError

if TYPE_CHECKING:
    from rcl_interfaces.msg import ParameterDescriptor
    from rclpy.node import Node

T = TypeVar('T')
Value = bool | int | float | str | tuple[float, ...] | tuple[str, ...]
_OF_ROS = ('use_sim_time', 'start_type_description_service')
_OF_ROS_PREFIX = 'qos_overrides.'


@dataclass(frozen=True)
class Limits:
    """What a parameter may be, and what it means."""

    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    is_file: bool = False


def parameter(
    default: Value,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    is_file: bool = False,
) -> Any:
    """
    Return a dataclass field that is a ROS parameter; a tuple becomes an array.

    :param is_file: what it names must be there, unless it is empty.
    """
    limits = Limits(description, minimum, maximum, choices, is_file)
    return dataclasses.field(default=default, metadata={'limits': limits})


def names(cls: type[Any], prefix: str = '') -> tuple[str, ...]:
    """Return the names of all parameters of a dataclass, grouped by dots."""
    return tuple(name for name, _, _ in _walk(cls, prefix))


def declare(node: Node, cls: type[T]) -> T:
    """
    Declare every parameter of `cls` on a node, read-only, and return the typed instance.

    :raises ConfigurationError: for a value of the wrong type or outside its limits.
    :raises UnknownNameError: for a value that was given to a name which nobody declares.
    """
    given = _given(node)
    for name in given:
        if not (is_of_ros(name) or node.has_parameter(name)):
            require_known(cls, name, owner=node.get_name())
    values: dict[str, Value] = {}
    for name, default, limits in _walk(cls):
        values[name] = _as(name, given.get(name, default), default, limits)
        _declare_one(node, name, values[name], default, limits)
    return _build(cls, values)


def checked(cls: type[Any], name: str, value: Any, *, owner: str) -> Value:
    """
    Return the value of one parameter of a dataclass as what it is declared as.

    :param value: a list or tuple for an array.
    :param owner: the node, for the message.
    :raises ConfigurationError: for a value of the wrong type or outside its limits.
    :raises UnknownNameError: for a name that the dataclass does not have.
    """
    require_known(cls, name, owner=owner)
    (found,) = [(default, limits) for n, default, limits in _walk(cls) if n == name]
    return _as(name, value, *found)


def require_known(cls: type[Any], name: str, *, owner: str) -> None:
    """:raises UnknownNameError: for no parameter of a dataclass; names its group's."""
    known = names(cls)
    if name in known:
        return
    group, _, word = name.rpartition('.')
    near = {n for n in known if n.rpartition('.')[0] == group or n.rpartition('.')[2] == word}
    near |= set(difflib.get_close_matches(name, known))
    raise UnknownNameError(f'parameter of {owner}', name, near or known)


def is_of_ros(name: str) -> bool:
    """Whether a parameter is one that every ROS node may be given."""
    return name in _OF_ROS or name.startswith(_OF_ROS_PREFIX)


def _given(node: Node) -> dict[str, Any]:
    """Return what files and the command line say; rclpy has no public way to ask that."""
    return {name: given.value for name, given in node._parameter_overrides.items()}


def _walk(cls: type[Any], prefix: str = '') -> Iterator[tuple[str, Any, Limits]]:
    for field in dataclasses.fields(cls):
        name = f'{prefix}{field.name}'
        if (inner := _group(field)) is not None:
            yield from _walk(inner, f'{name}.')
        else:
            yield name, field.default, field.metadata['limits']


def _build(cls: type[T], values: dict[str, Value], prefix: str = '') -> T:
    filled: dict[str, Any] = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        name = f'{prefix}{field.name}'
        inner = _group(field)
        filled[field.name] = _build(inner, values, f'{name}.') if inner else values[name]
    return cls(**filled)


def _group(field: dataclasses.Field[Any]) -> type[Any] | None:
    """Return the dataclass of a field that holds a group: its name prefixes theirs."""
    factory = field.default_factory
    return factory if isinstance(factory, type) and dataclasses.is_dataclass(factory) else None


def _declare_one(node: Node, name: str, value: Value, default: Value, limits: Limits) -> None:
    initial: Any = list(value) if isinstance(value, tuple) else value
    node.declare_parameter(name, initial, _descriptor(default, limits), ignore_override=True)


def _as(name: str, value: Any, default: Value, limits: Limits) -> Value:
    """Return a value as its default's type: whole numbers are floats where those are meant."""
    if isinstance(default, tuple):
        return _tuple(name, value, default)
    if type(default) is float and type(value) is int:
        value = float(value)
    if type(value) is not type(default):
        raise _wrong_type(name, value, default)
    _check(name, value, limits)
    return value


def _wrong_type(name: str, value: Any, default: Value) -> ConfigurationError:
    return ConfigurationError(
        f'parameter {name!r} has the wrong type: expected {_kind(default)}, not {value!r}'
    )


def _tuple(name: str, value: Any, default: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return an array's elements as what the default's are: words, or (also for none) floats."""
    if value is None:  # an empty list in a file has no type, and arrives as nothing
        return ()
    items = list(value) if isinstance(value, Sequence) else [value]
    words = bool(default) and isinstance(default[0], str)
    if not all(_is_like(item, words=words) for item in items) or isinstance(value, str):
        raise _wrong_type(name, value, default)
    return tuple(items) if words else tuple(float(item) for item in items)


def _is_like(item: Any, *, words: bool) -> bool:
    if words:
        return isinstance(item, str)
    return isinstance(item, (int, float)) and not isinstance(item, bool) and math.isfinite(item)


def _kind(default: Value) -> str:
    if isinstance(default, tuple):
        return f'a list like {list(default)}' if default else 'a list of numbers'
    return f'{type(default).__name__} like {default!r}'


def _check(name: str, value: Any, limits: Limits) -> None:
    if limits.choices and value not in limits.choices:
        known = ', '.join(limits.choices)
        raise ConfigurationError(f'parameter {name!r} is {value!r}: expected one of {known}')
    if limits.is_file and value and not Path(value).expanduser().is_file():
        raise ConfigurationError(f'parameter {name!r} is {value!r}: there is no such file')
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    low, high = limits.minimum, limits.maximum
    if low is high is None and math.isnan(value):
        raise ConfigurationError(f'parameter {name!r} is {value!r}: expected a number')
    if not (low is None or value >= low) or not (high is None or value <= high):
        raise ConfigurationError(
            f'parameter {name!r} is {value!r}: expected {_interval(low, high)}'
        )


def _interval(low: float | None, high: float | None) -> str:
    if high is None:
        return f'at least {low:g}'
    return f'at most {high:g}' if low is None else f'{low:g} to {high:g}'


def _descriptor(default: Value, limits: Limits) -> ParameterDescriptor:
    from rcl_interfaces.msg import ParameterDescriptor
    from rclpy.parameter import Parameter

    # an empty array has no type that tells numbers from words: arrays are checked by us
    is_array = isinstance(default, tuple)
    kind = Parameter.Type.NOT_SET if is_array else Parameter.Type.from_parameter_value(default)
    constraints = ', '.join(limits.choices)
    return ParameterDescriptor(
        type=kind.value,
        dynamic_typing=is_array,
        description=limits.description,
        additional_constraints=f'one of {constraints}' if constraints else '',
        read_only=True,
    )
