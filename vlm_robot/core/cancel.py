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

"""Cancelling: what work looks at, and a signal that says why and can wake whoever waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome, Verdict


class Cancel(Protocol):
    """What long work looks at: set once it is no longer wanted. `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether to stop."""


class CancelToken(threading.Event):
    """
    An event that is set once, by whoever wants the work to end.

    Passed down to the model's decode loop and the trajectory follower, which look at `is_set()`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._verdict = Verdict(Outcome.CANCELED, 'the work was canceled')
        self._listeners: list[Callable[[], None]] = []
        self._guard = threading.Lock()

    @property
    def verdict(self) -> Verdict:
        """Why the work was canceled; the outcome is CANCELED or TIMEOUT."""
        return self._verdict

    def cancel(self, message: str, outcome: Outcome = Outcome.CANCELED) -> None:
        """Cancel with a reason; the first reason stays."""
        with self._guard:
            if self.is_set():
                return
            self._verdict = Verdict(outcome, message)
            self.set()
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()

    def check(self) -> None:
        """:raises Refusal: when the work was canceled."""
        if self.is_set():
            raise Refusal(self._verdict.outcome, self._verdict.message)

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener` when canceled, at once if that has happened already."""
        with self._guard:
            self._listeners.append(listener)
            late = self.is_set()
        if late:
            listener()
        try:
            yield
        finally:
            with self._guard:
                self._listeners.remove(listener)


@contextmanager
def deadline(cancel: CancelToken, timeout_s: float) -> Iterator[None]:
    """Cancel with TIMEOUT when the block runs longer than `timeout_s`; 0 means no limit."""
    if not 0 < timeout_s < threading.TIMEOUT_MAX:  # NaN has no limit either
        yield
        return
    message = f'the time limit of {timeout_s:g} s passed'
    timer = threading.Timer(timeout_s, cancel.cancel, args=(message, Outcome.TIMEOUT))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
