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

"""Subscriptions that are read on demand: no callback runs while nobody looks."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rclpy.callback_groups import CallbackGroup
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from vlm_robot.ros.qos import SENSOR
from vlm_robot.ros.streams.endpoints import type_name
from vlm_robot.ros.streams.fast_dds import dropped_image_cure
from vlm_robot.ros.streams.losses import Losses
from vlm_robot.ros.streams.qos_matching import matching_profile, profile_words
from vlm_robot.ros.streams.stream_meter import Arrival, Stream, StreamHealth, measure

if TYPE_CHECKING:
    from rclpy.node import Node
    from rclpy.qos import QoSProfile

M = TypeVar('M')

_MATCH_EVERY_S = 0.25
_ARRIVALS = 400  # that are remembered for the stream's health


class _NeverExecuted(CallbackGroup):
    """
    Keeps a subscription out of the executor's wait set.

    :param stream: whose subscription it is.
    """

    def __init__(self, stream: Newest[Any]) -> None:
        super().__init__()
        self.stream = weakref.ref(stream)

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        """Nothing began, so nothing ends."""


class Newest(Generic[M]):
    """
    The last few messages of a topic, taken from the middleware when asked for.

    A callback per image costs four times the CPU of taking the one that is needed. Memory is
    bounded by the depth of the QoS profile, here and in the middleware. The subscription follows
    what the publishers offer: reliable where all are, latching where all latch. Thread safe.

    :param qos: the profile while there is no publisher, and the depth.
    :param optional: whether it is no fault that nobody publishes, see `health`.
    """

    def __init__(
        self,
        node: Node,
        message_type: type[M],
        topic: str,
        *,
        qos: QoSProfile = SENSOR,
        optional: bool = False,
    ) -> None:
        self._node = node
        self._type = message_type
        self._asked = topic
        self._optional = optional
        self._kept: deque[M] = deque(maxlen=qos.depth)
        self._arrivals: deque[Arrival] = deque(maxlen=_ARRIVALS)
        self._lock = threading.Lock()
        self._subscription: Any = None
        self._match_at = 0.0
        self._had_ns: dict[bytes, int] = {}  # publisher -> when it sent the last we have
        self._lost: int | None = 0  # until now, None where nobody tells
        self._subscribe(matching_profile(self._offers(), qos))

    @property
    def topic(self) -> str:
        """The topic's name after remapping."""
        return self._topic

    @property
    def asked(self) -> str:
        """The topic's full name before remapping."""
        return str(self._node.resolve_topic_name(self._asked, only_expand=True))

    @property
    def publishers(self) -> int:
        """Number of publishers that are known now."""
        with self._lock:
            if self._subscription is None:
                return 0
            return int(self._subscription.get_publisher_count())

    @property
    def qos(self) -> str:
        """The profile of the subscription as it is now, in words."""
        return profile_words(self._profile)

    def messages(self) -> tuple[M, ...]:
        """Return what has arrived last, the oldest first."""
        with self._lock:
            self._take()
            self._match()
            return tuple(self._kept)

    def latest(self) -> M | None:
        """Return the newest message, or None if none has arrived."""
        kept = self.messages()
        return kept[-1] if kept else None

    def health(self) -> StreamHealth:
        """Return how well the stream arrives, by what has been taken of it until now."""
        with self._lock:
            self._take()
            self._match()
            now_ns = time.time_ns()
            arrivals = tuple(self._arrivals)
        stream = Stream(
            self.topic,
            type_name(self._type),
            self.publishers,
            reliable=self._profile.reliability == ReliabilityPolicy.RELIABLE,
            latched=self._latching,
            optional=self._optional,
            cure=dropped_image_cure(),
        )
        return measure(stream, arrivals, now_ns)

    def destroy(self) -> None:
        """Subscribe no more; what has been taken stays."""
        with self._lock:
            self._unsubscribe()
            self._subscription = None

    @property
    def _latching(self) -> bool:
        return bool(self._profile.durability == DurabilityPolicy.TRANSIENT_LOCAL)

    def _subscribe(self, profile: QoSProfile) -> None:
        self._profile = profile
        self._since_ns = time.time_ns()
        self._had_ns = {a.publisher: a.sent_ns for a in self._arrivals if a.publisher}
        self._subscription = self._node.create_subscription(
            self._type, self._asked, _ignore, profile, callback_group=_NeverExecuted(self)
        )
        self._topic = str(self._subscription.topic_name)
        self._losses = Losses(self._node, self._subscription)
        # The node would keep the subscription of a stream that was dropped; Python would keep a
        # node that has its stream, were it named here.
        self._unsubscribe = weakref.finalize(
            self, _unsubscribe, weakref.ref(self._node), self._subscription, self._losses
        )
        self._unsubscribe.atexit = False

    def _match(self) -> None:
        """Follow the publishers, unless they were looked at just now."""
        now = time.monotonic()
        if self._subscription is None or now < self._match_at:
            return
        self._match_at = now + _MATCH_EVERY_S
        profile = matching_profile(self._offers(), self._profile)
        if profile != self._profile:
            self._unsubscribe()
            self._subscribe(profile)

    def _offers(self) -> list[QoSProfile]:
        known = self._node.get_publishers_info_by_topic(self._asked)
        return [info.qos_profile for info in known if info.topic_type == type_name(self._type)]

    def _take(self) -> None:
        """Take what is there."""
        if self._subscription is None:
            return
        taken = []
        handle = self._subscription.handle
        with handle:
            while pair := handle.take_message(self._type, False):
                taken.append(pair)
        lost = self._losses.since()
        self._lost = None if lost is None or self._lost is None else self._lost + lost
        # ROS time minus system time: stamps are compared with the moment of arrival
        offset_ns = self._node.get_clock().now().nanoseconds - time.time_ns()
        for message, info in taken:
            arrival = self._arrival(message, info, offset_ns)
            if not self._is_known(arrival):
                self._kept.append(message)
                self._arrivals.append(arrival)

    def _arrival(self, message: M, info: Mapping[str, Any], offset_ns: int) -> Arrival:
        sent_ns = info.get('source_timestamp') or 0
        received_ns = info.get('received_timestamp') or time.time_ns()
        header = getattr(message, 'header', None)
        stamp_ns = None if header is None else header.stamp.sec * 10**9 + header.stamp.nanosec
        return Arrival(
            bytes((info.get('publisher_gid') or {}).get('data', b'')),
            info.get('publication_sequence_number'),
            sent_ns,
            received_ns,
            stamp_ns,
            None if stamp_ns is None else received_ns + offset_ns - stamp_ns,
            len(getattr(message, 'data', ())),
            self._lost,
            self._latching and 0 < sent_ns < self._since_ns,
        )

    def _is_known(self, arrival: Arrival) -> bool:
        """Return whether a latching publisher has replayed what an earlier subscription had."""
        if not arrival.replayed:
            return False
        if arrival.publisher:
            return arrival.sent_ns <= self._had_ns.get(arrival.publisher, -1)
        return any(arrival.sent_ns == had.sent_ns for had in self._arrivals)


def streams_of(node: Node) -> tuple[Newest[Any], ...]:
    """Return what a node reads on demand, in the order of the subscriptions."""
    groups = [subscription.callback_group for subscription in node.subscriptions]
    streams = [group.stream() for group in groups if isinstance(group, _NeverExecuted)]
    return tuple(stream for stream in streams if stream is not None)


def _unsubscribe(node: weakref.ref[Node], subscription: Any, losses: Losses) -> None:
    losses.destroy()
    if (owner := node()) is not None:
        owner.destroy_subscription(subscription)


def _ignore(_: object) -> None:
    """Stand in for the callback, which is never called."""
