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

"""The command line's own node."""

from __future__ import annotations

import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Empty
from std_srvs.srv import SetBool, Trigger

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.instruction import check_instruction
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.values import Plan
from vlm_robot.ros import qos
from vlm_robot.ros.action_client import ActionCaller
from vlm_robot.ros.conversions import plan_value, verdict_value
from vlm_robot.ros.namespaces import elsewhere_hint
from vlm_robot.ros.spin import Spinner
from vlm_robot_interfaces.action import ExecuteInstruction
from vlm_robot_interfaces.srv import Ask, CheckGoal

_DISCOVERY_S = 10.0
_POLL_S = 0.05
_SERVERS = {'execute_instruction': 'task_node', 'plan_instruction': 'vlm_node'}


@dataclass(frozen=True)
class Result:
    """How an instruction ended."""

    verdict: Verdict
    plan: Plan
    steps_done: int


class Client:
    """
    A node that gives instructions. Its calls block; its callbacks run on another thread.

    :param namespace: of the robot's nodes.
    """

    def __init__(self, namespace: str = '') -> None:
        rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
        self.node = Node(f'vlm_robot_cli_{uuid.uuid4().hex[:8]}', namespace=namespace or None)
        self._execute = ActionCaller(
            self.node,
            ExecuteInstruction,
            'execute_instruction',
            missing=Outcome.TIMEOUT,
            discovery_s=_DISCOVERY_S,
        )
        self._spinner = Spinner(self.node)

    def close(self) -> None:
        """Leave the graph."""
        self._spinner.close()
        rclpy.try_shutdown()

    def wait_for_robot(self, timeout_s: float, cancel: CancelToken) -> None:
        """
        Wait until the robot takes instructions, and its model serves.

        :raises Refusal: TIMEOUT, or CANCELED.
        """
        end = time.monotonic() + timeout_s
        for action in _SERVERS:
            while not self.node.count_publishers(f'{action}/_action/status'):
                if cancel.wait(_POLL_S):
                    cancel.check()
                if time.monotonic() > end:
                    raise Refusal(
                        Outcome.TIMEOUT,
                        f'nobody serves the action {action!r} within {timeout_s:g} s: is the '
                        f'robot running?{elsewhere_hint(self.node, _SERVERS[action])}',
                    )

    def say(
        self,
        instruction: str,
        cancel: CancelToken,
        *,
        on_feedback: Callable[[Any], None] = lambda _: None,
    ) -> Result:
        """
        Have an instruction carried out.

        :param on_feedback: gets ExecuteInstruction's feedback, on another thread.
        :raises Refusal: TIMEOUT when nobody serves instructions.
        """
        refused = check_instruction(instruction)  # what is not text cannot even be sent
        if not refused.ok:
            return Result(refused, Plan(instruction, refused), 0)
        goal = ExecuteInstruction.Goal(instruction=instruction)
        try:
            result = self._execute.call(goal, cancel, on_feedback=on_feedback)
        except Refusal as refusal:
            if refusal.outcome is not Outcome.TIMEOUT:
                raise
            hint = elsewhere_hint(self.node, 'task_node')
            raise Refusal(refusal.outcome, f'{refusal.message}{hint}') from refusal
        verdict = verdict_value(result.error_code, result.error_msg)
        return Result(verdict, plan_value(result.plan), int(result.steps_done))

    def ask(self, question: str, cancel: CancelToken) -> Ask.Response:
        """
        Ask vlm_node's model.

        :raises Refusal: TIMEOUT when it does not answer.
        """
        return self._request(Ask, 'vlm_node/ask', Ask.Request(question=question), cancel)

    def approve(self, cancel: CancelToken, *, approved: bool) -> SetBool.Response:
        """
        Approve or reject the plan that waits.

        :raises Refusal: TIMEOUT when task_node does not answer.
        """
        return self._request(SetBool, 'task_node/approve', SetBool.Request(data=approved), cancel)

    def clear(self, cancel: CancelToken) -> Trigger.Response:
        """
        Let instructions be accepted again after a stop.

        :raises Refusal: TIMEOUT when task_node does not answer.
        """
        return self._request(Trigger, 'task_node/clear', Trigger.Request(), cancel)

    def stop(self, cancel: CancelToken, *, timeout_s: float = _DISCOVERY_S) -> None:
        """
        Say stop until task_node says that it has stopped.

        :raises Refusal: TIMEOUT when it does not say so.
        """
        stopped = threading.Event()

        def hear(status: DiagnosticStatus) -> None:
            if status.message == 'stopped':
                stopped.set()

        self.node.create_subscription(DiagnosticStatus, 'task_node/status', hear, qos.STATE)
        publisher = self.node.create_publisher(Empty, 'stop', qos.COMMAND)
        end = time.monotonic() + timeout_s
        while not stopped.is_set():
            publisher.publish(Empty())
            stopped.wait(_POLL_S)
            cancel.check()
            if time.monotonic() > end:
                raise Refusal(
                    Outcome.TIMEOUT,
                    f'task_node has not said within {timeout_s:g} s that it stopped: is it '
                    f'running?{elsewhere_hint(self.node, "task_node")}',
                )

    def check(self, request: CheckGoal.Request, cancel: CancelToken) -> CheckGoal.Response:
        """
        Ask the simulator's physics.

        :raises Refusal: TIMEOUT when it does not answer.
        """
        return self._request(CheckGoal, 'sim_node/check', request, cancel)

    def _request(
        self, kind: Any, name: str, request: Any, cancel: CancelToken, *, timeout_s: float = 60.0
    ) -> Any:
        client: Any = self.node.create_client(kind, name)
        try:
            if not client.wait_for_service(timeout_sec=_DISCOVERY_S):
                hint = elsewhere_hint(self.node, name.partition('/')[0])
                raise Refusal(
                    Outcome.TIMEOUT, f'nobody serves {name!r}: is its node running?{hint}'
                )
            done = threading.Event()
            future = client.call_async(request)
            future.add_done_callback(lambda _: done.set())
            with cancel.listening(done.set):
                done.wait(timeout_s)
            cancel.check()
            if not future.done():
                raise Refusal(Outcome.TIMEOUT, f'{name!r} did not answer in {timeout_s:g} s')
            return future.result()
        finally:
            self.node.destroy_client(client)


@contextmanager
def open_client(namespace: str = '') -> Iterator[Client]:
    """Return a client that is closed at the end."""
    client = Client(namespace)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def cancel_on_interrupt() -> Iterator[CancelToken]:
    """Return a token that the first Ctrl-C cancels; the second one raises KeyboardInterrupt."""
    token = CancelToken()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if token.is_set():
            raise KeyboardInterrupt
        token.cancel('interrupted with Ctrl-C')

    previous = {n: signal.signal(n, interrupt) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield token
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
