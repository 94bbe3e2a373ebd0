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

"""Bags that we write."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from vlm_robot.bags.definitions import Definitions
from vlm_robot.bags.reader import open_bag
from vlm_robot.bags.writer import BagWriter, OfferedQos
from vlm_robot.core.errors import ConfigurationError

IMAGE = 'sensor_msgs/msg/Image'


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Let the system refuse to write more, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_the_metadata_is_what_rosbag2_writes(tmp_path: Path) -> None:
    writer = BagWriter(tmp_path / 'run')
    latched = OfferedQos(durability='transient_local', depth=1)
    writer.add_topic('/image_raw', IMAGE, qos=(OfferedQos(reliability='best_effort'), latched))
    for time_ns in (5, 7):
        writer.put('/image_raw', time_ns, b'\0\1\0\0' + bytes(40))
    writer.close({'key': 'value'})

    content = yaml.safe_load((tmp_path / 'run' / 'metadata.yaml').read_text())
    info = content['rosbag2_bagfile_information']

    assert set(info) >= {
        *('version', 'storage_identifier', 'relative_file_paths', 'duration', 'starting_time'),
        *('message_count', 'topics_with_message_count', 'compression_format', 'files'),
        *('compression_mode', 'custom_data', 'ros_distro'),
    }
    assert (info['version'], info['storage_identifier']) == (9, 'mcap')
    assert info['relative_file_paths'] == ['run.mcap']
    assert info['starting_time'] == {'nanoseconds_since_epoch': 5}
    assert info['duration'] == {'nanoseconds': 2}
    assert info['custom_data'] == {'key': 'value'}
    (topic,) = info['topics_with_message_count']
    assert topic['message_count'] == 2
    meta = topic['topic_metadata']
    assert (meta['name'], meta['type'], meta['serialization_format']) == (
        '/image_raw',
        IMAGE,
        'cdr',
    )
    assert meta['type_description_hash'] == Definitions().text_and_hash(IMAGE)[1]
    offers = [(q['reliability'], q['durability']) for q in meta['offered_qos_profiles']]
    assert offers == [('best_effort', 'volatile'), ('reliable', 'transient_local')]


def test_a_folder_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run' / 'precious').write_text('x')

    with pytest.raises(ConfigurationError, match='exists already'):
        BagWriter(tmp_path / 'run')

    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['precious']


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('x')

    with pytest.raises(ConfigurationError, match='no bag can be made'):
        BagWriter(tmp_path / 'file' / 'run')


def test_messages_beyond_the_memory_are_dropped_and_counted(tmp_path: Path) -> None:
    writer = BagWriter(tmp_path / 'run', most_bytes=100)
    writer.add_topic('/image_raw', IMAGE)

    taken = writer.put('/image_raw', 1, bytes(90)), writer.put('/image_raw', 2, bytes(101))
    summary = writer.close()

    assert taken == (True, False)
    assert (summary.written['/image_raw'], summary.dropped['/image_raw']) == (1, 1)


def test_a_full_disk_is_named_and_leaves_what_was_written(tmp_path: Path) -> None:
    writer = BagWriter(tmp_path / 'run')
    writer.add_topic('/image_raw', IMAGE)
    with no_file_larger_than(4 * 2**20):
        for time_ns in range(8):
            writer.put('/image_raw', time_ns, b'\0\1\0\0' + bytes(2**20))
        summary = writer.close()

    assert 'cannot be written any more: File too large' in writer.problem
    assert summary.written['/image_raw'] + summary.dropped['/image_raw'] == 8
    with open_bag(tmp_path / 'run') as bag:
        found = list(bag.messages(bag.topics))
    assert [recorded.time_ns for recorded in found] == list(range(len(found)))
    assert len(found) >= 2


def test_a_type_that_is_published_in_another_version_is_refused(tmp_path: Path) -> None:
    writer = BagWriter(tmp_path / 'run')

    with pytest.raises(ConfigurationError, match=r"another 'sensor_msgs/msg/Image'.*RIHS01_00"):
        writer.add_topic('/image_raw', IMAGE, type_hash='RIHS01_00')

    with pytest.raises(ConfigurationError, match="'acme_msgs/msg/Thing' is not installed"):
        writer.add_topic('/thing', 'acme_msgs/msg/Thing')
    writer.close()


def test_a_bag_without_messages_can_be_discarded(tmp_path: Path) -> None:
    writer = BagWriter(tmp_path / 'run')
    writer.close()
    writer.discard()

    assert not (tmp_path / 'run').exists()
