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

"""Lets the model of vlm_node look at the scene while nobody asks."""

from __future__ import annotations

from rclpy.node import Node

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.nodes.perception import Perception
from vlm_robot.ros.jobs import Jobs


class Anticipating:
    """
    Looks at a low rate while no instruction is worked on.

    :param period_s: between two looks at the camera's newest frame; 0 never looks.
    """

    def __init__(self, node: Node, jobs: Jobs, perception: Perception, *, period_s: float) -> None:
        self._node = node
        self._jobs = jobs
        self._perception = perception
        self._timer = node.create_timer(period_s, self._tick) if period_s > 0 else None

    def destroy(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)

    def _tick(self) -> None:
        if not self._jobs.busy:
            self._jobs.post(self._look)

    def _look(self, cancel: CancelToken) -> None:
        try:
            self._perception.anticipate()
        except Refusal as refusal:
            # whoever asks next gets the same answer; until then it is no news
            self._node.get_logger().debug(f'the model could not look: {refusal.message}')
