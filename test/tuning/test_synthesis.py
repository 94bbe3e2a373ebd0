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

"""Rendered training scenes and their labels agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from vlm_robot.models.answer import ImageSize
from vlm_robot.models.conventions.tabletop import TabletopConvention, to_bins
from vlm_robot.sim.scene import SceneSettings, SceneSpec, sample_scene
from vlm_robot.tuning.facts import Facts, facts_of
from vlm_robot.tuning.instructions import Instructor
from vlm_robot.tuning.render import Look, ScenePool
from vlm_robot.tuning.synthesis import HEIGHT, SLOTS, STRIDE, WIDTH, label

pytestmark = pytest.mark.sim

SIZE = {'width': WIDTH, 'height': HEIGHT}


@dataclass(frozen=True)
class _Labelled:
    scene: SceneSpec
    look: Look
    row: dict[str, NDArray[np.generic]]


@pytest.fixture(scope='module')
def labelled() -> list[_Labelled]:
    pool = ScenePool(**SIZE)
    scenes = [sample_scene(seed, SceneSettings(stacked=0.35)) for seed in range(4)]
    looks = [pool.render(scene, np.random.default_rng(scene.seed)) for scene in scenes]
    return [
        _Labelled(scene, look, label(scene, look))
        for scene, look in zip(scenes, looks, strict=True)
    ]


def test_the_point_of_every_visible_object_lies_on_it(labelled: list[_Labelled]) -> None:
    seen = 0
    for item in labelled:
        for index in range(len(item.scene.objects)):
            shown = item.look.owner == index
            assert item.row['visible'][index] == shown.sum()
            if shown.any():
                u, v = item.row['point'][index].astype(int)
                assert shown[v, u]
                seen += 1
    assert seen > 10


def test_labels_tell_the_scene_and_are_padded(labelled: list[_Labelled]) -> None:
    for item in labelled:
        count = len(item.scene.objects)
        facts = [(o.x, o.y, o.z) for o in item.scene.objects]
        np.testing.assert_allclose(item.row['position'][:count], facts, rtol=1e-6)
        for key in ('kind', 'colour', 'size', 'support', 'point', 'position'):
            assert len(item.row[key]) == SLOTS
            assert (item.row[key][count:] == -1).all()
        assert not item.row['visible'][count:].any()


def test_a_block_belongs_to_an_object_that_covers_a_quarter_of_it(
    labelled: list[_Labelled],
) -> None:
    for item in labelled:
        for (row, column), owner in np.ndenumerate(item.row['owner']):
            block = item.look.owner[STRIDE * row :, STRIDE * column :][:STRIDE, :STRIDE]
            covered = [(block == index).sum() for index in range(SLOTS)]
            assert owner == (int(np.argmax(covered)) if max(covered) >= block.size // 4 else -1)


def _facts(item: _Labelled) -> Facts | None:
    return facts_of({key: np.asarray(value) for key, value in item.row.items()})


def test_the_points_of_answers_lie_on_the_objects_that_they_name(
    labelled: list[_Labelled],
) -> None:
    pointed = 0
    for item in labelled:
        facts = _facts(item)
        if facts is None:
            continue
        points = {
            thing.index: to_bins(tuple(item.row['point'][thing.index].tolist()), ImageSize(**SIZE))
            for thing in facts.things
        }
        instructor = Instructor(facts, points, np.random.default_rng(item.scene.seed))
        for turn in filter(None, (instructor.turn() for _ in range(60))):
            for answer in TabletopConvention().parse(turn.answer, ImageSize(**SIZE)).pointed:
                assert answer.target.pixel is not None
                u, v = map(round, answer.target.pixel)
                owner = item.scene.objects[item.look.owner[v, u]]
                assert answer.target.label in f'{owner.size.value} {owner.phrase}', turn
                pointed += 1
    assert pointed > 50


@pytest.mark.torch
def test_dense_targets_say_the_same_as_the_labels(labelled: list[_Labelled]) -> None:
    pytest.importorskip('torch')
    from vlm_robot.tuning.dense import targets
    from vlm_robot.tuning.facts import MIN_VISIBLE

    rows = {key: np.stack([item.row[key] for item in labelled]) for key in labelled[0].row}
    goal = targets(rows)
    columns = WIDTH // STRIDE
    for image, item in enumerate(labelled):
        np.testing.assert_array_equal(goal.shown[image], item.row['visible'] >= MIN_VISIBLE)
        for slot in np.nonzero(goal.shown[image].numpy())[0]:
            cell = int(goal.cell[image, slot])
            corner = np.array([cell % columns, cell // columns])
            point = (corner + goal.offset[image, slot].numpy()) * STRIDE - 0.5
            np.testing.assert_allclose(point, item.row['point'][slot], atol=1e-4)
            assert goal.heat[image].flatten()[cell] == 1
            assert goal.labels[image, slot, 0] == item.row['kind'][slot]
