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

"""Real ROS nodes in a domain of their own, for tests."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import rclpy
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros.action_client import ActionCaller
from vlm_robot.ros.spin import Spinner

T = TypeVar('T')
_numbers = itertools.count(os.getpid())
DEADLINE_S = 30.0


class Ros:
    """A context, the nodes that spin in it, and a node for the test itself."""

    def __init__(self) -> None:
        self.context = Context()
        rclpy.init(context=self.context, domain_id=next(_numbers) % 100 + 1)
        self._spinners: list[Spinner] = []
        self._bare: list[Node] = []
        self.node = self.spin(Node('test', context=self.context))

    def start(self, make: Callable[..., T], **parameters: Any) -> T:
        """Build one of our nodes with parameters (`__` stands for a dot), and spin it."""
        overrides = [Parameter(k.replace('__', '.'), value=v) for k, v in parameters.items()]
        return self.spin(make(context=self.context, parameter_overrides=overrides))

    def spin(self, node: T) -> T:
        """Spin a node on a thread."""
        self._spinners.append(Spinner(node))  # type: ignore[arg-type]
        return node

    def bare_node(self, name: str, **arguments: Any) -> Node:
        """Return a node that does not spin."""
        node = Node(name, context=self.context, **arguments)
        self._bare.append(node)
        return node

    def call(
        self,
        action: Any,
        name: str,
        goal: Any,
        *,
        cancel: CancelToken | None = None,
        on_feedback: Callable[[Any], None] = lambda _: None,
    ) -> Any:
        """Send a goal and return its result."""
        node = Node(f'caller_{next(_numbers)}', context=self.context)
        caller = ActionCaller(node, action, name, missing=Outcome.TIMEOUT, discovery_s=DEADLINE_S)
        spinner = Spinner(node)
        try:
            return caller.call(goal, cancel or CancelToken(), on_feedback=on_feedback)
        finally:
            spinner.close()

    def request(self, kind: Any, name: str, request: Any) -> Any:
        """Call a service."""
        client = self.node.create_client(kind, name)
        assert client.wait_for_service(DEADLINE_S), f'nobody serves {name}'
        future = client.call_async(request)
        wait_until(future.done)
        return future.result()

    def collect(self, kind: Any, topic: str, qos: Any) -> list[Any]:
        """Return a list that fills with what is published on a topic."""
        got: list[Any] = []
        self.node.create_subscription(kind, topic, got.append, qos)
        return got

    def close(self) -> None:
        """End everything."""
        for spinner in reversed(self._spinners):
            spinner.close()
        for node in self._bare:
            node.destroy_node()
        rclpy.shutdown(context=self.context)


@contextmanager
def open_ros() -> Iterator[Ros]:
    """Return a domain that is closed at the end."""
    ros = Ros()
    try:
        yield ros
    finally:
        ros.close()


@contextmanager
def on_one_core() -> Iterator[None]:
    """
    Keep this thread, and those that it starts, on one core (Linux).

    Many nodes in one process hand the interpreter's lock from core to core otherwise, which makes
    them more than ten times slower.
    """
    if not hasattr(os, 'sched_setaffinity'):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def wait_until(condition: Callable[[], Any], deadline_s: float = DEADLINE_S) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, f'not within {deadline_s} s'
        time.sleep(0.01)
