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

"""The thread that recognises: what it has no time for is dropped, and said so."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from vlm_robot.core.cancel import CancelToken
from vlm_robot.speech.ears import Said, Stage

Work = Callable[[Said, CancelToken], None]


class Desk:
    """
    Recognises one utterance after the other.

    A partial result is worked on only while nothing else waits, and gives way to what counts.

    :param work: recognises; must not raise.
    :param on_dropped: called with what is dropped, and why.
    :param room: how many utterances may wait.
    """

    def __init__(
        self, work: Work, *, on_dropped: Callable[[Said, str], None], room: int = 2
    ) -> None:
        self._work = work
        self._on_dropped = on_dropped
        self._room = room
        self._waiting: deque[Said] = deque()
        self._now: tuple[Said, CancelToken] | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._loop, name='recogniser', daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether something is recognised or waits."""
        with self._changed:
            return self._now is not None or bool(self._waiting)

    def put(self, said: Said) -> None:
        """Have something recognised, as soon as may be; never waits."""
        with self._changed:
            dropped = self._take(said)
            self._changed.notify()
        for old in dropped:
            self._on_dropped(old, f'more than {self._room} utterances wait to be recognised')

    def cancel_all(self, reason: str) -> None:
        """Cancel what is recognised, and drop what waits."""
        with self._changed:
            dropped = list(self._waiting)
            self._waiting.clear()
            if self._now is not None:
                self._now[1].cancel(reason)
        for old in dropped:
            self._on_dropped(old, reason)

    def close(self, timeout_s: float = 5.0) -> bool:
        """Cancel everything, end the thread, and say whether it ended in time."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self.cancel_all('the recogniser is closed')
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _take(self, said: Said) -> list[Said]:
        """Let something wait, and return what has to go for it."""
        if said.stage is Stage.PARTIAL:
            if self._now is None and not self._waiting:
                self._waiting.append(said)
            return []
        kept = [o for o in self._waiting if _counts(o) and o.number != said.number]
        self._waiting = deque([*kept, said])
        if self._now is not None and not _counts(self._now[0]):
            self._now[1].cancel('the speaker has paused')
        return [self._waiting.popleft() for _ in range(len(self._waiting) - self._room)]

    def _loop(self) -> None:
        while (job := self._next()) is not None:
            self._work(*job)
            with self._changed:
                self._now = None

    def _next(self) -> tuple[Said, CancelToken] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            self._now = (self._waiting.popleft(), CancelToken())
            return self._now


def _counts(said: Said) -> bool:
    return said.stage is not Stage.PARTIAL
