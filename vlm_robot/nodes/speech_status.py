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

"""What speech_node says about itself on /diagnostics."""

from __future__ import annotations

import threading
import time
from collections import Counter

from diagnostic_msgs.msg import DiagnosticStatus

from vlm_robot.ros.streams.diagnostics import status
from vlm_robot.speech.ears import Ears
from vlm_robot.speech.heard import Heard, Kind


class SpeechStatus:
    """
    Knows how hearing goes; any thread may tell.

    :param node: its name.
    :param source: what is listened to.
    :param recogniser: its name.
    """

    def __init__(self, node: str, ears: Ears, *, source: str, recogniser: str) -> None:
        self._node = node
        self._ears = ears
        self._source = source
        self._recogniser = recogniser
        self._lock = threading.Lock()
        self._state = 'waits for sound'
        self._trouble = ''
        self._last = Heard(Kind.NOTHING)
        self._late_s = 0.0
        self._counts: Counter[Kind] = Counter()

    def sounds(self) -> None:
        """Tell that there is sound."""
        self._tell('listens')

    def waits(self, for_what: str) -> None:
        """Tell that nothing is listened to, and that this is meant so."""
        self._tell(for_what)

    def fails(self, trouble: str) -> None:
        """Tell why there is no sound."""
        self._tell('', trouble)

    def heard(self, heard: Heard, late_s: float) -> None:
        """
        Tell of something that was heard.

        :param late_s: from the end of the speaking.
        """
        with self._lock:
            self._counts[heard.kind] += 1
            if heard.kind is not Kind.PARTIAL:
                self._last, self._late_s = heard, late_s

    def statuses(self) -> list[DiagnosticStatus]:
        """Return the state of the sound, and of what is recognised."""
        with self._lock:
            return [self._sound(), self._recognition()]

    def _tell(self, state: str, trouble: str = '') -> None:
        with self._lock:
            self._state, self._trouble = state, trouble

    def _sound(self) -> DiagnosticStatus:
        levels = self._ears.levels
        faults = levels.faults(max(time.monotonic(), levels.heard_s))
        level, message = DiagnosticStatus.OK, self._state
        if faults:
            level, message = DiagnosticStatus.WARN, ', '.join(faults)
        if self._trouble:
            level, message = DiagnosticStatus.ERROR, self._trouble
        counts = {f'times {fault.value}': str(n) for fault, n in sorted(levels.counts.items())}
        values = {
            'source': self._source,
            'level_db': f'{levels.level_db:.1f}',
            'noise_floor_db': f'{self._ears.noise_floor_db:.1f}',
        }
        return status(level, f'{self._node}: sound', message, values | counts)

    def _recognition(self) -> DiagnosticStatus:
        last = self._last
        values = {
            'recogniser': self._recogniser,
            'last': last.kind.name,
            'text': last.text,
            'confidence': f'{last.confidence:.2f}',
            'reason': last.reason or last.question,
            'late_s': f'{self._late_s:.2f}',
        }
        counts = {f'times {kind.name}': str(self._counts[kind]) for kind in Kind}
        message = f'heard {last.text!r}' if last.text else 'ready'
        return status(DiagnosticStatus.OK, f'{self._node}: recogniser', message, values | counts)
