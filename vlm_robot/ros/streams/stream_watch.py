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

"""Tells how well the streams arrive that a node reads on demand."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from diagnostic_msgs.msg import DiagnosticStatus

from vlm_robot.ros.streams.diagnostics import status
from vlm_robot.ros.streams.newest import Newest, streams_of

if TYPE_CHECKING:
    from rclpy.node import Node

    from vlm_robot.ros.streams.stream_meter import StreamHealth

_AT_ONCE = 2  # streams that are looked at: taking five images of each costs milliseconds
_PATIENCE = 3  # looks in a row that find something, before it is logged


class StreamWatch:
    """
    Has a status for each stream; what stays wrong is logged once, until it was right again.

    :param node: whose streams these are, those that come later included.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._found: Counter[str] = Counter()
        self._told: dict[str, DiagnosticStatus] = {}
        self._turn = 0

    def statuses(self) -> list[DiagnosticStatus]:
        """Return the newest status of each stream; they are looked at in turns."""
        streams = streams_of(self._node)
        due = {(self._turn + i) % len(streams) for i in range(_AT_ONCE)} if streams else set()
        self._turn += _AT_ONCE
        self._told = {
            stream.topic: self._status(stream)
            if number in due or stream.topic not in self._told
            else self._told[stream.topic]
            for number, stream in enumerate(streams)
        }
        return list(self._told.values())

    def _status(self, stream: Newest[Any]) -> DiagnosticStatus:
        health = stream.health()
        self._log(health)
        values = {
            'rate_hz': f'{health.rate_hz:.4g}',
            'published_hz': f'{health.published_hz:.4g}',
            'latency_s': f'{health.latency_s:.4g}',
            'publishers': str(health.publishers),
            'qos': stream.qos,
            'asked': stream.asked,
        }
        name = f'{self._node.get_name()}: {health.topic}'
        good = (
            'arrives well'
            if health.publishers
            else 'nobody publishes it; not every camera needs it'
        )
        return status(_level(health), name, health.finding or good, values)

    def _log(self, health: StreamHealth) -> None:
        """Log a finding that stays; that nobody has ever published is for a refusal to say."""
        awaited = math.isnan(health.rate_hz) and not health.publishers
        self._found[health.topic] += 1
        if not health.finding or awaited:
            self._found[health.topic] = 0
        elif self._found[health.topic] == _PATIENCE:
            self._node.get_logger().warning(health.finding)


def _level(health: StreamHealth) -> bytes:
    if health.silent:
        return DiagnosticStatus.ERROR
    return DiagnosticStatus.WARN if health.finding else DiagnosticStatus.OK
