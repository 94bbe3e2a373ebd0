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

"""What the demo asks for: instructions that fit a scene, and what should be true after each."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass, replace

from vlm_robot.core.skills import PUSH_DISTANCE_M, Direction, Relation, Skill
from vlm_robot.core.values import Plan
from vlm_robot.sim.catalogue import GRASPABLE, WIDE, Kind
from vlm_robot.sim.goals import Goal
from vlm_robot.sim.scene import ObjectSpec, SceneSettings, SceneSpec, sample_scene

SCENES = SceneSettings(min_objects=6, max_objects=6, max_wide=2, gap=0.05)
"""What scenes the demo draws from."""

_TRIES = 2000
_REACH_BACK_M = 0.13  # where the hand goes down behind a thing that is pushed
_RUN_UP_M = 0.10  # free table behind a thing that is pushed, for the hand
_HAND_M = 0.04
_TABLE = ((0.34, 0.66), (-0.26, 0.26))
_AXES = {
    Direction.FORWARD: (1.0, 0.0),
    Direction.BACK: (-1.0, 0.0),
    Direction.LEFT: (0.0, 1.0),
    Direction.RIGHT: (0.0, -1.0),
}
"""Directions as the camera sees them, in the base frame."""


@dataclass(frozen=True)
class Act:
    """One instruction of the demo."""

    instruction: str
    goals: tuple[Goal, ...] | None  # None: what the plan says, by the names that the model gave


@dataclass(frozen=True)
class Script:
    """A scene, and what is asked for in it, in order."""

    scene_seed: int
    acts: tuple[Act, ...]


def write_script(seed: int) -> Script:
    """
    Return the script of a seed: a pick-and-place, a push, and an instruction of two parts.

    Draws scenes until one has what that needs; the same seed gives the same script.
    """
    for scene_seed in range(seed * _TRIES, (seed + 1) * _TRIES):
        acts = _acts(sample_scene(scene_seed, SCENES))
        if acts is not None:
            return Script(scene_seed, acts)
    raise RuntimeError(f'none of {_TRIES} scenes of seed {seed} fits the demo')


def goals_of(plan: Plan) -> tuple[Goal, ...]:
    """Return what should be true after a plan, by the names that the model gave to things."""
    goals: list[Goal] = []
    held = ''
    for step in plan.steps:
        label = step.target.label
        if step.skill is Skill.PUSH:
            goals.append(Goal(label, direction=step.direction))
        elif step.skill is Skill.PLACE:
            other = step.other.label if step.other is not None else ''
            goals.append(Goal(held, step.relation, label, other=other))
            held = ''
        else:
            held = label
    return (*goals, Goal(held)) if held else tuple(goals)


def _acts(scene: SceneSpec) -> tuple[Act, ...] | None:
    things = [o for o in _unmistakable(scene) if o.kind in GRASPABLE and not o.support]
    wide = [o for o in _unmistakable(scene) if o.kind in WIDE]
    for push in _pushes(scene, things):
        rest = [o for o in things if o is not push.thing]
        if len(rest) >= 3 and len(wide) >= 2:
            return (
                _put(rest[0], wide[0]),
                _push(push),
                _both(_put(rest[1], wide[1]), _put_beside(rest[2], wide[1])),
            )
    return None


def _put(thing: ObjectSpec, container: ObjectSpec) -> Act:
    relation = Relation.ON if container.kind is Kind.PLATE else Relation.IN
    return Act(
        f'put the {thing.phrase} {relation.name.lower()} the {container.phrase}',
        (Goal(thing.phrase, relation, container.phrase),),
    )


def _put_beside(thing: ObjectSpec, other: ObjectSpec) -> Act:
    return Act(
        f'put the {thing.phrase} next to the {other.phrase}',
        (Goal(thing.phrase, Relation.NEXT_TO, other.phrase),),
    )


def _push(push: _Push) -> Act:
    words = f'push the {push.thing.phrase} {push.direction.name.lower()}'
    return Act(words, (Goal(push.thing.phrase, direction=push.direction),))


def _both(first: Act, second: Act) -> Act:
    return Act(
        f'{first.instruction} and then {second.instruction}',
        (first.goals or ()) + (second.goals or ()),
    )


def _unmistakable(scene: SceneSpec) -> list[ObjectSpec]:
    count = Counter(o.phrase for o in scene.objects)
    return [o for o in scene.objects if count[o.phrase] == 1]


def _pushes(scene: SceneSpec, things: list[ObjectSpec]) -> list[_Push]:
    """Return what can be pushed where; balls are left out, because they roll on."""
    every = (_Push(t, d) for t, d in itertools.product(things, _AXES) if t.kind is not Kind.BALL)
    return [p for p in every if p.is_in_reach and all(map(p.misses, scene.objects))]


@dataclass(frozen=True)
class _Push:
    thing: ObjectSpec
    direction: Direction

    @property
    def end(self) -> ObjectSpec:
        """The thing where the push leaves it."""
        dx, dy = _AXES[self.direction]
        x, y = self.thing.x + dx * PUSH_DISTANCE_M, self.thing.y + dy * PUSH_DISTANCE_M
        return replace(self.thing, x=x, y=y)

    @property
    def is_in_reach(self) -> bool:
        """Whether the arm reaches behind the thing, and the thing stays on the table."""
        dx, dy = _AXES[self.direction]
        behind = self.thing.x - dx * _REACH_BACK_M, self.thing.y - dy * _REACH_BACK_M
        return _is_on_table(behind) and _is_on_table((self.end.x, self.end.y))

    def misses(self, other: ObjectSpec) -> bool:
        """Whether hand and thing sweep past another thing."""
        if other is self.thing:
            return True
        dx, dy = _AXES[self.direction]
        x, y = other.x - self.thing.x, other.y - self.thing.y
        nearest = min(max(x * dx + y * dy, -_RUN_UP_M), PUSH_DISTANCE_M)
        gap = math.hypot(x - nearest * dx, y - nearest * dy)
        return gap > other.shape.reach + self.thing.shape.reach + _HAND_M


def _is_on_table(point: tuple[float, float]) -> bool:
    return all(low < v < high for v, (low, high) in zip(point, _TABLE, strict=True))
