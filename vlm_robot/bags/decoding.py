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

"""Serialized messages as ROS messages: by the definition in the bag, field by field by name."""

from __future__ import annotations

import array
import importlib
from typing import Any

import numpy as np

from vlm_robot.bags.definitions import Definitions
from vlm_robot.bags.library import rosbags
from vlm_robot.bags.records import Recorded, Topic
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome

_LONGEST = 2**28  # elements of a sequence; more is a lie
_SEPARATOR = '=' * 80 + '\n'


class Decoder:
    """
    Decodes messages of a bag; types without a definition there are taken as ROS 2 has them,
    or as they are installed.

    A field that the bag's type lacks keeps its default, one that ours lacks is left out, so that
    bags of other versions can be read.
    """

    def __init__(self) -> None:
        typesys = rosbags('typesys')
        self._usual: Any = typesys.get_typestore(typesys.Stores.LATEST)
        self._own: dict[tuple[str, str], Any] = {}

    def plain(self, recorded: Recorded) -> Any:
        """
        Return a message as the library's value, for types that need not be installed.

        :raises Refusal: BAD_FRAME for bytes that are no such message.
        """
        topic = recorded.topic
        try:
            return _decoded(self._store(topic), recorded)
        except Exception as err:  # bytes of a stranger, in a parser of somebody else
            raise _unreadable(recorded, err) from err

    def message(self, recorded: Recorded) -> Any:
        """
        Return a message as the ROS message that is installed.

        :raises Refusal: BAD_FRAME for bytes that are no such message, or a type that is missing.
        """
        value = self.plain(recorded)
        try:
            return _filled(message_class(recorded.topic.type), value)
        except Exception as err:  # numbers out of range, a type that is not installed
            raise _unreadable(recorded, err) from err

    def _store(self, topic: Topic) -> Any:
        key = (topic.type, topic.definition)
        if key not in self._own:
            self._own[key] = self._make_store(topic)
        return self._own[key]

    def _make_store(self, topic: Topic) -> Any:
        if not topic.definition:
            if topic.type in self._usual.fielddefs:
                return self._usual
            return Definitions().store_with(topic.type)
        typesys = rosbags('typesys')
        store = typesys.get_typestore(typesys.Stores.EMPTY)
        store.max_sequence_length = _LONGEST
        known = set(store.fielddefs)
        types: dict[str, Any] = {}
        if topic.is_idl:
            for part in topic.definition.split(_SEPARATOR):
                text = part.partition('\n')[2] if part.startswith('IDL: ') else part
                types |= typesys.get_types_from_idl(text) if text.strip() else {}
        else:
            types |= typesys.get_types_from_msg(topic.definition, topic.type)
        store.register({name: fields for name, fields in types.items() if name not in known})
        return store


def message_class(type_name: str) -> Any:
    """
    Import the class of a message.

    :param type_name: 'sensor_msgs/msg/Image', 'sensor_msgs/Image' for short, or the message of an
        action's feedback: 'package/action/Name_FeedbackMessage'.
    :raises ImportError: when its package is not installed.
    """
    package, *kind, name = type_name.split('/')
    try:
        if kind == ['action']:
            action, _, part = name.rpartition('_')
            module = importlib.import_module(f'{package}.action')
            owner = getattr(module, action)
            return getattr(owner.Impl if part == 'FeedbackMessage' else owner, part)
        return getattr(importlib.import_module(f'{package}.msg'), name)
    except (AttributeError, ValueError) as err:
        raise ImportError(f'{type_name!r} is not installed') from err


def header_stamp_ns(recorded: Recorded) -> int:
    """
    Read the stamp of a message that begins with a std_msgs/Header, without decoding the rest.

    The four bytes before it say in their second one whether what follows is little-endian (CDR).

    :raises Refusal: BAD_FRAME for a message that is too short.
    """
    data = recorded.data
    if len(data) < 12:
        raise _unreadable(recorded, ValueError(f'it has {len(data)} bytes'))
    order = '<' if data[1] & 1 else '>'
    seconds = int(np.frombuffer(data, f'{order}i4', 1, 4)[0])
    nanoseconds = int(np.frombuffer(data, f'{order}u4', 1, 8)[0])
    return seconds * 1_000_000_000 + nanoseconds


def _decoded(store: Any, recorded: Recorded) -> Any:
    """
    Decode a message, whatever comes after its end.

    The library's own function wants its end at most three bytes before that of the data, but
    what Fast DDS serializes on request is longer.
    """
    data = recorded.data
    if len(data) < 4 or data[:2] not in (b'\0\0', b'\0\1'):
        raise ValueError(f'its encapsulation {data[:4]!r} is not CDR')
    definition = store.get_msgdef(recorded.topic.type)
    decode = definition.deserialize_cdr_le if data[1] else definition.deserialize_cdr_be
    message, _ = decode(memoryview(data)[4:], 0, definition.cls, store)
    return message


def _filled(cls: Any, value: Any) -> Any:
    message = cls()
    for field, kind in cls.get_fields_and_field_types().items():
        if hasattr(value, field):
            setattr(
                message, field, _converted(getattr(message, field), kind, getattr(value, field))
            )
    return message


def _converted(default: Any, kind: str, value: Any) -> Any:
    if isinstance(default, array.array):
        # an ndarray would be checked element by element
        return array.array(default.typecode, np.asarray(value, default.typecode).tobytes())
    if isinstance(default, np.ndarray):
        return np.asarray(value, default.dtype)
    if hasattr(default, 'get_fields_and_field_types'):
        return _filled(type(default), value)
    if isinstance(value, (list, np.ndarray)):
        return [_element(kind, item) for item in value]
    return value


def _element(kind: str, value: Any) -> Any:
    if not hasattr(value, '__dataclass_fields__'):
        return value.item() if isinstance(value, np.generic) else value
    name = kind.removeprefix('sequence<').partition(',')[0].rstrip('>').partition('[')[0]
    return _filled(message_class(name), value)


def _unreadable(recorded: Recorded, err: Exception) -> Refusal:
    said = str(err) or type(err).__name__
    return Refusal(
        Outcome.BAD_FRAME,
        f'a message of {recorded.topic.name!r} at {recorded.time_ns / 1e9:.3f} s is no '
        f'{recorded.topic.type}: {said}',
    )
