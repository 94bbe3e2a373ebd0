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

"""What a node says about itself on /diagnostics, once a second."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock
from rclpy.clock_type import ClockType

from vlm_robot.ros import qos

if TYPE_CHECKING:
    from rclpy.node import Node

Source = Callable[[], Iterable[DiagnosticStatus]]

_PERIOD_S = 1.0


class Diagnostics:
    """
    Publishes what sources tell, each time all of it, for those who come late.

    The period is real time: simulated time may stand still.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._sources: list[Source] = []
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', qos.COMMAND)
        node.create_timer(_PERIOD_S, self.publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def add(self, source: Source) -> None:
        """Ask a source, too, from now on."""
        self._sources.append(source)

    def publish(self) -> None:
        """Publish now, if there is something to say."""
        statuses = [status for source in self._sources for status in source()]
        if not statuses:
            return
        message = DiagnosticArray(status=statuses)
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)


def status(
    level: bytes, name: str, message: str, values: Mapping[str, str], *, hardware_id: str = ''
) -> DiagnosticStatus:
    """Return a status; its level is one of DiagnosticStatus' constants."""
    return DiagnosticStatus(
        level=level,
        name=name,
        message=message,
        hardware_id=hardware_id,
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )
