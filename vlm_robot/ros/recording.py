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

"""Subscribes to topics as they appear, and hands their messages over as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rclpy.qos import HistoryPolicy, QoSProfile

from vlm_robot.bags.decoding import message_class
from vlm_robot.bags.selection import Wants
from vlm_robot.bags.writer import BagWriter, OfferedQos
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.ros import qos
from vlm_robot.ros.streams.qos_matching import matching_profile

if TYPE_CHECKING:
    from rclpy.node import Node
    from rclpy.subscription import MessageInfo

_PERIOD_S = 0.25
_IDLE = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=100,
    reliability=qos.SENSOR.reliability,
    durability=qos.SENSOR.durability,
)


@dataclass
class _Stream:
    type: str
    profile: QoSProfile
    subscription: Any


class Recording:
    """
    Records the topics of a graph. Everything happens in the node's executor.

    :param wants: tells which topics.
    """

    def __init__(self, node: Node, writer: BagWriter, wants: Wants) -> None:
        self._node, self._writer, self._wants = node, writer, wants
        self._streams: dict[str, _Stream] = {}
        self.left_out: dict[str, str] = {}  # topic -> why, in a sentence
        self._timer = node.create_timer(_PERIOD_S, self.discover)

    @property
    def topics(self) -> tuple[str, ...]:
        """What is recorded, by name."""
        return tuple(sorted(self._streams))

    def discover(self) -> None:
        """Look for topics that are new, and for publishers that offer something else."""
        for name, types in self._node.get_topic_names_and_types():
            if name in self.left_out or not self._wants(name, types[0]):
                continue
            if not (offers := self._node.get_publishers_info_by_topic(name)):
                continue
            if name not in self._streams and not self._announce(name, types, offers):
                continue
            self._subscribe(name, [offer.qos_profile for offer in offers])

    def _announce(self, name: str, types: Sequence[str], offers: Sequence[Any]) -> bool:
        """Tell the writer about a topic; what cannot be recorded is left out for good."""
        try:
            if len(types) > 1:
                raise ConfigurationError(f'{name!r} has several types: {", ".join(types)}')
            message_class(types[0])
            self._writer.add_topic(
                name,
                types[0],
                type_hash=str(offers[0].topic_type_hash),
                qos=tuple(_offered(offer.qos_profile) for offer in offers),
            )
        except (ConfigurationError, ImportError) as err:
            self.left_out[name] = str(err)
            self._node.get_logger().warning(f'{name!r} is left out: {err}')
            return False
        self._streams[name] = _Stream(types[0], _IDLE, None)
        return True

    def _subscribe(self, name: str, offers: Sequence[QoSProfile]) -> None:
        """Subscribe so that all publishers are heard, anew when what they offer has changed."""
        stream = self._streams[name]
        profile = matching_profile(offers, _IDLE)
        if stream.subscription is not None:
            if _same(profile, stream.profile):
                return
            self._node.destroy_subscription(stream.subscription)

        def write(data: bytes, info: MessageInfo) -> None:
            time_ns = info['received_timestamp'] or self._node.get_clock().now().nanoseconds
            self._writer.put(name, time_ns, data)

        stream.profile = profile
        stream.subscription = self._node.create_subscription(
            message_class(stream.type), name, write, profile, raw=True
        )


def _same(a: QoSProfile, b: QoSProfile) -> bool:
    return (a.reliability, a.durability) == (b.reliability, b.durability)


def _offered(profile: QoSProfile) -> OfferedQos:
    return OfferedQos(
        reliability=profile.reliability.name.lower(),
        durability=profile.durability.name.lower(),
        history=profile.history.name.lower(),
        depth=profile.depth,
        liveliness=profile.liveliness.name.lower(),
    )
