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

"""What every node tells of its surroundings: who it cannot talk to, and how streams arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlm_robot.ros.streams.diagnostics import Diagnostics
from vlm_robot.ros.streams.qos_watch import QosWatch
from vlm_robot.ros.streams.stream_watch import StreamWatch

if TYPE_CHECKING:
    from rclpy.node import Node


def watch_surroundings(node: Node) -> Diagnostics:
    """Publish it on /diagnostics from now on; what is returned takes more sources."""
    diagnostics = Diagnostics(node)
    diagnostics.add(QosWatch(node).statuses)
    diagnostics.add(StreamWatch(node).statuses)
    return diagnostics
