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

"""The things of a step."""

from __future__ import annotations

from dataclasses import replace

from vlm_robot.core.skills import Relation, Skill
from vlm_robot.core.targets import targets_of, with_targets
from vlm_robot.core.values import Step, Target

CUBE, BOWL, MUG = (Target(label) for label in ('cube', 'bowl', 'mug'))
STEPS = (Step(Skill.PICK, CUBE), Step(Skill.PLACE, BOWL, Relation.BETWEEN, other=MUG))


def test_targets_come_in_order_with_the_other_one_of_two() -> None:
    assert list(targets_of(STEPS)) == [CUBE, BOWL, MUG]


def test_every_target_is_changed_and_nothing_else() -> None:
    sure = [with_targets(step, lambda target: replace(target, confidence=1.0)) for step in STEPS]
    assert [t.confidence for t in targets_of(sure)] == [1.0, 1.0, 1.0]
    assert tuple(with_targets(step, lambda t: Target(t.label)) for step in sure) == STEPS
