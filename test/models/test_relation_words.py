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

"""Where people say that things should be put."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_robot.core.skills import CATALOGUE, Relation
from vlm_robot.models.profile import load_profile
from vlm_robot.models.relation_words import relations_in, unknown_relation
from vlm_robot.sim.scene import sample_scene
from vlm_robot.tuning.facts import facts_of_scene
from vlm_robot.tuning.instructions import Instructor

FEW = load_profile('tabletop').relations


@pytest.mark.parametrize('relation', CATALOGUE['place'].relations)
def test_every_relation_is_heard_by_its_name(relation: Relation) -> None:
    words = f'put it {relation.name.lower().replace("_", " ")} the bowl'
    assert [heard for heard, _ in relations_in(words)] == [relation]


@pytest.mark.parametrize(
    ('instruction', 'word'),
    [
        ('put the red cube between the bowl and the mug', 'between'),
        ('Put the red cube to the left of the mug.', 'to the left of'),
        ('place it in front of the plate please', 'in front of'),
        ('pick up the cube left of the bowl and put it behind the mug', 'behind'),
        ('move the red cube to the right of the mug', 'to the right of'),
        ('put the cube on the left side of the tray', 'on the left side of'),
        ('put the ball in the bowl, then put the cube behind the mug', 'behind'),
        ('put the ball  in\tfront of the bowl', 'in front of'),
        ('put the cube in the middle between the two bowls', 'in the middle between'),
    ],
)
def test_a_place_that_the_model_does_not_know_is_named(instruction: str, word: str) -> None:
    assert unknown_relation(instruction, FEW) == word
    assert unknown_relation(instruction, CATALOGUE['place'].relations) == ''


@pytest.mark.parametrize(
    'instruction',
    [
        'pick up the cube left of the bowl',
        'pick the mug between the two plates',
        'put the red cube in the bowl left of the mug',
        'put the cube behind the mug into the bowl',
        'put the cube in front of the mug next to the tray',
        'push the cube that is behind the mug to the left',
        'move the cube behind the mug to the left',
        'move the mug in front of the tray away',
        'put the leftmost cube on the plate',
        'what is behind the mug',
        'put it there',
        '',
    ],
)
def test_words_that_say_which_thing_is_meant_are_left_to_the_model(instruction: str) -> None:
    assert unknown_relation(instruction, FEW) == ''


def test_of_all_that_the_embedded_model_was_taught_only_what_it_cannot_do_is_refused() -> None:
    refused = 0
    for seed in range(10):
        facts = facts_of_scene(sample_scene(seed))
        points = {t.index: (10 * t.index, 200 - 10 * t.index) for t in facts.things}
        instructor = Instructor(facts, points, np.random.default_rng(seed))
        for turn in filter(None, (instructor.turn() for _ in range(100))):
            if unknown_relation(turn.instruction, FEW):
                assert turn.answer == 'unsupported', turn
                refused += 1
    assert refused > 0


@given(st.text() | st.lists(st.sampled_from(['put', 'left of', 'in', '\n', 'cube'])).map(' '.join))
def test_any_words_are_heard_without_trouble(words: str) -> None:
    assert isinstance(unknown_relation(words, FEW), str)
    assert not unknown_relation(words, CATALOGUE['place'].relations)
