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

"""What somebody's planner answers to a goal, told apart from answers to older goals."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import to_ns, verdict_value
from vlm_robot_interfaces.msg import MotionResult

if TYPE_CHECKING:
    from rclpy.node import Node

_POLL_S = 0.005


class MotionResults:
    """Listens on `motion_result` for the result of the newest goal. Thread safe."""

    def __init__(self, node: Node) -> None:
        self._lock = threading.Lock()
        self._stamps: tuple[int, ...] = ()
        self._result: MotionResult | None = None
        self._subscription = node.create_subscription(
            MotionResult, 'motion_result', self._take, qos.COMMAND
        )

    @property
    def topic(self) -> str:
        """The topic's name after remapping."""
        return str(self._subscription.topic_name)

    @property
    def publishers(self) -> int:
        """Number of publishers that are known now."""
        return int(self._subscription.get_publisher_count())

    def expect(self, stamp_ns: int | None) -> None:
        """Take results from now on for those of a goal; None for one without a stamp."""
        with self._lock:
            self._stamps = (0,) if stamp_ns is None else (0, stamp_ns)
            self._result = None

    def wait(self, timeout_s: float, cancel: Cancel | None) -> Verdict | None:
        """
        Return the result of the goal, or None when none came in time or before a cancel.

        :raises Refusal: CONTROLLER_FAILED for an outcome that does not exist.
        """
        end = time.monotonic() + timeout_s
        while time.monotonic() < end and not (cancel is not None and cancel.is_set()):
            with self._lock:
                result = self._result
            if result is not None:
                return _verdict(result, self.topic)
            time.sleep(_POLL_S)
        return None

    def _take(self, message: MotionResult) -> None:
        with self._lock:
            if self._result is None and to_ns(message.header.stamp) in self._stamps:
                self._result = message


def _verdict(result: MotionResult, topic: str) -> Verdict:
    try:
        verdict = verdict_value(result.error_code, result.error_msg)
    except Refusal as refusal:
        raise Refusal(Outcome.CONTROLLER_FAILED, f'{topic!r}: {refusal.message}') from refusal
    if verdict.ok:
        return Verdict(Outcome.OK)
    return Verdict(verdict.outcome, verdict.message or f'{topic!r} gives no reason')
