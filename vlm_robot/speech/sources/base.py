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

"""The protocol of a source of sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from vlm_robot.speech.sound import Samples, SoundFault


@dataclass(frozen=True)
class Block:
    """
    A stretch of sound, as it was heard.

    :param samples: (N,) at `RATE_HZ`; usually 20 to 100 ms.
    :param heard_s: when its last sample was heard, on the clock of `time.monotonic`.
    :param fault: what is wrong with it, though it can be listened to; None when nothing is.
    """

    samples: Samples
    heard_s: float
    fault: SoundFault | None = None


class Source(Protocol):
    """Something that can be listened to; one thread iterates, another may close."""

    @property
    def name(self) -> str:
        """What a person calls it: a device's name or a file's."""
        ...

    def blocks(self) -> Iterator[Block]:
        """
        Yield what is heard until it ends or `close` is called.

        :raises SoundError: when there is no sound to be had, or no more.
        """
        ...

    def close(self) -> None:
        """Stop listening; `blocks` ends soon. May be called twice."""
        ...
