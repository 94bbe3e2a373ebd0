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

"""Bags of anybody, whole and damaged."""

from __future__ import annotations

import functools
import struct
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from backports import zstd
from bag_fixture import SECOND, Entry, entry, look_entries, tf_entry, write_mcap, write_sqlite
from hypothesis import given, settings
from hypothesis import strategies as st
from lz4.frame import compress as lz4
from sensor_msgs.msg import Image
from std_msgs.msg import String

from vlm_robot.bags.decoding import Decoder, header_stamp_ns
from vlm_robot.bags.reader import Bag, open_bag
from vlm_robot.bags.records import Recorded, Topic
from vlm_robot.bags.writer import BagWriter
from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.outcome import Outcome

ENTRIES = [
    *look_entries(100 * SECOND),
    entry('/instruction', 101 * SECOND, String(data='pick the cube')),
    tf_entry('/tf', 101 * SECOND, 'base', 'camera', 0.25),
    *look_entries(102 * SECOND, grey=30),
]


def write_folder(path: Path, entries: Sequence[Entry]) -> Path:
    """Write a bag with our own writer."""
    writer = BagWriter(path)
    for item in entries:
        if item.topic not in writer.topics:
            writer.add_topic(item.topic, item.type)
        writer.put(item.topic, item.time_ns, item.data)
    writer.close({'remark': 'a: b\nc: "d"'})
    return path


def told(bag: Bag) -> list[Entry]:
    return [Entry(r.topic.name, r.topic.type, r.time_ns, r.data) for r in bag.messages(bag.topics)]


@pytest.mark.parametrize('compression', ['', 'zstd', 'lz4'])
def test_an_mcap_file_written_by_hand_is_read(tmp_path: Path, compression: str) -> None:
    compress = {'': bytes, 'zstd': zstd.compress, 'lz4': lz4}[compression]
    path = write_mcap(tmp_path / 'a.mcap', ENTRIES, compression=compression, compress=compress)

    with open_bag(path) as bag:
        assert told(bag) == ENTRIES
        assert bag.damage == ''
        assert [topic.name for topic in bag.topics] == sorted({e.topic for e in ENTRIES})


def test_an_old_database_without_definitions_is_read_and_decoded(tmp_path: Path) -> None:
    path = write_sqlite(tmp_path / 'a.db3', ENTRIES)
    decoder = Decoder()

    with open_bag(path) as bag:
        assert told(bag) == ENTRIES
        (said,) = bag.messages([t for t in bag.topics if t.name == '/instruction'])
        (moved,) = bag.messages([t for t in bag.topics if t.name == '/tf'])

    assert decoder.message(said) == String(data='pick the cube')
    assert decoder.plain(moved).transforms[0].transform.translation.x == 0.25


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    entries = [e for e in ENTRIES if e.topic != '/tf']  # whose package may be missing here

    with open_bag(write_folder(tmp_path / 'run', entries)) as bag:
        assert told(bag) == entries
        assert bag.custom == {'remark': 'a: b\nc: "d"'}


def test_a_bag_without_its_metadata_is_read_by_its_files(tmp_path: Path) -> None:
    entries = [e for e in ENTRIES if e.topic != '/tf']
    folder = write_folder(tmp_path / 'run', entries)
    (folder / 'metadata.yaml').unlink()
    before = look_entries(99 * SECOND)
    write_mcap(folder / 'run_1.mcap', before)

    with open_bag(folder) as bag:
        assert told(bag) == [*before, *entries]


def test_only_the_messages_of_a_time_are_told(tmp_path: Path) -> None:
    with open_bag(write_mcap(tmp_path / 'a.mcap', ENTRIES)) as bag:
        found = bag.messages(bag.topics, start_ns=101 * SECOND, stop_ns=102 * SECOND)
        assert [r.topic.name for r in found] == ['/instruction', '/tf']


