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

"""Targets and steps for the tests of motion."""

from __future__ import annotations

from vlm_robot.core.skills import Relation, Skill
from vlm_robot.core.values import Grounding, Point3, Step, Target


def target(position: Point3, size: Point3, *, yaw: float = 0.0, label: str = 'red cube') -> Target:
    return Target(label, grounding=Grounding('base', position, yaw, size))


def cube(x: float, y: float, *, side: float = 0.04, yaw: float = 0.0) -> Target:
    return target((x, y, side / 2), (side, side, side), yaw=yaw)


def pick(thing: Target) -> Step:
    return Step(Skill.PICK, thing)


def place(thing: Target, relation: Relation, goal: Point3) -> Step:
    return Step(Skill.PLACE, thing, relation=relation, goal=goal)


def push(thing: Target, goal: Point3) -> Step:
    return Step(Skill.PUSH, thing, goal=goal)
