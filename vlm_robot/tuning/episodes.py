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

"""Seeded episodes for evaluation: a scene, an instruction, and what must hold at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import PUSH_DISTANCE_M, Direction, Relation, Skill
from vlm_robot.sim.catalogue import CONTAINERS, GRASPABLE, SHAPES, Kind, Size
from vlm_robot.sim.goals import Goal, labels
from vlm_robot.sim.scene import TABLE_X, TABLE_Y, SceneSpec, sample_scene
from vlm_robot.tuning import wording as words
from vlm_robot.tuning.facts import Facts, Thing, facts_of_scene
from vlm_robot.tuning.references import UNKNOWN, Reference, Referrer

FORMS = (
    'colour kind',
    'kind',
    'size',
    'relation',
    'superlative',
    'compound',
    'absent',
    'ambiguous',
)
"""How an episode's instruction names things; the last two are to be refused."""

_T = TypeVar('_T')
_TRIES = 400
_STRANGE = ('dragon', 'banana', 'hammer', 'spoon', 'turquoise', 'striped', 'teapot')
_STACKS = {
    (Kind.CUBE, Kind.CUBE),
    (Kind.CUBE, Kind.CYLINDER),
    (Kind.CYLINDER, Kind.CUBE),
}
"""(what, on what): stacks that stand."""
_AHEAD = {
    Direction.LEFT: (0.0, 1.0),
    Direction.RIGHT: (0.0, -1.0),
    Direction.FORWARD: (1.0, 0.0),
    Direction.BACK: (-1.0, 0.0),
}


@dataclass(frozen=True)
class TrueStep:
    """A step as it should be, its target given by the object's name in the scene."""

    skill: Skill
    target: str
    relation: Relation = Relation.NONE
    direction: Direction = Direction.NONE


@dataclass(frozen=True)
class Episode:
    """One instruction in one scene."""

    seed: int
    scene: SceneSpec
    instruction: str
    form: str  # one of FORMS
    task: str  # pick, put in, put on, put beside, push, compound
    outcome: Outcome  # OK, or the refusal that is right
    steps: tuple[TrueStep, ...] = ()
    goals: tuple[Goal, ...] = ()


@dataclass(frozen=True)
class _Task:
    """What is to be done, before it is put into words: {a} is moved, {b} is the base."""

    name: str
    template: str
    moved: Thing
    base: Thing | None
    steps: tuple[TrueStep, ...]
    goal: Goal


def sample_episode(seed: int, form: str) -> Episode:
    """
    Draw an episode whose instruction is true of its scene and can be carried out by a good robot.

    :param form: one of FORMS.
    """
    for attempt in range(_TRIES):
        rng = np.random.default_rng([seed, FORMS.index(form), attempt])
        scene = sample_scene(int(rng.integers(2**31)))
        if episode := _Draw(seed, scene, form, rng).episode():
            return episode
    raise RuntimeError(f'no scene for form {form!r} and seed {seed!r} in {_TRIES} tries')