@functools.cache
def whole_bytes(kind: str) -> bytes:
    """The bytes of a bag of `ENTRIES`: by hand with a compression, a database, or of our own."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / 'run'
        if kind == 'ours':
            return (write_folder(path, ENTRIES[:4]) / 'run.mcap').read_bytes()
        if kind == 'db3':
            return write_sqlite(path, ENTRIES).read_bytes()
        compress = {'': bytes, 'zstd': zstd.compress, 'lz4': lz4}[kind]
        return write_mcap(path, ENTRIES, compression=kind, compress=compress).read_bytes()


def read_or_refused(path: Path) -> tuple[list[Entry], str]:
    """What a bag tells, and what is wrong with it; nothing but our own errors may come."""
    try:
        with open_bag(path) as bag:
            return told(bag), bag.damage
    except ConfigurationError as err:
        return [], str(err)


@pytest.mark.parametrize('kind', ['', 'zstd', 'lz4', 'ours'])
@settings(max_examples=40)
@given(share=st.floats(0, 1))
def test_a_bag_cut_anywhere_tells_the_messages_before_the_cut_and_that_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, kind: str, share: float
) -> None:
    path = tmp_path_factory.getbasetemp() / 'cut.mcap'
    whole = whole_bytes(kind)
    path.write_bytes(whole[: round(share * (len(whole) - 1))])

    found, damage = read_or_refused(path)

    entries = ENTRIES[:4] if kind == 'ours' else ENTRIES
    assert found == entries[: len(found)]
    assert found == entries or path.name in damage


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_byte_that_was_changed_ends_in_messages_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, index: int, value: int
) -> None:
    path = tmp_path_factory.getbasetemp() / 'bent.mcap'
    raw = bytearray(whole_bytes(''))
    raw[index % len(raw)] = value
    path.write_bytes(raw)

    found, damage = read_or_refused(path)

    assert damage or len(found) <= len(ENTRIES)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.binary(max_size=8))
def test_a_bent_database_ends_in_messages_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, index: int, junk: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / 'bent.db3'
    raw = bytearray(whole_bytes('db3'))
    at = index % len(raw)
    raw[at : at + len(junk)] = junk
    path.write_bytes(raw[: len(raw) - index % 3 * 1000])

    found, damage = read_or_refused(path)

    assert damage or len(found) <= len(ENTRIES)


@given(st.binary(max_size=80))
def test_bytes_that_are_no_message_are_refused_or_decoded(data: bytes) -> None:
    topic = Topic('/x', 'sensor_msgs/msg/CameraInfo')
    try:
        Decoder().message(Recorded(topic, 0, data))
    except Refusal as refusal:
        outcome = refusal.outcome
    else:
        outcome = Outcome.BAD_FRAME
    assert outcome is Outcome.BAD_FRAME


@pytest.mark.parametrize(
    ('name', 'content', 'sentence'),
    [
        ('a.mcap', b'', 'a.mcap'),
        ('a.mcap', b'no bag at all', 'no bag'),
        ('a.db3', b'SQLite format 3\0', 'no bag'),
        ('a.txt', b'hello', 'no bag'),
    ],
)
def test_what_is_no_bag_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ConfigurationError, match=sentence):
        open_bag(tmp_path / name)


def test_a_path_that_is_not_there_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='there is no bag'):
        open_bag(tmp_path / 'nothing')
    with pytest.raises(ConfigurationError, match=r'holds no \.mcap or \.db3 file'):
        open_bag(tmp_path)


def test_metadata_that_is_nonsense_does_not_hide_the_messages(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / 'run', ENTRIES[:4])
    (folder / 'metadata.yaml').write_text('rosbag2_bagfile_information: [1, {}]')

    with open_bag(folder) as bag:
        assert told(bag) == ENTRIES[:4]


@pytest.mark.parametrize('length', [9, 2**31 - 1, 2**32 - 1])
def test_a_message_that_lies_about_its_length_is_refused(length: int) -> None:
    raw = bytearray(entry('/x', 0, Image(data=b'12345678')).data)
    raw[-12:-8] = struct.pack('<I', length)
    recorded = Recorded(Topic('/x', 'sensor_msgs/msg/Image'), 5 * SECOND, bytes(raw))

    with pytest.raises(Refusal, match=r"a message of '/x' at 5.000 s is no sensor_msgs/msg/Image"):
        Decoder().message(recorded)


def test_a_type_that_nobody_knows_is_refused() -> None:
    recorded = Recorded(Topic('/x', 'acme_msgs/msg/Thing'), 0, bytes(16))

    with pytest.raises(Refusal) as caught:
        Decoder().plain(recorded)

    assert caught.value.outcome is Outcome.BAD_FRAME
    assert 'acme_msgs/msg/Thing' in caught.value.message


def test_a_definition_of_another_version_is_matched_by_the_names_of_fields() -> None:
    text = 'uint8[] extra\nstring data\n'
    raw = b'\0\1\0\0' + struct.pack('<I', 2) + b'ab\0\0' + struct.pack('<I', 3) + b'hi\0'
    recorded = Recorded(Topic('/x', 'std_msgs/msg/String', 1, text), 0, raw)

    assert Decoder().message(recorded) == String(data='hi')


@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**32 - 1), st.booleans())
def test_a_header_stamp_is_read_in_either_byte_order(
    sec: int, nanosec: int, is_little: bool
) -> None:
    raw = bytes([0, int(is_little), 0, 0]) + struct.pack(
        '<iI' if is_little else '>iI', sec, nanosec
    )
    recorded = Recorded(Topic('/x', 'sensor_msgs/msg/Image'), 0, raw)

    assert header_stamp_ns(recorded) == sec * SECOND + nanosec
