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

"""Bags written byte by byte, without the library under test, and recorded ones."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
from rclpy.serialization import serialize_message
from ros_fixture import Ros

from vlm_robot.bags.definitions import Definitions
from vlm_robot.bags.parameter_file import PARAMETERS_KEY, is_of_a_replay, to_text
from vlm_robot.bags.selection import usual
from vlm_robot.bags.writer import BagWriter
from vlm_robot.core.values import Intrinsics
from vlm_robot.ros.camera import images
from vlm_robot.ros.conversions import header_message
from vlm_robot.ros.recording import Recording
from vlm_robot.ros.remote_parameters import RemoteParameters

MAGIC = b'\x89MCAP0\r\n'
SECOND = 10**9
TF_DEFINITION = (
    'geometry_msgs/TransformStamped[] transforms\n'
    + '=' * 80
    + '\nMSG: geometry_msgs/TransformStamped\n'
    + Definitions().text_and_hash('geometry_msgs/msg/TransformStamped')[0]
)
Compress = Callable[[bytes], bytes]


class Entry(NamedTuple):
    """A message to write."""

    topic: str
    type: str
    time_ns: int
    data: bytes


def entry(topic: str, time_ns: int, message: Any) -> Entry:
    """Return the entry of a ROS message."""
    module, name = type(message).__module__.partition('.')[0], type(message).__name__
    return Entry(topic, f'{module}/msg/{name}', time_ns, serialize_message(message))


def definition(type_name: str) -> str:
    """Return the text of a type's definition."""
    if type_name == 'tf2_msgs/msg/TFMessage':
        return TF_DEFINITION
    return Definitions().text_and_hash(type_name)[0]


def tf_entry(topic: str, time_ns: int, parent: str, child: str, x: float) -> Entry:
    """Return a tf2_msgs/TFMessage, whose package need not be installed."""
    seconds, nanoseconds = divmod(time_ns, SECOND)
    transform = TransformStamped(
        child_frame_id=child,
        transform=Transform(translation=Vector3(x=x), rotation=Quaternion(w=1.0)),
    )
    transform.header.frame_id = parent
    transform.header.stamp = Time(sec=seconds, nanosec=nanoseconds)
    one = serialize_message(transform)
    # a sequence of one: its length, then the element, whose alignment to 4 stays as it is up to
    # the doubles, which are aligned to 8 from the first byte after the encapsulation
    return Entry(topic, 'tf2_msgs/msg/TFMessage', time_ns, _sequence_of(transform, one))


def _sequence_of(transform: TransformStamped, one: bytes) -> bytes:
    body = struct.pack('<I', 1) + one[4:12]
    for text in (transform.header.frame_id, transform.child_frame_id):
        raw = text.encode() + b'\0'
        body += b'\0' * (-len(body) % 4) + struct.pack('<I', len(raw)) + raw
    body += b'\0' * (-len(body) % 8)
    t, q = transform.transform.translation, transform.transform.rotation
    return one[:4] + body + struct.pack('<7d', t.x, t.y, t.z, q.x, q.y, q.z, q.w)


def look_entries(
    time_ns: int, *, frame_id: str = 'camera', prefix: str = '', grey: int = 90
) -> list[Entry]:
    """Return colour, depth and camera_info of one moment, 64 x 48."""
    header = header_message(time_ns, frame_id)
    rgb = np.full((48, 64, 3), grey, np.uint8)
    depth_m = np.full((48, 64), 0.8, np.float32)
    info = images.camera_info_message(Intrinsics(64, 48, 60.0, 60.0, 31.5, 23.5), header)
    return [
        entry(f'{prefix}/camera_info', time_ns, info),
        entry(
            f'{prefix}/depth/image_raw',
            time_ns,
            images.depth_message(depth_m, header, encoding='32FC1'),
        ),
        entry(f'{prefix}/image_raw', time_ns, images.rgb_message(rgb, header)),
    ]


def write_mcap(
    path: Path, entries: Sequence[Entry], *, compression: str = '', compress: Compress = bytes
) -> Path:
    """Write a file of two chunks without an index, as after a crash but with its end."""
    half = (len(entries) + 1) // 2
    body = MAGIC + _record(0x01, _text('ros2') + _text('by hand'))
    known: list[str] = []
    for part in (entries[:half], entries[half:]):
        inner = b''.join(_message(known, item) for item in part)
        packed = compress(inner)
        times = struct.pack('<QQ', part[0].time_ns, part[-1].time_ns) if part else bytes(16)
        head = times + struct.pack('<QI', len(inner), 0) + _text(compression)
        body += _record(0x06, head + struct.pack('<Q', len(packed)) + packed)
    body += _record(0x0F, bytes(4)) + _record(0x02, bytes(20)) + MAGIC
    path.write_bytes(body)
    return path


def _message(known: list[str], item: Entry) -> bytes:
    """Return a message's record, after those that announce its topic."""
    announced = b''
    if item.topic not in known:
        known.append(item.topic)
        key = struct.pack('<H', len(known))
        text = definition(item.type)
        announced = _record(0x03, key + _text(item.type) + _text('ros2msg') + _text(text))
        announced += _record(0x04, key + key + _text(item.topic) + _text('cdr') + bytes(4))
    head = struct.pack('<HIQQ', known.index(item.topic) + 1, 0, item.time_ns, item.time_ns)
    return announced + _record(0x05, head + item.data)


def _record(opcode: int, body: bytes) -> bytes:
    return struct.pack('<BQ', opcode, len(body)) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack('<I', len(raw)) + raw


def write_sqlite(path: Path, entries: Iterable[Entry]) -> Path:
    """Write a database as rosbag2 of Foxy had it, without definitions."""
    with sqlite3.connect(path) as database:
        database.execute(
            'CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, '
            'serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL)'
        )
        database.execute(
            'CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, '
            'timestamp INTEGER NOT NULL, data BLOB NOT NULL)'
        )
        known: dict[str, int] = {}
        for item in entries:
            if item.topic not in known:
                known[item.topic] = len(known) + 1
                database.execute(
                    'INSERT INTO topics VALUES(?, ?, ?, ?, ?)',
                    (known[item.topic], item.topic, item.type, 'cdr', ''),
                )
            database.execute(
                'INSERT INTO messages(topic_id, timestamp, data) VALUES(?, ?, ?)',
                (known[item.topic], item.time_ns, item.data),
            )
    database.close()
    return path


class Recorder:
    """Records everything of a domain until it is closed."""

    def __init__(self, ros: Ros, folder: Path) -> None:
        self.writer = BagWriter(folder)
        node = ros.spin(ros.bare_node('recorder'))
        self.recording = Recording(node, self.writer, usual)
        self.parameters = RemoteParameters(node, lambda n: n == 'vlm_node', is_of_a_replay)

    def has(self, topic: str, count: int) -> bool:
        return self.writer.summary.written[topic] >= count

    def close(self) -> None:
        self.writer.close({PARAMETERS_KEY: to_text(self.parameters.values)})
