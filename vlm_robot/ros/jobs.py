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

"""Serves ROS actions with plain functions on a worker thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rclpy.action.server import ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup

from vlm_robot.core.cancel import CancelToken, deadline
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.ros.worker import Worker

if TYPE_CHECKING:
    from rclpy.action.server import ServerGoalHandle
    from rclpy.node import Node


class Policy(StrEnum):
    """What happens to a job while another is running."""

    PREEMPT = 'preempt'  # the running one is canceled, and those that wait are dropped
    QUEUE = 'queue'  # the new one waits, up to a limit
    REJECT = 'reject'  # the new one is refused with BUSY


class Jobs:
    """
    The jobs of a node: one runs at a time, and every one ends with a verdict.

    :param policy: what a new job does to the running one.
    :param limit: how many may wait; more are refused with BUSY.
    """

    def __init__(self, node: Node, *, policy: Policy, limit: int = 4) -> None:
        self._worker = Worker(node, 'worker')
        self._node = node
        self._policy = policy
        self._limit = limit
        self._active: list[CancelToken] = []
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return bool(self._active)

    def cancel_all(self, message: str, outcome: Outcome = Outcome.CANCELED) -> None:
        """Cancel the running job and those that wait."""
        with self._lock:
            tokens = tuple(self._active)
        for token in tokens:
            token.cancel(message, outcome)

    def admit(self, token: CancelToken) -> Verdict:
        """Let a job in by the policy, or say why not; pair it with `leave`."""
        with self._lock:
            others = tuple(self._active)
            verdict = self._admission(len(others))
            if verdict.ok:
                self._active.append(token)
        if verdict.ok and self._policy is Policy.PREEMPT:
            for other in others:
                other.cancel('a newer instruction took over')
        return verdict

    def leave(self, token: CancelToken) -> None:
        """Take a job out."""
        with self._lock:
            self._active.remove(token)

    async def run(self, job: Callable[[CancelToken], Any], token: CancelToken) -> Any:
        """
        Run an admitted job on the worker.

        :raises Exception: whatever the job raised.
        """
        try:
            return await self._worker.run(lambda: job(token))
        finally:
            self.leave(token)

    def post(self, job: Callable[[CancelToken], None]) -> Verdict:
        """Run a job that nobody awaits, or say why not."""
        token = CancelToken()
        verdict = self.admit(token)
        if verdict.ok:
            self._worker.post(lambda: self._logged(job, token))
        return verdict

    def close(self) -> None:
        """Cancel everything and stop the worker."""
        self.cancel_all(f'{self._node.get_name()} is shutting down')
        if not self._worker.close():
            self._node.get_logger().warning('a job did not end in time')

    def _admission(self, others: int) -> Verdict:
        if others and self._policy is Policy.REJECT:
            return Verdict(Outcome.BUSY, 'another instruction is being carried out')
        if others > self._limit:
            return Verdict(Outcome.BUSY, f'{others} instructions are waiting already')
        return Verdict(Outcome.OK)

    def _logged(self, job: Callable[[CancelToken], None], token: CancelToken) -> None:
        try:
            job(token)
        except Exception as err:
            self._node.get_logger().error(f'{type(err).__name__}: {err}')
        finally:
            self.leave(token)


@dataclass(frozen=True)
class Call:
    """One goal of an action, as the function that serves it sees it."""

    goal: Any
    cancel: CancelToken
    feedback: Callable[[Any], None]


class ActionJobs:
    """
    An action server whose goals are jobs.

    :param serve: turns a call into a result message; runs on the worker. What it raises becomes
        a result with the Refusal's code, or with `crash` and a sentence.
    :param crash: the outcome of a failure that nothing foresaw.
    """

    def __init__(
        self,
        node: Node,
        jobs: Jobs,
        action: Any,
        name: str,
        serve: Callable[[Call], Any],
        *,
        crash: Outcome,
    ) -> None:
        self._node = node
        self._jobs = jobs
        self._action = action
        self._serve = serve
        self._crash = crash
        self._tokens: dict[bytes, CancelToken] = {}
        self._server = ActionServer(
            node,
            action,
            name,
            execute_callback=self._execute,
            cancel_callback=self._cancel,
            callback_group=ReentrantCallbackGroup(),
        )

    def destroy(self) -> None:
        """Stop serving."""
        self._server.destroy()

    async def _execute(self, handle: ServerGoalHandle[Any, Any, Any]) -> Any:
        key = bytes(handle.goal_id.uuid)
        token = self._tokens[key] = CancelToken()
        if handle.is_cancel_requested:
            token.cancel('canceled by the client')
        try:
            result = await self._result(handle, token)
        finally:
            del self._tokens[key]
        if result.error_code == Outcome.OK:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        return result

    async def _result(self, handle: ServerGoalHandle[Any, Any, Any], token: CancelToken) -> Any:
        verdict = self._jobs.admit(token)
        if not verdict.ok:
            return self._failed(verdict)
        call = Call(handle.request, token, handle.publish_feedback)
        try:
            return await self._jobs.run(lambda _: self._guarded(call), token)
        except Refusal as refusal:
            return self._failed(refusal.verdict)
        except Exception as err:
            self._node.get_logger().error(f'{type(err).__name__}: {err}')
            return self._failed(Verdict(self._crash, f'{type(err).__name__}: {err}'))

    def _guarded(self, call: Call) -> Any:
        call.cancel.check()
        with deadline(call.cancel, getattr(call.goal, 'timeout', 0.0)):
            return self._serve(call)

    def _failed(self, verdict: Verdict) -> Any:
        return self._action.Result(error_code=int(verdict.outcome), error_msg=verdict.message)

    def _cancel(self, handle: ServerGoalHandle[Any, Any, Any]) -> CancelResponse:
        token = self._tokens.get(bytes(handle.goal_id.uuid))
        if token is not None:
            token.cancel('canceled by the client')
        return CancelResponse.ACCEPT
