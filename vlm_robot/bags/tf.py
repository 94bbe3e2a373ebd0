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

"""The transforms of a bag."""

from __future__ import annotations

from vlm_robot.bags.decoding import Decoder
from vlm_robot.bags.reader import Bag
from vlm_robot.bags.records import Topic
from vlm_robot.core.errors import Refusal
from vlm_robot.core.transforms import StampedTransform, TransformBuffer

TYPES = ('tf2_msgs/msg/TFMessage', 'tf/msg/tfMessage')
_AROUND_NS = 10_000_000_000


class RecordedTransforms:
    """
    The transforms around a moment, read when they are needed.

    `unreadable` counts what is no transform.
    """

    def __init__(self, bag: Bag, decoder: Decoder) -> None:
        self._bag, self._decoder = bag, decoder
        topics = [topic for topic in bag.topics if topic.type in TYPES]
        self._moving = [topic for topic in topics if not _is_static(topic)]
        self._fixed = [topic for topic in topics if _is_static(topic)]
        self.buffer = TransformBuffer()
        self.unreadable = 0
        self._from_ns = self._until_ns = 0
        self._read(self._fixed, 0, 2**63 - 1, static=True)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Where they come from."""
        return (*self._moving, *self._fixed)

    def around(self, time_ns: int) -> TransformBuffer:
        """Return what is known around a moment of the bag's time, and perhaps more."""
        start_ns, stop_ns = max(0, time_ns - _AROUND_NS), time_ns + _AROUND_NS
        if stop_ns < self._from_ns or start_ns > self._until_ns:
            self._from_ns = self._until_ns = start_ns
        self._read(self._moving, start_ns, min(stop_ns, self._from_ns), static=False)
        self._read(self._moving, max(start_ns, self._until_ns), stop_ns, static=False)
        self._from_ns, self._until_ns = min(start_ns, self._from_ns), max(stop_ns, self._until_ns)
        return self.buffer

    def _read(self, topics: list[Topic], start_ns: int, stop_ns: int, *, static: bool) -> None:
        if not topics or start_ns >= stop_ns:
            return
        for recorded in self._bag.messages(topics, start_ns=start_ns, stop_ns=stop_ns):
            try:
                for transform in self._decoder.plain(recorded).transforms:
                    self.buffer.add(_stamped(transform), static=static)
            except (Refusal, ValueError, AttributeError):
                self.unreadable += 1


def _is_static(topic: Topic) -> bool:
    return topic.name.rpartition('/')[2] == 'tf_static'


def _stamped(message: object) -> StampedTransform:
    """Return the value of a geometry_msgs/TransformStamped, as the library decodes it."""
    header, child = message.header, message.child_frame_id  # type: ignore[attr-defined]
    t, q = message.transform.translation, message.transform.rotation  # type: ignore[attr-defined]
    return StampedTransform(
        header.stamp.sec * 1_000_000_000 + header.stamp.nanosec,
        header.frame_id,
        child,
        (t.x, t.y, t.z),
        (q.x, q.y, q.z, q.w),
    )
