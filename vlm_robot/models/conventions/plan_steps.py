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

"""The steps of a plan that a model writes as objects with keys."""

from __future__ import annotations

import re
from typing import TypeVar

from vlm_robot.core.skills import CATALOGUE, Direction, Relation, SkillSpec
from vlm_robot.core.values import Step, Target
from vlm_robot.models.conventions.collector import BROKEN_OFF, Collector, clean_label
from vlm_robot.models.conventions.coordinates import Kind, Shape
from vlm_robot.models.conventions.json_reader import Atom, Table, Value
from vlm_robot.models.conventions.things import (
    Group,
    add_place,
    groups,
    label_of,
    place_of,
)  # fmt: skip

SKILL_KEYS = ('skill', 'action', 'command')

_RELATIONS = {
    'inside': 'in', 'into': 'in', 'within': 'in',
    'onto': 'on', 'ontop': 'on', 'ontopof': 'on', 'atop': 'on',
    'beside': 'nextto', 'next': 'nextto', 'near': 'nextto', 'by': 'nextto', 'nearto': 'nextto',
    'left': 'leftof', 'leftside': 'leftof', 'leftsideof': 'leftof',
    'right': 'rightof', 'rightside': 'rightof', 'rightsideof': 'rightof',
    'front': 'infrontof', 'infront': 'infrontof', 'frontof': 'infrontof',
    'behindof': 'behind', 'backof': 'behind', 'inbackof': 'behind',
    'inbetween': 'between', 'middleof': 'between', 'middlebetween': 'between',
}  # fmt: skip
_DIRECTIONS = {'forwards': 'forward', 'backward': 'back', 'backwards': 'back'}
_TO_THE = re.compile('^(?:to|on|at|in)the')  # "to the left of", without blanks
_TARGET_KEYS = ('target', 'object')
_OTHER_KEYS = ('other', 'second', 'othertarget', 'otherobject', 'target2', 'object2')

_E = TypeVar('_E', Relation, Direction)


class UnreadableError(Exception):
    """A step or target cannot be read; the message says why, empty where that is noted."""


def skill_of(group: Group) -> Atom | None:
    """Return the word for a skill, where an object is a step."""
    for key in SKILL_KEYS:
        value = group.get(key)
        if isinstance(value, Atom):
            return value
    return None


def read_step(found: Collector, group: Group, word: Atom) -> Step:
    """
    Return the step that an object is.

    :raises UnreadableError: for what is no step.
    """
    name = _normal(word.text)
    spec = CATALOGUE.get(name)
    if spec is None:
        raise UnreadableError(f'{word.text[:40]!r} is no skill: expected {", ".join(CATALOGUE)}')
    relation, direction = _relation(group, spec), _direction(group, spec)
    target = read_target(found, group)
    other = _other(found, group, relation)
    return Step(spec.skill, target, relation, direction, other=other)


def _other(found: Collector, group: Group, relation: Relation) -> Target | None:
    """Return the second thing of a relation between two; others have none."""
    value = next((group[key] for key in _OTHER_KEYS if not _is_empty(group.get(key))), None)
    if not relation.of_two:
        if value is not None:
            raise UnreadableError(f'{relation.name.lower()!r} takes one thing, not two')
        return None
    if isinstance(value, Table) and value.whole:
        return read_target(found, next(iter(groups(value))))
    if isinstance(value, Atom) and value.whole and (label := clean_label(value.text)):
        return Target(label)
    raise UnreadableError(f'{relation.name.lower()!r} takes two things: expected the other one')


def _is_empty(value: Value | None) -> bool:
    if isinstance(value, Atom):
        return value.is_null or not value.text.strip()
    return value is None or (isinstance(value, Table) and not value.pairs)


def read_target(found: Collector, group: Group) -> Target:
    """
    Return the thing that an object names and points at; without a point its pixel is None.

    :raises UnreadableError: for what is no thing, or several.
    """
    group = _with_nested(group)
    atom = label_of(group)
    target = group.get('target')
    if atom is None and isinstance(target, Atom) and not target.is_null:
        atom = target
    if atom is not None and not atom.whole:
        raise UnreadableError(BROKEN_OFF)
    label = clean_label(atom.text) or atom.text.strip() if atom is not None else ''
    troubles = len(found.troubles)
    place = place_of(found, group)
    if len(found.troubles) > troubles:
        raise UnreadableError
    if not place:
        if not label:
            raise UnreadableError('a step names nothing')
        return Target(label)
    if len(place) > 1:
        return _of_both(found, place, label)
    pointed = found.add(place[0][0].numbers, place[0][0].span, label=label)
    if pointed is None:
        raise UnreadableError
    return pointed


def _of_both(found: Collector, place: list[tuple[Shape, Kind]], label: str) -> Target:
    count = len(found.troubles)
    if add_place(found, place, label) is None:
        raise UnreadableError(f'{label!r} has {len(place)} points: expected one')
    if len(found.troubles) > count:
        raise UnreadableError
    return found.pointed[-1].target


def _with_nested(group: Group) -> Group:
    """Return a step's keys with those of its target, where that is an object of its own."""
    for key in _TARGET_KEYS:
        value = group.get(key)
        if isinstance(value, Table) and value.whole:
            rest = {name: other for name, other in group.items() if name != key}
            return rest | next(iter(groups(value)), {})
    return group


def _relation(group: Group, spec: SkillSpec) -> Relation:
    return _option(group, 'relation', spec.relations, Relation.NONE, _RELATIONS)


def _direction(group: Group, spec: SkillSpec) -> Direction:
    return _option(group, 'direction', spec.directions, Direction.NONE, _DIRECTIONS)


def _option(
    group: Group, key: str, options: tuple[_E, ...], none: _E, other_names: dict[str, str]
) -> _E:
    """Return what a key says; a skill that takes no such key has none."""
    if options == (none,):
        return none
    value = group.get(key)
    text = value.text if isinstance(value, Atom) and value.whole else ''
    name = _TO_THE.sub('', _normal(text))
    name = other_names.get(name, name)
    for option in options:
        if _normal(option.name) == name:
            return option
    names = ', '.join(option.name.lower() for option in options)
    raise UnreadableError(f'{key} {text[:40]!r} is not one of {names}')


def _normal(name: str) -> str:
    return re.sub(r'[^a-z]', '', name[:40].lower())
