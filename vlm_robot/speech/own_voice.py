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

"""The robot's own voice, which microphones hear too."""

from __future__ import annotations

import threading

from vlm_robot.speech.guard import has_stop_word


class OwnVoice:
    """
    Knows when the robot speaks; one thread says so, others ask.

    :param echo_s: how long a room answers.
    """

    def __init__(self, *, echo_s: float = 0.3) -> None:
        self._echo_s = echo_s
        self._start_s = float('inf')
        self._until_s = -float('inf')
        self._says_stop = False
        self._lock = threading.Lock()

    def speaks(self, text: str, *, start_s: float, end_s: float) -> None:
        """Tell what is said from when to when; it ends what was told before."""
        with self._lock:
            self._start_s, self._until_s = start_s, end_s + self._echo_s
            self._says_stop = has_stop_word(text)

    def falls_silent(self, now_s: float) -> None:
        """Tell that what is said was broken off."""
        with self._lock:
            self._until_s = min(self._until_s, now_s + self._echo_s)

    def is_heard(self, at_s: float) -> bool:
        """Whether sound of that time has the robot's own voice in it."""
        with self._lock:
            return self._start_s <= at_s <= self._until_s

    def says_stop(self, at_s: float) -> bool:
        """Whether a stop word of that time may be the robot's own."""
        with self._lock:
            return self._says_stop and self._start_s <= at_s <= self._until_s
