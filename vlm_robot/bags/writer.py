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

"""Writes a bag as rosbag2 has them, on a thread of its own, with bounded memory."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vlm_robot.bags.definitions import Definitions
from vlm_robot.bags.library import rosbags
from vlm_robot.core.errors import ConfigurationError

MOST_BYTES = 256 * 2**20
_VERSION = 9  # of metadata.yaml, which Jazzy and later write
_ENDLESS_S = 9223372036  # what rosbag2 writes for durations without an end
_ENDLESS_NS = 854775807


@dataclass(frozen=True)
class OfferedQos:
    """What a publisher offers, by the names of `rmw`, in lower case."""

    reliability: str = 'reliable'
    durability: str = 'volatile'
    history: str = 'keep_last'
    depth: int = 10
    liveliness: str = 'automatic'


@dataclass
class Summary:
    """What became of the messages of each topic."""

    written: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


class BagWriter:
    """
    Takes messages from any thread and writes them in their order.

    When the disk is slower than the messages, the newest are dropped and counted. What has been
    written is a bag even when the process is killed, though one without an index.

    :param folder: what to make; it must not exist.
    :param most_bytes: of messages that wait to be written.
    :raises ConfigurationError: when the folder exists or cannot be made.
    """

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        library = rosbags('rosbag2')
        self._folder = folder
        self._definitions = Definitions()
        self._most_bytes = most_bytes
        try:
            self._writer: Any = library.Writer(
                folder, version=_VERSION, storage_plugin=library.StoragePlugin.MCAP
            )
            self._writer.open()
        except (OSError, library.WriterError) as err:
            raise ConfigurationError(f'no bag can be made: {err}') from err
        self.summary = Summary()
        self.problem = ''  # why no more is written
        self._connections: dict[str, Any] = {}
        self._waiting: deque[tuple[str, int, bytes]] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._file = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._main, name='bag_writer', daemon=True)
        self._thread.start()

    @property
    def folder(self) -> Path:
        """Where the bag is."""
        return self._folder

    @property
    def topics(self) -> frozenset[str]:
        """Names of the topics that were announced."""
        return frozenset(self._connections)

    def add_topic(
        self, name: str, type_name: str, *, type_hash: str = '', qos: tuple[OfferedQos, ...] = ()
    ) -> None:
        """
        Announce a topic before its first message.

        :param type_hash: of the type that is published (RIHS01), if known.
        :raises ConfigurationError: when its definition is not installed, or is another one.
        """
        text, own_hash = self._definitions.text_and_hash(type_name)
        if type_hash.startswith('RIHS01_') and type_hash != own_hash:
            raise ConfigurationError(
                f'{name!r} is published as another {type_name!r} than the one installed here: '
                f'{type_hash} is not {own_hash}'
            )
        with self._file:
            self._connections[name] = self._writer.add_connection(
                name,
                type_name,
                msgdef=text,
                rihs01=own_hash,
                offered_qos_profiles=[_qos(offer) for offer in qos],
            )

    def put(self, topic: str, time_ns: int, data: bytes) -> bool:
        """
        Have a message written; returns whether there is room for it.

        :param topic: one that was announced.
        """
        with self._changed:
            if self._closing or self.problem or self._bytes + len(data) > self._most_bytes:
                self.summary.dropped[topic] += 1
                return False
            self._waiting.append((topic, time_ns, data))
            self._bytes += len(data)
            self._changed.notify()
            return True

    def close(self, custom: Mapping[str, str] | None = None) -> Summary:
        """
        Write what waits, the index and the metadata.

        :param custom: further words for metadata.yaml.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        for key, value in (custom or {}).items():
            self._writer.set_custom_data(key, value)
        if not self.problem:
            try:
                self._writer.close()
            except OSError as err:
                self._fail(err)
        return self.summary

    def discard(self) -> None:
        """Remove a bag that nothing was written into, once it is closed."""
        if not self.summary.written:
            for path in self._folder.iterdir():
                path.unlink()
            self._folder.rmdir()

    def _main(self) -> None:
        while (item := self._next()) is not None:
            topic, time_ns, data = item
            if self.problem:
                self.summary.dropped[topic] += 1
                continue
            try:
                self._write(topic, time_ns, data)
            except OSError as err:
                self.summary.dropped[topic] += 1
                self._fail(err)

    def _next(self) -> tuple[str, int, bytes] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            if not self._waiting:
                return None
            item = self._waiting.popleft()
            self._bytes -= len(item[2])
            return item

    def _write(self, topic: str, time_ns: int, data: bytes) -> None:
        with self._file:
            self._writer.write(self._connections[topic], time_ns, data)
        self.summary.written[topic] += 1

    def _fail(self, err: OSError) -> None:
        """Stop writing, and leave what has been written so far."""
        self.problem = f'{str(self._folder)!r} cannot be written any more: {err.strerror or err}'
        try:
            self._writer.abort()
        except OSError:
            return  # the disk is as full when the file is closed


def _qos(offer: OfferedQos) -> Any:
    interfaces = rosbags('interfaces')
    endless = interfaces.QosTime(_ENDLESS_S, _ENDLESS_NS)
    return interfaces.Qos(
        interfaces.QosHistory[offer.history.upper()],
        offer.depth,
        interfaces.QosReliability[offer.reliability.upper()],
        interfaces.QosDurability[offer.durability.upper()],
        endless,
        endless,
        interfaces.QosLiveliness[offer.liveliness.upper()],
        endless,
        False,
    )
