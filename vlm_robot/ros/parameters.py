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
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from vlm_robot.core.errors import ConfigurationError

if TYPE_CHECKING:
    from rcl_interfaces.msg import ParameterDescriptor
    from rclpy.node import Node

T = TypeVar('T')
Value = bool | int | float | str | tuple[float, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """What a parameter may be, and what it means."""

    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


def parameter(
    default: Value,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Return a dataclass field that is a ROS parameter; a tuple becomes an array."""
    limits = Limits(description, minimum, maximum, choices)
    return dataclasses.field(default=default, metadata={'limits': limits})


def names(cls: type[Any], prefix: str = '') -> tuple[str, ...]:
    """Return the names of all parameters of a dataclass, grouped by dots."""
    return tuple(name for name, _, _ in _walk(cls, prefix))


def declare(node: Node, cls: type[T]) -> T:
    """
    Declare every parameter of `cls` on a node, read-only, and return the typed instance.

    :raises ConfigurationError: for a value of the wrong type or outside its limits.
    """
    values: dict[str, Value] = {}
    for name, default, limits in _walk(cls):
        values[name] = _declare_one(node, name, default, limits)
    return _build(cls, values)


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


def _declare_one(node: Node, name: str, default: Value, limits: Limits) -> Value:
    from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException

    initial: Any = list(default) if isinstance(default, tuple) else default
    try:
        value: Any = node.declare_parameter(name, initial, _descriptor(default, limits)).value
    except InvalidParameterTypeException as err:
        message = f'parameter {name!r} has the wrong type: expected {_kind(default)}'
        raise ConfigurationError(message) from err
    except InvalidParameterValueException as err:
        message = f'parameter {name!r} is refused: {limits.description}'
        raise ConfigurationError(message) from err
    if isinstance(default, tuple):
        return _tuple(name, value, default)
    _check(name, value, limits)
    return cast('Value', value)


def _tuple(name: str, value: Any, default: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return an array's elements as what the default's are: words, or (also for none) floats."""
    if value is None:  # an empty list in a file has no type, and arrives as nothing
        return ()
    items = list(value) if isinstance(value, Sequence) else [value]
    words = bool(default) and isinstance(default[0], str)
    if not all(_is_like(item, words=words) for item in items) or isinstance(value, str):
        raise ConfigurationError(
            f'parameter {name!r} has the wrong type: expected {_kind(default)}'
        )
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
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    low, high = limits.minimum, limits.maximum
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
