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

"""Scenes drawn from a seed."""

from __future__ import annotations

import itertools
import math

import pytest

from vlm_robot.sim.catalogue import CONTAINERS, GRASPABLE, WIDE
from vlm_robot.sim.scene import TABLE_X, TABLE_Y, SceneSettings, sample_scene

SETTINGS = [SceneSettings(), SceneSettings(max_objects=9, gap=0.012, stacked=0.35)]
SEEDS = range(150)


def test_the_same_seed_gives_the_same_scene_and_another_seed_another() -> None:
    assert [sample_scene(seed) for seed in SEEDS] == [sample_scene(seed) for seed in SEEDS]
    assert len({sample_scene(seed).objects for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize('settings', SETTINGS)
def test_no_two_objects_on_the_table_are_closer_than_the_gap(settings: SceneSettings) -> None:
    for seed in SEEDS:
        standing = [o for o in sample_scene(seed, settings).objects if not o.support]
        for one, other in itertools.combinations(standing, 2):
            apart = math.hypot(one.x - other.x, one.y - other.y)
            assert apart - one.shape.reach - other.shape.reach >= settings.gap, seed


@pytest.mark.parametrize('settings', SETTINGS)
def test_every_object_is_above_the_table_or_on_what_carries_it(settings: SceneSettings) -> None:
    for seed in SEEDS:
        scene = sample_scene(seed, settings)
        bases = {item.name: item for item in scene.objects}
        assert len(bases) == len(scene.objects) <= settings.max_objects
        for item in scene.objects:
            bottom = item.z - item.shape.height / 2
            if item.support:
                base = bases[item.support]
                top = base.z + base.shape.height / 2
                assert item.kind in GRASPABLE
                assert bottom < top if base.kind in WIDE else bottom == pytest.approx(top)
                continue
            assert bottom == pytest.approx(0)
            assert TABLE_X[0] <= item.x <= TABLE_X[1]
            assert TABLE_Y[0] <= item.y <= TABLE_Y[1]


def test_nothing_stands_on_another_thing_unless_that_is_asked_for() -> None:
    assert not any(item.support for seed in SEEDS for item in sample_scene(seed).objects)
    stacked = [o for seed in SEEDS for o in sample_scene(seed, SETTINGS[1]).objects if o.support]
    assert len(stacked) > len(SEEDS) / 4


def test_at_most_as_many_wide_things_as_asked_for_stand_on_the_table() -> None:
    for seed in SEEDS:
        scene = sample_scene(seed, SceneSettings(max_wide=1))
        assert sum(item.kind in WIDE for item in scene.objects) <= 1
    assert CONTAINERS <= WIDE
