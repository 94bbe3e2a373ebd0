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

"""How many messages the middleware lost on the way to a subscription."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from rclpy.event_handler import QoSSubscriptionEventType, UnsupportedEventTypeError
from rclpy.impl.implementation_singleton import rclpy_implementation

if TYPE_CHECKING:
    from rclpy.node import Node
    from rclpy.subscription import Subscription


class Losses:
    """
    Counts losses by the middleware's own account, which is asked, and calls nobody.

    What a full queue drops for something newer is not among them. Sequence numbers cannot tell
    these two apart: messages that are half received take places in the queue, too.
    """

    def __init__(self, node: Node, subscription: Subscription[Any]) -> None:
        self._event: Any = None
        context: Any = node.context.handle
        self._waits: Any = rclpy_implementation.WaitSet(0, 0, 0, 0, 0, 1, context)
        with contextlib.suppress(UnsupportedEventTypeError):
            self._event = rclpy_implementation.EventHandle(
                subscription.handle, QoSSubscriptionEventType.RCL_SUBSCRIPTION_MESSAGE_LOST
            )

    def since(self) -> int | None:
        """Return how many messages were lost since the last call; None where nobody tells."""
        if self._event is None:
            return None
        with self._event:
            # as an executor does: for an event that has not happened the middleware may ask its
            # reader, which may be about to report one
            if not self._has_happened():
                return 0
            status = self._event.take_event()
        return 0 if status is None else int(status.total_count_change)

    def _has_happened(self) -> bool:
        with self._waits:
            self._waits.clear_entities()
            index = self._waits.add_event(self._event)
            self._waits.wait(0)
            return bool(self._waits.is_ready('event', index))

    def destroy(self) -> None:
        """Let go of the subscription, which lives as long as this does."""
        if self._event is not None:
            self._event.destroy_when_not_in_use()
            self._waits.destroy_when_not_in_use()
            self._event = None
