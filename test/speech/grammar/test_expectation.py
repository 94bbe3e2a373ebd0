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

"""Where two sentences sound alike, the one that the gripper can do is expected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.speech.grammar.expectation import expectation


@pytest.mark.parametrize(
    ('likelier', 'other'),
    [
        ('pick up the red ball', 'pick up the red bowl'),
        ('put the ball on the plate', 'put the bowl on the plate'),
        ('move the ball to the left', 'move the bowl to the left'),
        ('put the cup in the tray', 'pick the cup in the tray'),
        ('push the bowl left then take the ball', 'push the bowl left then take the bowl'),
    ],
)
def test_what_fits_the_fingers_is_likelier_to_be_taken(likelier: str, other: str) -> None:
    assert expectation(likelier.split()) > expectation(other.split())


@pytest.mark.parametrize(
    'text', ['put the ball in the bowl', 'push the bowl left', 'push the ball left', 'yes', 'stop']
)
def test_nothing_is_held_against_what_is_usual(text: str) -> None:
    assert expectation(text.split()) == 0


@given(st.lists(st.sampled_from(['put', 'pick', 'the', 'ball', 'bowl', 'in', 'and', 'left', 'x'])))
def test_it_never_makes_a_sentence_likelier(words: list[str]) -> None:
    assert expectation(words) <= 0
