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

"""The skill catalogue: what the robot can do, written once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Skill(IntEnum):
    """A skill; the numbers are the constants of `vlm_robot_interfaces/msg/Step`."""

    PICK = 1
    PLACE = 2
    PUSH = 3


class Relation(IntEnum):
    """Where PLACE puts the held thing, relative to the target."""

    NONE = 0
    IN = 1
    ON = 2
    NEXT_TO = 3
    LEFT_OF = 4  # the sides are those that the camera sees
    RIGHT_OF = 5
    IN_FRONT_OF = 6
    BEHIND = 7
    BETWEEN = 8  # the target and the step's other target

    @property
    def words(self) -> str:
        """How people say it: 'next to'."""
        return self.name.lower().replace('_', ' ')

    @property
    def of_two(self) -> bool:
        """Whether the step names a second thing."""
        return self is Relation.BETWEEN

    @property
    def is_beside(self) -> bool:
        """Whether the held thing ends in free space around the target, not in or on it."""
        return self in (Relation.NEXT_TO, Relation.BETWEEN) or self in SIDES


class Direction(IntEnum):
    """Where PUSH moves the target, as seen by the camera."""

    NONE = 0
    LEFT = 1
    RIGHT = 2
    FORWARD = 3
    BACK = 4


SIDES: dict[Relation, Direction] = {
    Relation.LEFT_OF: Direction.LEFT,
    Relation.RIGHT_OF: Direction.RIGHT,
    Relation.IN_FRONT_OF: Direction.BACK,
    Relation.BEHIND: Direction.FORWARD,
}
"""Which way from the target a side lies, as seen by the camera."""


@dataclass(frozen=True)
class SkillSpec:
    """What a skill takes; models are told this and answers are checked against it."""

    skill: Skill
    summary: str
    relations: tuple[Relation, ...] = (Relation.NONE,)
    directions: tuple[Direction, ...] = (Direction.NONE,)
    needs_held: bool = False  # only valid after a PICK


CATALOGUE: dict[str, SkillSpec] = {
    'pick': SkillSpec(Skill.PICK, 'grasp the target and lift it'),
    'place': SkillSpec(
        Skill.PLACE,
        'put what is held to the target; its sides are those that the camera sees, in front is '
        'nearer',
        relations=tuple(relation for relation in Relation if relation is not Relation.NONE),
        needs_held=True,
    ),
    'push': SkillSpec(
        Skill.PUSH,
        'slide the target along the table, 10 cm, as seen by the camera',
        directions=(Direction.LEFT, Direction.RIGHT, Direction.FORWARD, Direction.BACK),
    ),
}

PUSH_DISTANCE_M = 0.10
