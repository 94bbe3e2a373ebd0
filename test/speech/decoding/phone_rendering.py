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

"""Made-up answers of an acoustic model to a sentence: phones of any length, blanks, confusion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.acoustic.phones import PHONES, indices
from vlm_robot.speech.grammar.pronunciations import Pronunciations


def rendered(
    text: str, said: Pronunciations, rng: np.random.Generator, *, confusion: float = 0.5
) -> NDArray[np.float32]:
    """Return (T, phones) log probabilities in which a sentence is said, one way or another."""
    columns = [0] * int(rng.integers(8))
    for word in text.split():
        ways = [way for way in said[word] if way]
        for column in indices(ways[int(rng.integers(len(ways)))]):
            columns += [column] * int(rng.integers(1, 4)) + [0] * int(rng.integers(3))
        columns += [0] * int(rng.integers(1, 4))
    return as_rows(columns, rng, confusion=confusion)


def as_rows(
    columns: list[int], rng: np.random.Generator, *, confusion: float = 0.5
) -> NDArray[np.float32]:
    """Return the log probabilities of columns that are likely one after the other."""
    scores = rng.normal(0, confusion, (len(columns), len(PHONES)))
    scores[np.arange(len(columns)), columns] += 9
    normal = np.log(np.exp(scores).sum(1, keepdims=True))
    return np.asarray(scores - normal, dtype=np.float32)
