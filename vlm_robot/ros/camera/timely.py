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

"""Which images are of now, by their stamps and the node's clock."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rclpy.clock import JumpThreshold, TimeJump
from rclpy.duration import Duration

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.ros.conversions import to_ns

if TYPE_CHECKING:
    from rclpy.clock import Clock

    from vlm_robot.ros.streams.newest import Newest

M = TypeVar('M')

_BACKWARD = JumpThreshold(
    min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=False
)


class Timely(Generic[M]):
    """
    A stream without messages of another time.

    What was there when the clock was set back, or was stamped in the future when it was looked
    at, never counts again: once the clock has caught up with it, it would seem to be of now.
    Thread safe.

    :param clock: tells the age of a message.
    :param what: a message is, in words.
    :param ahead_s: how far a stamp may be ahead of the clock.
    """

    def __init__(self, newest: Newest[M], clock: Clock, *, what: str, ahead_s: float) -> None:
        self._newest = newest
        self._clock = clock
        self._what = what
        self._ahead_ns = round(ahead_s * 1e9)
        self._barred: list[tuple[M, str]] = []
        self._lock = threading.Lock()
        on_jump = weakref.WeakMethod(self._on_jump)  # the clock lives longer
        handle = clock.create_jump_callback(
            _BACKWARD, post_callback=lambda jump: (call := on_jump()) and call(jump)
        )
        # the clock goes on calling a handle that was dropped, and crashes
        weakref.finalize(self, handle.unregister).atexit = False

    @property
    def topic(self) -> str:
        """The topic's name after remapping."""
        return self._newest.topic

    def timely(self) -> tuple[M, ...]:
        """
        Return the messages that are of the past as the clock tells it, the oldest first.

        :raises Refusal: NO_FRAME when there is no message, STALE_FRAME when none is of the past.
        """
        with self._lock:
            kept = self._newest.messages()
            if not kept:
                raise Refusal(
                    Outcome.NO_FRAME,
                    f'no {self._what} has arrived on {self.topic!r} '
                    f'({self._newest.publishers} publishers)',
                )
            self._bar(kept)
            timely = tuple(m for m in kept if not self._is_barred(m))
            if not timely:
                raise Refusal(Outcome.STALE_FRAME, self._barred[-1][1])
            return timely

    def fresh(self, max_age_s: float) -> tuple[M, ...]:
        """
        Return the messages that are also young enough.

        :raises Refusal: as `timely`, STALE_FRAME also when none is young enough.
        """
        timely = self.timely()
        now_ns = self._clock.now().nanoseconds
        ages_s = [(now_ns - _stamp_ns(m)) / 1e9 for m in timely]
        young = tuple(m for m, age in zip(timely, ages_s, strict=True) if age <= max_age_s)
        if not young:
            raise Refusal(
                Outcome.STALE_FRAME,
                f'the newest {self._what} on {self.topic!r} is {min(ages_s):.1f} s old: '
                f'the limit is {max_age_s:g} s',
            )
        return young

    def _bar(self, kept: tuple[M, ...]) -> None:
        """Remember which messages are of another time, and forget those that are gone."""
        self._barred = [pair for pair in self._barred if any(pair[0] is m for m in kept)]
        now_ns = self._clock.now().nanoseconds
        for message in kept:
            reason = self._fault(_stamp_ns(message), now_ns)
            if reason and not self._is_barred(message):
                self._barred.append((message, reason))

    def _is_barred(self, message: M) -> bool:
        return any(message is barred for barred, _ in self._barred)

    def _fault(self, stamp_ns: int, now_ns: int) -> str:
        """Return what is wrong with a stamp; nothing where it is in the past."""
        if stamp_ns == 0:
            return f'a {self._what} on {self.topic!r} has a stamp of zero: its driver sets no time'
        if stamp_ns <= now_ns + self._ahead_ns:
            return ''
        if now_ns == 0:
            return 'the clock stands at zero: use_sim_time is set and nothing publishes /clock'
        return (
            f'the newest {self._what} on {self.topic!r} is {(stamp_ns - now_ns) / 1e9:.3f} s '
            f'ahead of the clock: the limit is {self._ahead_ns / 1e9:g} s; '
            'synchronise the clocks of both machines, and see that use_sim_time is the same'
        )

    def _on_jump(self, jump: TimeJump) -> None:
        reason = f'the clock was set back, and no {self._what} has arrived on {self.topic!r} since'
        with self._lock:
            self._barred = [(message, reason) for message in self._newest.messages()]


def _stamp_ns(message: Any) -> int:
    return to_ns(message.header.stamp)
