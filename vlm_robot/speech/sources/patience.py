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

"""A source that is opened again when it went away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from vlm_robot.speech.sound import SoundError, SoundFault
from vlm_robot.speech.sources.base import Block, Source

BACK_OFF_S = (0.5, 1.0, 2.0, 5.0)
_MAY_COME_BACK = frozenset({SoundFault.ABSENT, SoundFault.BUSY, SoundFault.LOST})


class PatientSource:
    """
    Opens a source again and again, each time after a longer wait, until `close`.

    What was heard and then ended by itself is not opened again, nor what broke off in another way
    than by going away: a damaged file would say its commands for ever.

    :param name: what a person calls it.
    :param open_source: makes the source; it, or the source's `blocks`, may raise SoundError.
    :param on_fault: told of each fault once, until sound comes again or the fault is another.
    :param on_sound: told when sound comes, at first and after a fault.
    :param back_off_s: the waits; the last is repeated.
    """

    def __init__(
        self,
        name: str,
        open_source: Callable[[], Source],
        *,
        on_fault: Callable[[SoundError], None],
        on_sound: Callable[[], None] = lambda: None,
        back_off_s: Sequence[float] = BACK_OFF_S,
    ) -> None:
        self._name = name
        self._open_source = open_source
        self._on_fault = on_fault
        self._on_sound = on_sound
        self._back_off_s = tuple(back_off_s)
        self._closed = threading.Event()
        self._current: Source | None = None

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self._name

    def blocks(self) -> Iterator[Block]:
        """Yield what is heard until it ends for good, or `close`; never raises SoundError."""
        told: tuple[SoundFault, str] | None = None
        tries = 0
        while not self._closed.is_set():
            has_heard = False
            try:
                for block in self._listen():
                    if not has_heard:
                        self._on_sound()
                        has_heard, told, tries = True, None, 0
                    yield block
                return
            except SoundError as err:
                if (err.fault, err.message) != told:
                    told = (err.fault, err.message)
                    self._on_fault(err)
                if has_heard and err.fault not in _MAY_COME_BACK:
                    return
            self._closed.wait(self._back_off_s[min(tries, len(self._back_off_s) - 1)])
            tries += 1

    def close(self) -> None:
        """Stop listening, and waiting."""
        self._closed.set()
        current = self._current
        if current is not None:
            current.close()

    def _listen(self) -> Iterator[Block]:
        source = self._current = self._open_source()
        if self._closed.is_set():
            source.close()
        try:
            yield from source.blocks()
        finally:
            self._current = None
