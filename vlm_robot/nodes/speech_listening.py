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

"""The thread that takes sound from a source and listens to it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from vlm_robot.core.errors import VlmRobotError
from vlm_robot.nodes.speech_status import SpeechStatus
from vlm_robot.speech.ears import Ears
from vlm_robot.speech.sources.base import Block, Source

_LOOK_S = 0.1


class ListeningThread:
    """
    Feeds the ears until it is closed; what goes wrong is told, and ends nothing.

    :param is_awaited: whether somebody takes instructions: a file is not begun before.
    :param on_failure: told what went wrong, once until it is something else.
    """

    def __init__(
        self,
        source: Source,
        ears: Ears,
        status: SpeechStatus,
        *,
        is_awaited: Callable[[], bool],
        on_failure: Callable[[str], object],
    ) -> None:
        self._source = source
        self._ears = ears
        self._status = status
        self._is_awaited = is_awaited
        self._on_failure = on_failure
        self._told = ''
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._listen, name='ears', daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._closed.set()
        self._source.close()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def begins(self) -> None:
        """Tell that there is sound, at first or again."""
        self._ears.reset()
        self._told = ''
        self._status.sounds()

    def fails(self, trouble: str) -> None:
        """Tell what went wrong."""
        self._status.fails(trouble)
        if trouble != self._told:
            self._told = trouble
            self._on_failure(trouble)

    def _listen(self) -> None:
        if not self._is_awaited():
            self._status.waits('waits until somebody takes instructions')
        while not self._is_awaited() and not self._closed.wait(_LOOK_S):
            pass
        try:
            for block in self._source.blocks():
                self._feed(block)
                if self._closed.is_set():
                    return
        except VlmRobotError as err:  # such as a package that is missing
            self.fails(str(err))
            return
        self._status.waits('no more sound is expected')

    def _feed(self, block: Block) -> None:
        try:
            self._ears.feed(block)
        except Exception as err:  # one block must not make the robot deaf to "stop"
            self._ears.reset()
            self.fails(f'a block of sound was lost to {type(err).__name__}: {err}')
