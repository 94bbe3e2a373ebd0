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

"""Tests vlm_node's model before it serves, and says on /diagnostics how that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticStatus

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import VlmRobotError
from vlm_robot.models.selftest.check import SelfTest
from vlm_robot.nodes.perception import Perception
from vlm_robot.ros.streams.diagnostics import Diagnostics, status

if TYPE_CHECKING:
    from rclpy.node import Node


class SelfTesting:
    """
    Runs the self-test, and has its last result told.

    :param node: whose name the status has.
    :param diagnostics: that tell it.
    :param mode: 'on', 'off', or 'auto': where the model's profile names images for it.
    """

    def __init__(self, node: Node, diagnostics: Diagnostics, mode: str) -> None:
        self._node = node
        self._diagnostics = diagnostics
        self._mode = mode
        self._cancel = CancelToken()
        self._status: DiagnosticStatus | None = None
        diagnostics.add(self._statuses)

    def passes(self, perception: Perception) -> bool:
        """Return whether the model may serve. Blocks for a handful of its answers."""
        if self._mode == 'off' or (self._mode == 'auto' and not perception.has_self_test):
            self._skip(perception.model)
            return True
        try:
            result = perception.self_test(self._cancel)
        except VlmRobotError as err:
            self._fail(perception.model, f'{type(err).__name__}: {err}')
            return False
        self._tell(result)
        return result.ok

    def forget(self) -> None:
        """Publish nothing more until there is another result."""
        self._status = None

    def close(self) -> None:
        """End a test that runs."""
        self._cancel.cancel(f'{self._node.get_name()} is shutting down')

    def _skip(self, model: str) -> None:
        level = DiagnosticStatus.WARN if self._mode == 'off' else DiagnosticStatus.OK
        self._say(level, 'the model is not tested', {'model': model, 'result': 'not tested'})

    def _fail(self, model: str, message: str) -> None:
        self._node.get_logger().error(message)
        self._say(DiagnosticStatus.ERROR, message, {'model': model, 'result': 'not tested'})

    def _tell(self, result: SelfTest) -> None:
        values = {
            'model': result.model,
            'result': result.fault.value,
            'images': str(len(result.rows)),
            'right': str(sum(row.right for row in result.rows)),
            'largest_error_px': f'{result.error_px:.1f}',
        }
        if result.ok:
            self._node.get_logger().info(result.sentence)
            self._say(DiagnosticStatus.OK, result.sentence, values)
            return
        message = f'the model failed its self-test: {result.sentence}'
        self._node.get_logger().error(message)
        self._say(DiagnosticStatus.ERROR, message, values)

    def _say(self, level: bytes, message: str, values: dict[str, str]) -> None:
        name = f'{self._node.get_name()}: self-test'
        self._status = status(level, name, message, values, hardware_id=values['model'])
        self._diagnostics.publish()

    def _statuses(self) -> list[DiagnosticStatus]:
        return [] if self._status is None else [self._status]
