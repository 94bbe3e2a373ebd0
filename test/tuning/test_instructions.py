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

"""Training turns and evaluation episodes say what is true of their scenes."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_robot.core.outcome import Outcome
from vlm_robot.models.answer import ImageSize, ParseStatus
from vlm_robot.models.conventions.tabletop import TabletopConvention, to_bins
from vlm_robot.sim.catalogue import Kind, Size
from vlm_robot.sim.scene import SceneSettings, sample_scene
from vlm_robot.tuning.episodes import FORMS, sample_episode
from vlm_robot.tuning.facts import Facts, Thing, facts_of_scene
from vlm_robot.tuning.instructions import Instructor
from vlm_robot.tuning.references import Referrer
from vlm_robot.tuning.turn import Turn
from vlm_robot.tuning.vocabulary import words

SCENES = [sample_scene(seed, SceneSettings(stacked=0.4)) for seed in range(30)]


def turns(seed: int) -> list[Turn]:
    facts = facts_of_scene(SCENES[seed])
    points = {t.index: (10 * t.index, 200 - 10 * t.index) for t in facts.things}
    instructor = Instructor(facts, points, np.random.default_rng(seed))
    return [turn for _ in range(60) if (turn := instructor.turn())]


@pytest.mark.parametrize('seed', range(len(SCENES)))
def test_every_answer_can_be_parsed_and_points_only_at_things_of_the_scene(seed: int) -> None:
    facts = facts_of_scene(SCENES[seed])
    names = {(10 * t.index, 200 - 10 * t.index): f'{t.size.value} {t.name}' for t in facts.things}
    for turn in turns(seed):
        parsed = TabletopConvention().parse(turn.answer, ImageSize(640, 480))
        assert parsed.status is not ParseStatus.MALFORMED, turn
        for pointed in parsed.pointed:
            assert pointed.target.pixel is not None
            bins = to_bins(pointed.target.pixel, ImageSize(640, 480))
            assert pointed.target.label in names[bins], turn


def test_every_word_of_every_turn_is_in_the_vocabulary() -> None:
    known = {*words(), '<unk>'}
    said = {w for seed in range(len(SCENES)) for t in turns(seed) for w in t.instruction.split()}
    assert said <= known


def thing(index: int, kind: Kind, colour: str, x: float, y: float, **more) -> Thing:
    return Thing(index, kind, colour, more.get('size', Size.SMALL), x, y, more.get('support', -1))


def test_relations_hold_as_the_camera_sees_them_and_close_calls_are_left_out() -> None:
    left = thing(0, Kind.CUBE, 'red', 0.5, 0.2)
    right = thing(1, Kind.CUBE, 'red', 0.5, -0.2)
    bowl = thing(2, Kind.BOWL, 'blue', 0.5, 0.0)
    referrer = Referrer(Facts((left, bowl, right)), np.random.default_rng(0))
    said = {}
    for _ in range(400):
        reference = referrer.to(left)
        if reference and reference.form == 'relation':
            said[reference.words] = reference.matches
    assert any('left of the' in words and matches == (left,) for words, matches in said.items())
    assert not any(' right of' in words for words in said), 'the red cube is not to the right'
    assert not any('front' in w or 'behind' in w for w in said), 'both are equally far away'


def test_two_things_of_one_description_are_both_matches() -> None:
    things = (thing(0, Kind.MUG, 'red', 0.4, 0.1), thing(1, Kind.MUG, 'red', 0.6, -0.1))
    referrer = Referrer(Facts(things), np.random.default_rng(0))
    assert referrer.plainly(things[0]).matches == things


@pytest.mark.parametrize('form', FORMS)
def test_an_episode_is_the_same_for_the_same_seed_and_names_real_things(form: str) -> None:
    episode = sample_episode(5, form)
    assert episode == sample_episode(5, form)
    names = {item.name for item in episode.scene.objects}
    assert all(step.target in names for step in episode.steps)
    assert bool(episode.goals) is (episode.outcome is Outcome.OK)
