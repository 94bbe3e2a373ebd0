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

"""
Answers from the simulator's ground truth, as a script for the `scripted` backend.

They show what everything behind the model does with answers that are right: for tests of the
graph, and for `vlm-robot demo --scripted`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import yaml

from vlm_robot.cli.demo_script import Act
from vlm_robot.core.geometry import inverse, project, transform_points
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import Pixel, Step, Target
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.conventions.tabletop import TabletopConvention
from vlm_robot.sim.camera import HEIGHT, WIDTH, T_base_camera, intrinsics
from vlm_robot.sim.catalogue import WIDE
from vlm_robot.sim.goals import Goal, labels
from vlm_robot.sim.scene import ObjectSpec, SceneSpec


class PlanConvention(Protocol):
    """A convention that writes plans."""

    def render(self, steps: tuple[Step, ...], size: ImageSize) -> str:
        """Write steps."""
        ...


def write_answers(path: Path, scene: SceneSpec, acts: Iterable[Act]) -> None:
    """Write a script that answers each act of a scene, and NOT_FOUND to everything else."""
    answers = {'*': 'missing object'}
    for act in acts:
        if act.goals:
            answers[act.instruction] = true_answer(scene, act.goals)
    path.write_text(yaml.safe_dump({'convention': 'tabletop', 'answers': answers}))


def true_answer(
    scene: SceneSpec, goals: Iterable[Goal], convention: PlanConvention | None = None
) -> str:
    """
    Return the right answer to an instruction that means these goals.

    :param convention: how it is written; the embedded model's syntax by default.
    """
    things = labels(scene)
    steps = [step for goal in goals for step in _steps(goal, things)]
    return (convention or TabletopConvention()).render(tuple(steps), ImageSize(WIDTH, HEIGHT))


def _steps(goal: Goal, things: dict[str, ObjectSpec]) -> list[Step]:
    thing = Target(goal.thing, _pixel(things[goal.thing]))
    if goal.direction is not Direction.NONE:
        return [Step(Skill.PUSH, thing, direction=goal.direction)]
    if goal.relation is Relation.NONE:
        return [Step(Skill.PICK, thing)]
    target = Target(goal.target, _pixel(things[goal.target]))
    other = Target(goal.other, _pixel(things[goal.other])) if goal.other else None
    return [Step(Skill.PICK, thing), Step(Skill.PLACE, target, goal.relation, other=other)]


def _pixel(item: ObjectSpec) -> Pixel:
    """Return where a thing is seen: the middle of its top, or of the floor of a hollow one."""
    half = item.shape.height / 2
    z = item.z + (-half + 0.005 if item.kind in WIDE else half)
    points = transform_points(inverse(T_base_camera()), [[item.x, item.y, z]])
    u, v = project(points, intrinsics())[0]
    return float(u), float(v)
