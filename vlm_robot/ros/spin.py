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

"""Runs one node until it is asked to stop, and ends it cleanly."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from vlm_robot.bringup.graph import MISCONFIGURED, READY
from vlm_robot.core.errors import VlmRobotError


class Closable(Protocol):
    """A node that has work of its own to end."""

    def close(self) -> None:
        """End threads and motion; the executor still spins."""
        ...


def run(make_node: Callable[[], Node], argv: Sequence[str] | None = None) -> int:
    """
    Spin a node until SIGINT or SIGTERM.

    The executor spins on a thread of its own, so that the node can still publish (a trajectory
    that holds the arm, the result of a canceled goal) after the signal.

    :param make_node: builds the node; its `close()` is called before the executor stops.
    :return: the exit status: 0 when it was asked to stop, 1 when it failed, 2 when it is
        misconfigured.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        rclpy.init(
            args=list(sys.argv if argv is None else argv),
            signal_handler_options=SignalHandlerOptions.NO,
        )
    except RuntimeError as err:  # of rcl: arguments or a parameter file that it cannot read
        print(f'ConfigurationError: {err}', file=sys.stderr)
        return MISCONFIGURED
    try:
        return _run(make_node, stop)
    finally:
        rclpy.try_shutdown()


def _run(make_node: Callable[[], Node], stop: threading.Event) -> int:
    try:
        node = make_node()
    except VlmRobotError as err:
        print(f'{type(err).__name__}: {err}', file=sys.stderr)
        return MISCONFIGURED
    spinner = Spinner(node, on_failure=stop.set)
    node.get_logger().info(READY)
    try:
        stop.wait()
    finally:
        spinner.close()
    return 1 if spinner.failed else 0


class Spinner:
    """
    Spins a node on a thread.

    :param on_failure: called when a callback of the node raised.
    """

    def __init__(self, node: Node, *, on_failure: Callable[[], None] = lambda: None) -> None:
        self.node = node
        self.failed = False
        self._on_failure = on_failure
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._spin, name='executor', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the node, let its last messages out, and stop spinning."""
        if not self.failed and hasattr(self.node, 'close'):
            self.node.close()
        self._executor.shutdown(timeout_sec=2.0)
        self._thread.join(2.0)
        self.node.destroy_node()

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            pass
        except Exception as err:
            self.failed = True
            self.node.get_logger().fatal(f'{type(err).__name__}: {err}')
            self._on_failure()
