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
Reads an MCAP file that breaks off, or has no index, from its beginning as far as it goes.

The format is https://mcap.dev/spec: after the magic, records of an opcode, a length and that many
bytes; a chunk holds further records, compressed or not.
"""

from __future__ import annotations

import io
import struct
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from vlm_robot.bags.records import Recorded, Topic
from vlm_robot.core.errors import ConfigurationError

MAGIC = b'\x89MCAP0\r\n'
_SCHEMA, _CHANNEL, _MESSAGE, _CHUNK = 0x03, 0x04, 0x05, 0x06
_END = frozenset({0x02, 0x0F})  # footer, end of data
_LAST = 0x0F
_MOST_BYTES = 2**28  # of one record or chunk; a longer one is a lie


class _Break(Exception):  # noqa: N818  where a file ends before it should
    """Reading cannot go on."""


class Salvaged:
    """
    What can be read of an MCAP file up to where it breaks off.

    :raises ConfigurationError: for a file that is no MCAP file, or breaks off before any message.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._topics: dict[int, Topic] = {}
        self._schemas: dict[int, tuple[str, str, bytes]] = {}
        self.custom: Mapping[str, str] = {}
        self.damage = ''
        self._learning = True
        self._counts: Counter[int] = Counter(channel for channel, _, _ in self._read())
        self._learning = False
        self._topics = {
            key: replace(topic, messages=self._counts[key]) for key, topic in self._topics.items()
        }
        self.topics = tuple(self._topics.values())
        count = self._counts.total()
        if self.damage and not count:
            raise ConfigurationError(f'no message can be read of {str(path)!r}: {self.damage}')
        self.damage += f'; the {count} messages before that are read' if self.damage else ''

    def messages(
        self, topics: Collection[Topic], start_ns: int, stop_ns: int
    ) -> Iterator[Recorded]:
        """Read the messages of topics in the order of the file."""
        wanted = {key: topic for key, topic in self._topics.items() if topic in topics}
        for channel, time_ns, data in self._read():
            if channel in wanted and start_ns <= time_ns < stop_ns:
                yield Recorded(wanted[channel], time_ns, data)

    def close(self) -> None:
        """Close nothing: the file is open only while it is read."""

    def _read(self) -> Iterator[tuple[int, int, bytes]]:
        """Read the channel, time and bytes of all messages; the damage is told at the end."""
        try:
            with self._path.open('rb') as stream:
                if stream.read(len(MAGIC)) != MAGIC:
                    raise _Break('it does not begin as an MCAP file does')
                yield from self._messages(stream, inner=False)
        except (_Break, OSError) as err:
            if self._learning:
                self.damage = f'{self._path.name!r} breaks off: {err}'

    def _messages(self, stream: BinaryIO, *, inner: bool) -> Iterator[tuple[int, int, bytes]]:
        for opcode, body in _records(stream, inner=inner):
            if opcode == _MESSAGE:
                if len(body) < 22:
                    raise _Break(f'a message record has {len(body)} bytes')
                channel, _, time_ns, _ = struct.unpack_from('<HIQQ', body)
                if channel in self._topics:
                    yield channel, time_ns, body[22:]
            elif opcode == _CHUNK and not inner:
                yield from self._messages(io.BytesIO(_unpacked(body)), inner=True)
            elif opcode in (_SCHEMA, _CHANNEL):
                self._learn(opcode, body)

    def _learn(self, opcode: int, body: bytes) -> None:
        fields = _Fields(body)
        key = fields.number('<H')
        if opcode == _SCHEMA:
            self._schemas[key] = (fields.text(), fields.text(), fields.blob())
            return
        name, encoding, definition = self._schemas.get(fields.number('<H'), ('', '', b''))
        if key not in self._topics:
            text = definition.decode('utf-8', 'replace')
            topic = Topic(fields.text(), name, 0, text, encoding in ('ros2idl', 'omgidl'))
            self._topics[key] = topic


class _Fields:
    """Reads the fields of a record in their order."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def number(self, kind: str) -> int:
        try:
            (value,) = struct.unpack_from(kind, self._body, self._at)
        except struct.error as err:
            raise _Break(f'a record is too short: {err}') from err
        self._at += struct.calcsize(kind)
        return int(value)

    def blob(self) -> bytes:
        length = self.number('<I')
        if length > len(self._body) - self._at:
            raise _Break(f'a field of {length} bytes does not fit into its record')
        self._at += length
        return self._body[self._at - length : self._at]

    def text(self) -> str:
        return self.blob().decode('utf-8', 'replace')

    def rest(self) -> bytes:
        return self._body[self._at :]


def _records(stream: BinaryIO, *, inner: bool) -> Iterator[tuple[int, bytes]]:
    """
    Read records up to the end of the data, a last chunk even where it is cut.

    :param inner: of a chunk, which ends without saying so.
    """
    where = ' of its chunk' if inner else ''
    while head := stream.read(9):
        at = f'byte {stream.tell() - len(head)}{where}'
        if len(head) < 9:
            raise _Break(f'it ends within a record, at {at}')
        opcode, length = struct.unpack('<BQ', head)
        if opcode in _END and not inner:
            return
        if not 0 < opcode <= _LAST and opcode < 0x80:
            raise _Break(f'there is no record at {at}')
        body = stream.read(min(length, _MOST_BYTES))
        if len(body) == length or opcode == _CHUNK:
            yield opcode, body
        if len(body) < length:
            raise _Break(f'the record at {at} says {length} bytes, of which {len(body)} are there')
    if not inner:
        raise _Break('it has no end of data')


def _unpacked(body: bytes) -> bytes:
    """Return the records of a chunk, those of a cut one as far as they go."""
    fields = _Fields(body)
    for _ in range(2):
        fields.number('<Q')  # the times of its first and last message
    size = min(fields.number('<Q'), _MOST_BYTES)
    fields.number('<I')  # checksum
    compression = fields.text()
    fields.number('<Q')
    if compression not in _DECOMPRESSORS:
        raise _Break(f'a chunk is compressed by {compression!r}: known are zstd and lz4')
    try:
        return _DECOMPRESSORS[compression](fields.rest(), size)
    except Exception as err:  # every library has errors of its own
        raise _Break(f'a chunk cannot be unpacked: {err}') from err


def _zstd(data: bytes, size: int) -> bytes:
    zstd = import_module('compression.zstd' if sys.version_info >= (3, 14) else 'backports.zstd')
    return bytes(zstd.ZstdDecompressor().decompress(data, max_length=size))


def _lz4(data: bytes, size: int) -> bytes:
    from lz4.frame import LZ4FrameDecompressor

    return bytes(LZ4FrameDecompressor().decompress(data, max_length=size))


_DECOMPRESSORS: dict[str, Callable[[bytes, int], bytes]] = {
    '': lambda data, size: data[:size],
    'zstd': _zstd,
    'lz4': _lz4,
}
