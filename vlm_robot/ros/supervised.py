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

"""Actions and services whose server may be missing, silent, slow, or die."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from action_msgs.msg import GoalStatus
from rclpy.action.client import ActionClient
from rclpy.callback_groups import ReentrantCallbackGroup

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from rclpy.node import Node
    from rclpy.task import Future

_POLL_S = 0.005
_GONE_S = 1.0  # a server that is not seen for longer has died


@dataclass(frozen=True)
class Ended:
    """How a goal ended."""

    succeeded: bool
    result: Any


class SupervisedAction:
    """
    A client of one action for work that moves an arm; blocks its caller, so runs on a worker.

    Make it before its node spins: rclpy's action client is seen by the executor half built.

    :param answer_timeout_s: for the server to appear, to accept a goal, and to end a canceled one.
    :param timeout_s: for the work itself.
    """

    def __init__(
        self, node: Node, action: Any, name: str, *, answer_timeout_s: float, timeout_s: float
    ) -> None:
        self._client: Any = ActionClient(
            node, action, name, callback_group=ReentrantCallbackGroup()
        )
        self._name = node.resolve_topic_name(name)
        self._answer_timeout_s = answer_timeout_s
        self._timeout_s = timeout_s

    def run(self, goal: Any, *, cancel: Cancel) -> Ended:
        """
        Send a goal and wait for its end.

        :raises Refusal: CONTROLLER_FAILED when the server is missing, silent, rejects the goal or
            dies; TIMEOUT, or CANCELED, when the goal was canceled and the server has ended it.
        """
        _find(self._client.server_is_ready, 'action', self._name, self._answer_timeout_s, cancel)
        handle = self._send(goal)
        answer = handle.get_result_async()
        why = self._watch(answer, cancel)
        if why is not None:
            return self._stopped(handle, answer, why)
        return _ended(answer)

    def _send(self, goal: Any) -> Any:
        # not cut short by a cancel: only a goal that was accepted can be canceled for certain
        sent = self._client.send_goal_async(goal)
        if not _wait(sent, self._answer_timeout_s):
            sent.add_done_callback(_cancel_late)
            raise self._failed(f'did not answer a goal for {self._answer_timeout_s:g} s')
        handle = sent.result()
        if handle is None or not handle.accepted:
            raise self._failed('rejected a goal')
        return handle

    def _watch(self, answer: Future[Any], cancel: Cancel) -> Refusal | None:
        """Wait for the end; return why the goal must be stopped before it."""
        start_s = seen_s = time.monotonic()
        while not answer.done():
            now_s = time.monotonic()
            if cancel.is_set():
                return Refusal(Outcome.CANCELED, f'canceled while {self._name!r} ran')
            if now_s - start_s > self._timeout_s:
                return Refusal(
                    Outcome.TIMEOUT, f'{self._name!r} took longer than {self._timeout_s:g} s'
                )
            if self._client.server_is_ready():
                seen_s = now_s
            elif now_s - seen_s > _GONE_S:
                raise self._failed('went away before the goal ended: the arm may still move')
            time.sleep(_POLL_S)
        return None

    def _stopped(self, handle: Any, answer: Future[Any], why: Refusal) -> Ended:
        handle.cancel_goal_async()
        if not _wait(answer, self._answer_timeout_s):
            raise self._failed(
                f'did not confirm within {self._answer_timeout_s:g} s that it stopped '
                f'({why.message}): the arm may still move'
            )
        ended = _ended(answer)
        if not ended.succeeded:
            raise why
        return ended

    def _failed(self, what: str) -> Refusal:
        return Refusal(Outcome.CONTROLLER_FAILED, f'the action {self._name!r} {what}')


class SupervisedService:
    """
    A client of one service; blocks its caller, so runs on a worker.

    :param answer_timeout_s: for the server to appear.
    :param timeout_s: for its answer.
    """

    def __init__(
        self, node: Node, service: Any, name: str, *, answer_timeout_s: float, timeout_s: float
    ) -> None:
        self._client: Any = node.create_client(
            service, name, callback_group=ReentrantCallbackGroup()
        )
        self._name = node.resolve_service_name(name)
        self._answer_timeout_s = answer_timeout_s
        self._timeout_s = timeout_s

    def call(self, request: Any, *, cancel: Cancel) -> Any:
        """
        Ask and wait for the answer.

        :raises Refusal: CONTROLLER_FAILED without a server, TIMEOUT without an answer, CANCELED.
        """
        ready = self._client.service_is_ready
        _find(ready, 'service', self._name, self._answer_timeout_s, cancel)
        answer = self._client.call_async(request)
        if not _wait(answer, self._timeout_s, cancel):
            self._client.remove_pending_request(answer)
            _check(cancel)
            raise Refusal(
                Outcome.TIMEOUT,
                f'the service {self._name!r} did not answer for {self._timeout_s:g} s',
            )
        return answer.result()

    def tell(self, request: Any) -> None:
        """Ask, if somebody serves it, and do not wait."""
        if self._client.service_is_ready():
            self._client.call_async(request)


def _find(
    is_ready: Callable[[], bool], kind: str, name: str, timeout_s: float, cancel: Cancel
) -> None:
    end = time.monotonic() + timeout_s
    while not is_ready():
        _check(cancel)
        if time.monotonic() > end:
            raise Refusal(
                Outcome.CONTROLLER_FAILED,
                f'nobody serves the {kind} {name!r}: is its node running?',
            )
        time.sleep(_POLL_S)
    _check(cancel)


def _wait(future: Future[Any], timeout_s: float, cancel: Cancel | None = None) -> bool:
    """Return whether a future is done before it is late or canceled."""
    end = time.monotonic() + timeout_s
    while not future.done():
        if time.monotonic() > end or (cancel is not None and cancel.is_set()):
            return False
        time.sleep(_POLL_S)
    return True


def _check(cancel: Cancel) -> None:
    if cancel.is_set():
        raise Refusal(Outcome.CANCELED, 'canceled before the arm moved')


def _ended(answer: Future[Any]) -> Ended:
    response: Any = answer.result()
    return Ended(response.status == GoalStatus.STATUS_SUCCEEDED, response.result)


def _cancel_late(sent: Future[Any]) -> None:
    """Cancel a goal that was accepted after its caller had gone."""
    handle = sent.result()
    if handle is not None and handle.accepted:
        handle.cancel_goal_async()
