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

"""One thread for long work, so that the executor is never blocked."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from rclpy.task import Future

if TYPE_CHECKING:
    from rclpy.node import Node

T = TypeVar('T')


class Worker:
    """
    Runs jobs one after the other on its own thread.

    :param node: the node whose executor is woken when a job ends.
    :param name: name of the thread.
    """

    def __init__(self, node: Node, name: str) -> None:
        self._node = node
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def post(self, job: Callable[[], None]) -> None:
        """Run `job` after those posted before it; it must not raise."""
        self._jobs.put(job)

    async def run(self, job: Callable[[], T]) -> T:
        """
        Run `job` and return what it returns, for `await` in a callback of the node.

        :raises Exception: whatever the job raised.
        """
        future: Future[T] = Future()

        def work() -> None:
            try:
                future.set_result(job())
            except Exception as err:
                future.set_exception(err)
            self._wake()

        self.post(work)
        return cast('T', await future)

    def close(self, timeout_s: float = 5.0) -> bool:
        """Let the current job end, drop the thread, and say whether it ended in time."""
        self._jobs.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _wake(self) -> None:
        # a future's result alone does not wake the executor that awaits it
        executor = self._node.executor
        if executor is not None:
            executor.wake()

    def _loop(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