class _Draw:
    """One try at an episode in one scene."""

    def __init__(self, seed: int, scene: SceneSpec, form: str, rng: np.random.Generator) -> None:
        self._seed = seed
        self._scene = scene
        self._form = form
        self._rng = rng
        self._facts: Facts = facts_of_scene(scene)
        self._referrer = Referrer(self._facts, rng)
        self._labels = {item.name: label for label, item in labels(scene).items()}

    def episode(self) -> Episode | None:
        if self._form == 'compound':
            return self._compound()
        task = self._task()
        if task is None:
            return None
        text = self._say(task, self._form)
        if text is None:
            return None
        if self._form in ('absent', 'ambiguous'):
            outcome = Outcome.NOT_FOUND if self._form == 'absent' else Outcome.AMBIGUOUS
            return Episode(self._seed, self._scene, text, self._form, task.name, outcome)
        return self._finished(text, task.name, (task,))

    def _finished(self, text: str, name: str, tasks: tuple[_Task, ...]) -> Episode:
        steps = tuple(step for task in tasks for step in task.steps)
        goals = tuple(task.goal for task in tasks)
        return Episode(self._seed, self._scene, text, self._form, name, Outcome.OK, steps, goals)

    def _compound(self) -> Episode | None:
        first, second = self._task(), self._task()
        if first is None or second is None or first.name == 'pick':
            return None
        things = [t.index for task in (first, second) for t in (task.moved, task.base) if t]
        if len(set(things)) < len(things) or not self._apart(first, second):
            return None
        texts = [self._say(task, 'colour kind') for task in (first, second)]
        if None in texts:
            return None
        text = f'{texts[0]} {self._one(["and then", "then", "and"])} {texts[1]}'
        return self._finished(text, 'compound', (first, second))

    def _apart(self, first: _Task, second: _Task) -> bool:
        """Whether what the first task moves cannot come into the second one's way."""
        if first.name in ('put in', 'put on'):
            return True
        others = [t for t in (second.moved, second.base) if t]
        centre = first.base or first.moved
        return all(math.hypot(t.x - centre.x, t.y - centre.y) > 0.28 for t in others)

    def _say(self, task: _Task, form: str) -> str | None:
        things = [t for t in (task.moved, task.base) if t]
        references = [self._referrer.plainly(thing) for thing in things]
        odd = int(self._rng.integers(len(things)))
        if form != 'colour kind':
            special = self._special(things[odd], form)
            if special is None:
                return None
            references[odd] = special
        for index, reference in enumerate(references):
            refused = form in ('absent', 'ambiguous') and index == odd
            if not refused and len(reference.matches) != 1:
                return None
        named = {k: f'the {r.words}' for k, r in zip('ab', references, strict=False)}
        text = task.template.format(**named)
        return text.replace(UNKNOWN, self._one(_STRANGE))

    def _special(self, thing: Thing, form: str) -> Reference | None:
        if form == 'absent':
            return self._referrer.absent()
        for _ in range(12):
            reference = self._referrer.to(thing)
            if reference is None:
                continue
            if _is_of(form, reference):
                return reference
        return None

    def _task(self) -> _Task | None:
        if not self._facts.things:
            return None
        makers: list[Callable[[], _Task | None]] = [
            self._pick,
            self._push,
            self._put,
            self._put,
            self._put,
        ]
        return self._one(makers)()

    def _pick(self) -> _Task | None:
        moved = self._movable()
        if moved is None:
            return None
        name = self._name(moved)
        verb = self._one(words.PICK[:5])
        return _Task(
            'pick',
            f'{verb} {{a}}',
            moved,
            None,
            (TrueStep(Skill.PICK, name),),
            Goal(self._labels[name]),
        )

    def _push(self) -> _Task | None:
        moved = self._one(self._facts.things)
        direction = self._one(list(_AHEAD))
        if not self._free_ahead(moved, direction):
            return None
        name = self._name(moved)
        template = f'{self._one(words.PUSH)} {{a}} {self._one(words.DIRECTIONS[direction])}'
        step = TrueStep(Skill.PUSH, name, direction=direction)
        goal = Goal(self._labels[name], direction=direction)
        return _Task('push', template, moved, None, (step,), goal)

    def _put(self) -> _Task | None:
        moved, base = self._movable(), self._one(self._facts.things)
        if moved is None or base is moved:
            return None
        relation = self._relation(moved, base)
        if relation is None:
            return None
        names = self._name(moved), self._name(base)
        where = {Relation.IN: words.INTO, Relation.ON: words.ONTO, Relation.NEXT_TO: words.BESIDE}
        verb = (
            'stack' if base.kind is Kind.CUBE and relation is Relation.ON else self._one(words.PUT)
        )
        template = f'{verb} {{a}} {self._one(where[relation])} {{b}}'
        name = {Relation.IN: 'put in', Relation.ON: 'put on', Relation.NEXT_TO: 'put beside'}[
            relation
        ]
        steps = (TrueStep(Skill.PICK, names[0]), TrueStep(Skill.PLACE, names[1], relation))
        goal = Goal(self._labels[names[0]], relation, self._labels[names[1]])
        return _Task(name, template, moved, base, steps, goal)

    def _relation(self, moved: Thing, base: Thing) -> Relation | None:
        if self._rng.uniform() < 0.25:
            return Relation.NEXT_TO
        if base.kind in CONTAINERS:
            tight = base.kind is Kind.BOWL and base.size is Size.SMALL
            return None if tight and moved.size is Size.LARGE else Relation.IN
        if base.kind is Kind.PLATE:
            return Relation.ON
        stands = (moved.kind, base.kind) in _STACKS and (
            SHAPES[moved.kind, moved.size].length <= SHAPES[base.kind, base.size].length + 0.001
        )
        return Relation.ON if stands else None

    def _movable(self) -> Thing | None:
        things = [t for t in self._facts.things if t.kind in GRASPABLE]
        return self._one(things) if things else None

    def _free_ahead(self, thing: Thing, direction: Direction) -> bool:
        """Whether the gripper fits behind a thing and the thing has room to go."""
        ahead = np.array(_AHEAD[direction])
        here = np.array([thing.x, thing.y])
        end = here + ahead * (PUSH_DISTANCE_M + 0.02)
        start = here - ahead * (thing.reach + 0.05)
        low, high = np.array([TABLE_X, TABLE_Y]).T
        if np.any(end < low - 0.02) or np.any(end > high + 0.02) or np.any(start < low - 0.06):
            return False
        others = [t for t in self._facts.things if t is not thing]
        path = [start + (end - start) * share for share in np.linspace(0, 1, 15)]
        return all(
            math.hypot(t.x - p[0], t.y - p[1]) > t.reach + thing.reach + 0.01 or p is path[0]
            for t in others
            for p in path
        )

    def _name(self, thing: Thing) -> str:
        return self._scene.objects[thing.index].name

    def _one(self, items: Sequence[_T]) -> _T:
        return items[int(self._rng.integers(len(items)))]


def _is_of(form: str, reference: Reference) -> bool:
    """Whether a reference to a thing that is there makes an episode of a form."""
    several = len(reference.matches) > 1
    if form == 'ambiguous':
        return several
    if several:
        return False
    return reference.form == 'kind' if form == 'kind' else form in reference.form
