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

"""The definitions of message types, as they are installed, for bags to carry along."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vlm_robot.bags.library import rosbags
from vlm_robot.core.errors import ConfigurationError


class Definitions:
    """Finds the definition of a type, and of the types that it is made of."""

    def __init__(self) -> None:
        typesys = rosbags('typesys')
        self._store: Any = typesys.get_typestore(typesys.Stores.EMPTY)

    def text_and_hash(self, type_name: str) -> tuple[str, str]:
        """
        Return a type's definition with all that it needs, and its RIHS01 hash.

        The message of an action's feedback has no text, as in rosbag2: no file defines it.

        :param type_name: for example 'sensor_msgs/msg/Image'.
        :raises ConfigurationError: for a type that is not installed, or cannot be read.
        """
        store = self.store_with(type_name)
        try:
            text = store.generate_msgdef(type_name, ros_version=2)[0] if _MSG in type_name else ''
            return str(text), str(store.hash_rihs01(type_name))
        except Exception as err:  # whatever the library makes of a definition unknown to it
            raise _unusable(type_name, err) from err

    def store_with(self, type_name: str) -> Any:
        """
        Return the library's store of types, once it knows a type as it is installed.

        :raises ConfigurationError: for a type that is not installed, or cannot be read.
        """
        try:
            self._need(type_name)
        except ConfigurationError:
            raise
        except Exception as err:
            raise _unusable(type_name, err) from err
        return self._store

    def _need(self, type_name: str) -> None:
        if type_name in self._store.fielddefs:
            return
        found = _read(type_name)
        known = self._store.fielddefs
        self._store.register({name: fields for name, fields in found.items() if name not in known})
        for _, fields in found.values():
            for part in _parts(fields):
                self._need(part)


def _unusable(type_name: str, err: Exception) -> ConfigurationError:
    return ConfigurationError(f'the definition of {type_name!r} cannot be used: {err}')


def _read(type_name: str) -> dict[str, Any]:
    """Parse the installed file of a type; .msg first, which says more than the .idl made of it."""
    package, _, rest = type_name.partition('/')
    for folder in _share_folders():
        path = folder / package / rest
        for suffix, parse in _PARSERS.items():
            if (
                source := path.with_name(f'{path.name.removesuffix(_FEEDBACK)}{suffix}')
            ).is_file():
                return parse(source.read_text('utf-8'), type_name)
    raise ConfigurationError(f'the definition of {type_name!r} is not installed')


def _of_msg(text: str, type_name: str) -> dict[str, Any]:
    return dict(rosbags('typesys').get_types_from_msg(text, type_name))


def _of_idl(text: str, type_name: str) -> dict[str, Any]:
    return dict(rosbags('typesys').get_types_from_idl(text))


def _of_action(text: str, type_name: str) -> dict[str, Any]:
    """Return the message that an action's feedback travels in, which no file defines."""
    inner = f'{type_name.removesuffix(_FEEDBACK)}_Feedback'
    node = rosbags('interfaces').Nodetype
    fields = [
        ('goal_id', (node.NAME, 'unique_identifier_msgs/msg/UUID')),
        ('feedback', (node.NAME, inner)),
    ]
    as_msg = inner.replace('/action/', _MSG)  # where the types it names without a package are
    return {
        type_name: ([], fields),
        inner: _of_msg(text.split('\n---\n')[-1], as_msg)[as_msg],
    }


_MSG = '/msg/'
_FEEDBACK = '_FeedbackMessage'
_PARSERS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    '.msg': _of_msg,
    '.action': _of_action,
    '.idl': _of_idl,
}


def _parts(fields: Any) -> Iterator[str]:
    """Name the message types of fields."""
    node = rosbags('interfaces').Nodetype
    for _, (kind, content) in fields:
        if kind in (node.ARRAY, node.SEQUENCE):
            kind, content = content[0]
        if kind == node.NAME:
            yield content


def _share_folders() -> Iterator[Path]:
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    for prefix in filter(None, [*prefixes, sys.prefix]):
        yield Path(prefix) / 'share'
