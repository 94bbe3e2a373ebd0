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

"""What a bag holds, whoever reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class Topic:
    """A topic of a bag."""

    name: str
    type: str  # for example 'sensor_msgs/msg/Image'
    messages: int = 0
    definition: str = ''  # of the type; empty if the bag does not tell
    is_idl: bool = False  # the definition is IDL, else .msg


class Recorded(NamedTuple):
    """A message of a bag."""

    topic: Topic
    time_ns: int  # when it was received
    data: bytes  # serialized (CDR)


class Source(Protocol):
    """Reads one bag."""

    topics: tuple[Topic, ...]
    custom: Mapping[str, str]  # what else whoever recorded it wanted to say
    damage: str  # what is wrong with it in a sentence; empty if nothing

    def messages(
        self, topics: Collection[Topic], start_ns: int, stop_ns: int
    ) -> Iterator[Recorded]:
        """Read the messages of topics that were received in [start, stop)."""
        ...

    def close(self) -> None:
        """Close the files."""
