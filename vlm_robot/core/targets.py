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

"""The things that a step is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from vlm_robot.core.values import Step, Target


def targets_of(steps: Iterable[Step]) -> Iterator[Target]:
    """Yield the targets of steps in order, and the other thing of those that name two."""
    for step in steps:
        yield step.target
        if step.other is not None:
            yield step.other


def with_targets(step: Step, change: Callable[[Target], Target]) -> Step:
    """Return a step with each of its targets changed."""
    other = None if step.other is None else change(step.other)
    return replace(step, target=change(step.target), other=other)
