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

"""How far a gripper is open, where `joint_states` tells it and nothing else of the arm matters."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sensor_msgs.msg import JointState

from vlm_robot.motion.settings import GripperSettings
from vlm_robot.ros.arm.readings import Readings
from vlm_robot.ros.streams.newest import Newest

if TYPE_CHECKING:
    from rclpy.node import Node

_WAIT_S = 0.2
_POLL_S = 0.005


class Opening:
    """Reads the first joint of a gripper. Blocks shortly: runs on a worker."""

    def __init__(self, node: Node, settings: GripperSettings) -> None:
        self._settings = settings
        self._readings = Readings(settings.joints[:1], {})
        self._messages = Newest(node, JointState, 'joint_states')
        self._last: JointState | None = None

    def measure(self) -> float | None:
        """Return the opening in m, from a message that arrives from now on; None without one."""
        if not self._settings.joints or self._messages.publishers == 0:
            return None
        name = self._settings.joints[0]
        self._take_in()
        before, end = self._readings.count(name), time.monotonic() + _WAIT_S
        while self._readings.count(name) == before and time.monotonic() < end:
            time.sleep(_POLL_S)
            self._take_in()
        reading = self._readings.get(name)
        if reading is None or self._readings.count(name) == before:
            return None
        return self._settings.opening_of(reading.position)

    def _take_in(self) -> None:
        messages = self._messages.messages()
        seen = next((i for i, m in enumerate(messages) if m is self._last), -1)
        for message in messages[seen + 1 :]:
            self._last = message
            self._readings.take_in(message)  # one that cannot be used is as good as none
