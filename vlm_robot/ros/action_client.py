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

"""Calls a ROS action from a worker thread, as if it were a function."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rclpy.action.client import ActionClient
from rclpy.callback_groups import ReentrantCallbackGroup

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome

if TYPE_CHECKING:
    from rclpy.node import Node
    from rclpy.task import Future

_CANCEL_GRACE_S = 5.0
_POLL_S = 0.02


class ActionCaller:
    """
    A client of one action; blocks its caller, so never use it on the executor's thread.

    Make it before its node spins: rclpy's action client is seen by the executor half built.

    :param missing: the outcome when no server answers.
    :param discovery_s: how long to wait for the server to appear, and to accept a goal.
    """

    def __init__(
        self, node: Node, action: Any, name: str, *, missing: Outcome, discovery_s: float = 5.0
    ) -> None:
        group = ReentrantCallbackGroup()
        self._client: Any = ActionClient(node, action, name, callback_group=group)
        self._name = name
        self._missing = missing
        self._discovery_s = discovery_s

    def call(
        self,
        goal: Any,
        cancel: CancelToken,
        *,
        on_feedback: Callable[[Any], None] = lambda _: None,
    ) -> Any:
        """
        Send a goal and return its result message; a cancel is passed on to the server.

        :param on_feedback: called on the executor's thread with each feedback message.
        :raises Refusal: when the server is missing, refuses the goal, or the cancel goes unheard.
        """
        self._find_server(cancel)
        sent = self._client.send_goal_async(
            goal, feedback_callback=lambda message: on_feedback(message.feedback)
        )
        handle = self._finish(sent, cancel, self._discovery_s)
        if handle is None:
            sent.add_done_callback(_cancel_late)
            cancel.check()
            raise Refusal(self._missing, f'{self._name!r} did not answer a goal')
        if not handle.accepted:
            raise Refusal(self._missing, f'{self._name!r} did not accept a goal')
        answer = handle.get_result_async()
        if self._finish(answer, cancel, None) is None:
            handle.cancel_goal_async()
            self._finish(answer, None, _CANCEL_GRACE_S)
        if not answer.done():
            raise Refusal(cancel.verdict.outcome, f'{cancel.verdict.message}; nobody confirmed it')
        return answer.result().result

    def _find_server(self, cancel: CancelToken) -> None:
        end = time.monotonic() + self._discovery_s
        while not self._client.server_is_ready():
            if cancel.wait(_POLL_S):
                cancel.check()
            if time.monotonic() > end:
                raise Refusal(
                    self._missing, f'nobody serves the action {self._name!r}: is its node running?'
                )

    def _finish(
        self, future: Future[Any], cancel: CancelToken | None, timeout_s: float | None
    ) -> Any:
        """Return the future's result, or None when canceled or late."""
        moved = threading.Event()
        future.add_done_callback(lambda _: moved.set())
        if cancel is None:
            moved.wait(timeout_s)
        else:
            with cancel.listening(moved.set):
                moved.wait(timeout_s)
        return future.result() if future.done() else None


def _cancel_late(future: Future[Any]) -> None:
    """Cancel a goal that was accepted after its caller had gone."""
    handle = future.result()
    if handle is not None and handle.accepted:
        handle.cancel_goal_async()
