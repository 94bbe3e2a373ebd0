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

"""An action server that behaves as a test tells it to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.action.server import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future


class FakeAction:
    """
    Ends each goal with what `answer` returns: whether it succeeded, and its result.

    `accepts`: whether goals are taken; `holds`: goals run until they are canceled or `release`d;
    `hears`: whether they can be canceled.
    """

    def __init__(
        self, node: Node, action: Any, name: str, answer: Callable[[Any], tuple[bool, Any]]
    ) -> None:
        self.answer = answer
        self.goals: list[Any] = []
        self.canceled = 0
        self.accepts = self.hears = True
        self.holds = False
        self._node = node
        self._end: Future[None] = Future()
        self._server = ActionServer(
            node,
            action,
            name,
            execute_callback=self._execute,
            goal_callback=lambda _: GoalResponse.ACCEPT if self.accepts else GoalResponse.REJECT,
            cancel_callback=self._cancel,
            callback_group=ReentrantCallbackGroup(),
        )

    @property
    def running(self) -> bool:
        """Whether a goal is held."""
        return self.holds and len(self.goals) > 0

    def release(self) -> None:
        """Let the goal that runs come to its end."""
        self._end.set_result(None)
        if self._node.executor is not None:
            self._node.executor.wake()

    def destroy(self) -> None:
        """Serve no more; the node must not spin."""
        self._server.destroy()

    async def _execute(self, handle: Any) -> Any:
        self.goals.append(handle.request)
        if self.holds:
            await self._end
        succeeded, result = self.answer(handle.request)
        if handle.is_cancel_requested:
            self.canceled += 1
            handle.canceled()
        elif succeeded:
            handle.succeed()
        else:
            handle.abort()
        return result

    def _cancel(self, _handle: Any) -> CancelResponse:
        if not self.hears:
            return CancelResponse.REJECT
        self._end.set_result(None)
        return CancelResponse.ACCEPT
