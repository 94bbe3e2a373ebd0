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
Reads ROS 2 parameter files, as ROS does but not silently: what cannot be meant is refused.

The grammar is that of rcl_yaml_param_parser, whose scalars are not quite YAML's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from vlm_robot.core.errors import ConfigurationError

Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...]

PARAMETERS = 'ros__parameters'
_TRUE = ('y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON')
_FALSE = ('n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF')
_WHOLE = re.compile(r'[+-]?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)')
_NUMBER = re.compile(r'[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|\.?(inf|nan))', re.IGNORECASE)
_DOTTED = re.compile(r'\.(?=[in])', re.IGNORECASE)  # YAML's .inf and .nan
_NULL = 'tag:yaml.org,2002:null'
_WILDCARDS = {'*': r'/\w+', '**': r'(/\w+)*'}


@dataclass(frozen=True)
class Given:
    """One parameter of a file; its name's groups are joined by dots."""

    name: str
    value: Value
    place: str  # file and line, for messages


@dataclass(frozen=True)
class Section:
    """The parameters that a file has for some nodes."""

    name: str  # as it is written, with the namespaces that it is in
    place: str
    parameters: tuple[Given, ...]

    def is_for(self, node: str) -> bool:
        """
        Whether a node gets these parameters.

        :param node: its full name, with its namespace.
        """
        tokens = self.name.strip('/').split('/')
        pattern = ''.join(_WILDCARDS.get(token, f'/{re.escape(token)}') for token in tokens)
        return re.fullmatch(pattern, node) is not None


def read_parameters(path: Path) -> tuple[Section, ...]:
    """
    Return what a parameter file says, in its order.

    :raises ConfigurationError: for what ROS could not read, or would read otherwise than it looks.
    """
    try:
        text = path.read_text(encoding='utf-8')
        documents = list(yaml.compose_all(text, Loader=_Loader))
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigurationError(f'parameter file {str(path)!r} cannot be read: {err}') from err
    except yaml.MarkedYAMLError as err:
        mark = err.problem_mark or err.context_mark
        place = f'{path}, line {mark.line + 1}' if mark else str(path)
        raise ConfigurationError(f'{place} is no YAML: {err.problem or err.context}') from err
    except (yaml.YAMLError, RecursionError) as err:
        reason = ' '.join(str(err).split())
        raise ConfigurationError(f'{path} is no YAML: {reason}') from err
    return tuple(section for node in documents for section in _sections(path, node, ''))


class _Loader(yaml.SafeLoader):
    """Refuses aliases and tags, which ROS does not read."""

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        word = f'*{event.anchor}' if isinstance(event, yaml.AliasEvent) else event.tag
        if word:
            raise yaml.MarkedYAMLError(
                problem=f'ROS reads no {word!r}', problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)


def _sections(path: Path, node: Node, name: str) -> Iterator[Section]:
    """Yield the sections below a node's name, or below a namespace."""
    place = _place(path, node)
    if not isinstance(node, MappingNode):
        if _is_empty(node):
            return
        what = f'section {name!r} has' if name else 'this file is no parameter file: it has'
        raise ConfigurationError(
            f'{place}: {what} {_shown(node)} where {PARAMETERS} of a node is expected'
        )
    for key, value in node.value:
        word = _key(path, key)
        if word == PARAMETERS:
            yield Section(name, _place(path, key), tuple(_unique(_given(path, value, ''))))
        else:
            yield from _section(path, key, value, name)


def _section(path: Path, key: Node, value: Node, name: str) -> Iterator[Section]:
    word = _key(path, key)
    if name and not (isinstance(value, MappingNode) or _is_empty(value)):
        raise ConfigurationError(
            f'{_place(path, key)}: {word!r} is below {name!r}, and not below its {PARAMETERS}'
        )
    yield from _sections(path, value, f'{name}/{word.strip("/")}' if name else word)


def _given(path: Path, node: Node, prefix: str) -> Iterator[Given]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _given(path, value, f'{prefix}{_key(path, key)}.')
    elif prefix:
        name = prefix.removesuffix('.')
        yield Given(name, _value(path, node, name), _place(path, node))
    elif not _is_empty(node):
        raise ConfigurationError(
            f'{_place(path, node)}: {PARAMETERS} is {_shown(node)}: expected names and values'
        )


def _unique(given: Iterator[Given]) -> Iterator[Given]:
    """:raises ConfigurationError: for a parameter that is there twice; ROS takes the last."""
    seen: dict[str, str] = {}
    for one in given:
        if one.name in seen:
            raise ConfigurationError(
                f'{one.place}: parameter {one.name!r} is there twice, first in {seen[one.name]}'
            )
        seen[one.name] = one.place
        yield one


def _value(path: Path, node: Node, name: str) -> Value:
    if isinstance(node, SequenceNode) and all(isinstance(n, ScalarNode) for n in node.value):
        return tuple(_scalar(path, item, name) for item in node.value)
    if isinstance(node, ScalarNode):
        return _scalar(path, node, name)
    raise ConfigurationError(
        f'{_place(path, node)}: parameter {name!r} is a list with {_shown(node)} in it: '
        'expected values only'
    )


def _scalar(path: Path, node: ScalarNode, name: str) -> Scalar:
    """Return what ROS makes of a scalar: what is in quotes is a text."""
    text = str(node.value)
    if node.style is not None:
        return text
    if _is_empty(node):
        raise ConfigurationError(
            f"{_place(path, node)}: parameter {name!r} has no value: '' is an empty text"
        )
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _WHOLE.fullmatch(text) and abs(whole := _whole(text)) < 2**63:
        return whole
    if _NUMBER.fullmatch(text):
        return float(_DOTTED.sub('', text))
    return text


def _whole(text: str) -> int:
    """Return what C's strtol makes of a number: 010 is eight."""
    digits = text.lstrip('+-')
    octal = len(digits) > 1 and digits.isdigit() and digits[0] == '0'
    return int(text, 8 if octal else 0)


def _is_empty(node: Node) -> bool:
    return bool(node.tag == _NULL)


def _key(path: Path, node: Node) -> str:
    if isinstance(node, ScalarNode) and not _is_empty(node):
        return str(node.value)
    raise ConfigurationError(f'{_place(path, node)}: {_shown(node)} cannot be a name')


def _shown(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return repr(node.value)
    return 'a list' if isinstance(node, SequenceNode) else 'names with values'


def _place(path: Path, node: Node) -> str:
    return f'{path}, line {node.start_mark.line + 1}'
