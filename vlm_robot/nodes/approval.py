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

"""An operator's word on a plan, waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.outcome import OK, Outcome, Verdict


class Approval:
    """At most one plan waits for a decision at a time."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._changed = threading.Condition()
        self._waiting_for = ''
        self._decision: bool | None = None

    def decide(self, *, approved: bool) -> str:
        """Approve or reject the plan that waits; return its instruction, empty if none waits."""
        with self._changed:
            if self._waiting_for:
                self._decision = approved
                self._changed.notify_all()
            return self._waiting_for

    def wait(
        self,
        instruction: str,
        cancel: CancelToken,
        *,
        at_most_s: float,
        on_wait: Callable[[float], None],
    ) -> Verdict:
        """
        Return OK once approved, or NOT_APPROVED when rejected or late. Blocks.

        :param at_most_s: how long a decision would be of use; the shorter limit counts.
        :param on_wait: called with the limit in seconds, as soon as a decision would count.
        """
        limit_s = max(0.0, min(self._timeout_s, at_most_s))
        with cancel.listening(self._wake), self._changed:
            self._waiting_for, self._decision = instruction, None
            try:
                on_wait(limit_s)
                self._await_decision(cancel, limit_s)
                return self._verdict(cancel, limit_s)
            finally:
                self._waiting_for = ''

    def _await_decision(self, cancel: CancelToken, limit_s: float) -> None:
        end = time.monotonic() + limit_s
        while self._decision is None and not cancel.is_set():
            if not self._changed.wait(end - time.monotonic()):
                return

    def _verdict(self, cancel: CancelToken, limit_s: float) -> Verdict:
        if cancel.is_set():
            return cancel.verdict
        if self._decision is None:
            which = (
                'approval_timeout_s' if limit_s == self._timeout_s else 'max_age_s of the image'
            )
            return Verdict(
                Outcome.NOT_APPROVED,
                f'nobody approved the plan within {limit_s:.2g} s: the limit is gate.{which}',
            )
        return OK if self._decision else Verdict(Outcome.NOT_APPROVED, 'the plan was rejected')

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
