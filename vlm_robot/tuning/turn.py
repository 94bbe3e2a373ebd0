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

"""One turn of a training conversation: an instruction and the answer that it should get."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_robot.tuning.facts import Thing

Points = dict[int, tuple[int, int]]
"""Index of a thing -> the location bins (x, y) that an answer should point at."""


@dataclass(frozen=True)
class Turn:
    """One instruction or question with its answer; `kind` and `form` are for reports."""

    instruction: str
    answer: str
    kind: str  # pick, put, push, compound, unsupported, question
    form: str = ''  # of the hardest reference in it


def point_at(thing: Thing, points: Points) -> str:
    """
    Return a thing as answers name it: its location tokens, size, colour and kind.

    What is said of a thing after pointing at it is the thing's own description and not the
    instruction's: comparing the two shows whether it is what was meant.
    """
    x, y = points[thing.index]
    return f'<x_{x}> <y_{y}> {thing.size.value} {thing.name}'
