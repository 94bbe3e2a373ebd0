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

"""Bags of anybody: a folder of rosbag2, or a single MCAP or SQLite file; damaged ones as well."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vlm_robot.bags.library import rosbags
from vlm_robot.bags.records import Recorded, Source, Topic
from vlm_robot.bags.salvage import MAGIC, Salvaged
from vlm_robot.core.errors import ConfigurationError, MissingPackageError

FOREVER_NS = 2**63 - 1
_KINDS = ('.mcap', '.db3')
_METADATA = 'metadata.yaml'


class Bag:
    """
    A recorded run.

    :param sources: its files; their messages are told in the order of their times.
    """

    def __init__(self, path: Path, sources: Iterable[Source]) -> None:
        self.path = path
        self._sources = tuple(sources)
        self._cut = ''

    @property
    def topics(self) -> tuple[Topic, ...]:
        """All topics that have messages, by name."""
        found = {(t.name, t.type): t for s in self._sources for t in s.topics if t.messages}
        return tuple(found[key] for key in sorted(found))

    @property
    def custom(self) -> Mapping[str, str]:
        """What else whoever recorded it wanted to say."""
        return {key: value for source in self._sources for key, value in source.custom.items()}

    @property
    def damage(self) -> str:
        """What is wrong with the bag, as far as it has been read; empty if nothing."""
        return '; '.join(filter(None, [*(source.damage for source in self._sources), self._cut]))

    def topic(self, name: str) -> Topic | None:
        """Return the topic of a name, if the bag has it."""
        return next((topic for topic in self.topics if topic.name == name), None)

    def messages(
        self, topics: Collection[Topic], *, start_ns: int = 0, stop_ns: int = FOREVER_NS
    ) -> Iterator[Recorded]:
        """
        Read messages that were received in [start, stop), by time.

        Where a file turns out to be damaged, its messages end, and `damage` says so.
        """
        names = {(topic.name, topic.type) for topic in topics}
        streams = (self._of(source, names, start_ns, stop_ns) for source in self._sources)
        return heapq.merge(*streams, key=lambda recorded: recorded.time_ns)

    def close(self) -> None:
        """Close the files."""
        for source in self._sources:
            source.close()

    def __enter__(self) -> Bag:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _of(
        self, source: Source, names: Collection[tuple[str, str]], start_ns: int, stop_ns: int
    ) -> Iterator[Recorded]:
        topics = [topic for topic in source.topics if (topic.name, topic.type) in names]
        if not topics:
            return
        try:
            yield from source.messages(topics, start_ns, stop_ns)
        except Exception as err:  # damaged bytes meet a library that trusts them
            self._cut = f'reading breaks off: {_said(err)}'


class LibrarySource:
    """A bag that the library reads: it is whole as far as its index tells."""

    def __init__(self, path: Path) -> None:
        self._reader: Any = rosbags('rosbag2').Reader(path)
        self._reader.open()
        if _is_unindexed(self._reader):
            self._reader.close()
            raise ConfigurationError(f'{str(path)!r} has no index')
        self.damage = ''
        self.custom: Mapping[str, str] = dict(self._reader.storage.metadata.custom or {})
        self._connections = {_topic(c): c for c in self._reader.connections}
        self.topics = tuple(self._connections)

    def messages(
        self, topics: Collection[Topic], start_ns: int, stop_ns: int
    ) -> Iterator[Recorded]:
        """Read the messages of topics, by time."""
        by_id = {self._connections[topic].id: topic for topic in topics}
        chosen = [self._connections[topic] for topic in topics]
        for connection, time_ns, data in self._reader.messages(chosen, start_ns, stop_ns):
            yield Recorded(by_id[connection.id], time_ns, bytes(data))

    def close(self) -> None:
        """Close the files."""
        self._reader.close()


def open_bag(path: Path) -> Bag:
    """
    Open a bag, or what is left of one.

    :param path: a folder as `ros2 bag record` makes it, with or without its metadata.yaml, or one
        of its files.
    :raises ConfigurationError: for what is no bag, or nothing can be read of.
    """
    if not path.exists():
        raise ConfigurationError(f'there is no bag {str(path)!r}')
    try:
        return Bag(path, [LibrarySource(path)])
    except MissingPackageError:
        raise
    except Exception as err:  # whatever the library makes of bytes that are no bag
        return _mended(path, err)


def _mended(path: Path, problem: Exception) -> Bag:
    """Read the files of a bag one by one, which the library does not read as a whole."""
    files = [path] if path.is_file() else _files(path)
    if not files:
        said = _said(problem) if (path / _METADATA).exists() else 'it holds no .mcap or .db3 file'
        raise ConfigurationError(f'{str(path)!r} is no bag: {said}')
    sources: list[Source] = []
    problems: list[str] = []
    for file in files:
        try:
            sources.append(_source(file))
        except ConfigurationError as err:
            problems.append(str(err))
    if not sources:
        raise ConfigurationError('; '.join(problems))
    bag = Bag(path, sources)
    bag._cut = '; '.join(problems)
    return bag


def _source(file: Path) -> Source:
    try:
        return LibrarySource(file)
    except Exception as err:
        if _is_mcap(file):
            return Salvaged(file)
        raise ConfigurationError(f'{str(file)!r} is no bag: {_said(err)}') from err


def _is_mcap(file: Path) -> bool:
    try:
        with file.open('rb') as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in _KINDS and path.is_file())


def _is_unindexed(reader: Any) -> bool:
    """
    Whether the library reads a file from front to back.

    It wants messages in the order of their times then, and can go through them once at a time.
    """
    storages = getattr(reader.storage, 'storages', [reader.storage])
    return any(getattr(s, 'chunks', True) == [] and s.metadata.message_count for s in storages)


def _topic(connection: Any) -> Topic:
    formats = rosbags('interfaces').MessageDefinitionFormat
    return Topic(
        connection.topic,
        connection.msgtype,
        connection.msgcount,
        connection.msgdef.data,
        connection.msgdef.format is formats.IDL,
    )


def _said(err: Exception) -> str:
    return str(err) or type(err).__name__
