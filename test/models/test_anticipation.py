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

"""A model looks before it is asked."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.models.anticipation import Anticipation

RNG = np.random.default_rng(0)
TABLE = np.full((48, 64, 3), 120, np.uint8)
CHANGED = TABLE.copy()
CHANGED[10:20, 10:20] = 250


def again() -> np.ndarray:
    """The same table, as noise lets the camera see it."""
    return np.clip(TABLE + RNG.normal(0, 3, TABLE.shape), 0, 255).astype(np.uint8)


def test_the_model_looks_once_at_a_scene_that_does_not_change() -> None:
    looked: list[np.ndarray] = []
    anticipation = Anticipation(looked.append)
    assert [anticipation.prepare(image) for image in (TABLE, again(), again(), again())] == [
        False,
        True,
        False,
        False,
    ]
    assert len(looked) == 1
    assert [anticipation.prepare(CHANGED) for _ in range(3)] == [False, True, False]
    assert len(looked) == 2


def test_the_model_does_not_look_while_things_move() -> None:
    anticipation = Anticipation(lambda image: None)
    assert not any(anticipation.prepare(image) for image in (TABLE, CHANGED) * 5)


def test_an_instruction_gets_the_image_that_was_looked_at_only_if_nothing_has_changed() -> None:
    anticipation = Anticipation(lambda image: None)
    assert anticipation.known(CHANGED) is CHANGED, 'nothing was looked at'
    anticipation.prepare(again())
    anticipation.prepare(TABLE)
    assert anticipation.known(again()) is TABLE
    assert anticipation.known(CHANGED) is CHANGED


def test_a_look_that_fails_is_not_remembered() -> None:
    def fail(image: np.ndarray) -> None:
        raise Refusal(Outcome.MODEL_ERROR, 'no')

    anticipation = Anticipation(fail)
    anticipation.prepare(again())
    with pytest.raises(Refusal):
        anticipation.prepare(TABLE)
    assert anticipation.known(again()) is not TABLE
