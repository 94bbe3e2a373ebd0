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

"""How long the stages of an instruction take, and who is told of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar('T')


class Stages:
    """
    Times stages; one that comes several times is added up.

    :param tell: called with the name of each as it begins.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.timings_s: dict[str, float] = {}

    def add(self, timings_s: Mapping[str, float]) -> None:
        """Add what was timed elsewhere."""
        for stage, seconds in timings_s.items():
            self.timings_s[stage] = self.timings_s.get(stage, 0.0) + seconds

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Time what is done inside."""
        self.tell(stage)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add({stage: time.perf_counter() - start})

    def of_each(self, items: Iterator[T], stage: str) -> Iterator[T]:
        """Time how long each item takes to come."""
        while True:
            with self.timed(stage):
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item
