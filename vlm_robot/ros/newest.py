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
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rclpy.callback_groups import CallbackGroup

from vlm_robot.ros.qos import SENSOR

if TYPE_CHECKING:
    from rclpy.node import Node
    from rclpy.qos import QoSProfile

M = TypeVar('M')


class _NeverExecuted(CallbackGroup):
    """Keeps a subscription out of the executor's wait set."""

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
    bounded by the depth of the QoS profile, here and in the middleware. Thread safe.
    """

    def __init__(
        self, node: Node, message_type: type[M], topic: str, *, qos: QoSProfile = SENSOR
    ) -> None:
        self._subscription = node.create_subscription(
            message_type, topic, _ignore, qos, callback_group=_NeverExecuted()
        )
        self._type = message_type
        self._kept: deque[M] = deque(maxlen=qos.depth)
        self._lock = threading.Lock()

    @property
    def topic(self) -> str:
        """The topic's name after remapping."""
        return str(self._subscription.topic_name)

    @property
    def publishers(self) -> int:
        """Number of publishers that are known now."""
        return int(self._subscription.get_publisher_count())

    def messages(self) -> tuple[M, ...]:
        """Return what has arrived last, the oldest first."""
        with self._lock, self._subscription.handle:
            while taken := self._subscription.handle.take_message(self._type, False):
                self._kept.append(taken[0])
            return tuple(self._kept)

    def latest(self) -> M | None:
        """Return the newest message, or None if none has arrived."""
        kept = self.messages()
        return kept[-1] if kept else None


def _ignore(_: object) -> None:
    """Stand in for the callback, which is never called."""
