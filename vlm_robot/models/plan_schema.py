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

"""The JSON schema of a plan, as `vlm_robot.models.prompts` describes it to models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vlm_robot.core.skills import CATALOGUE, Direction, Relation, SkillSpec
from vlm_robot.models.profile import Profile
from vlm_robot.models.units import Units

MAX_LABEL = 40  # characters
MAX_STEPS = 8
MAX_CANDIDATES = 8

Schema = dict[str, Any]

_LABEL: Schema = {'type': 'string', 'minLength': 1, 'maxLength': MAX_LABEL}


def plan_schema(profile: Profile) -> Schema:
    """
    Return the schema of a profile's plans.

    It uses what the servers' grammar libraries have in common, and is the same for every image,
    so that they compile it once: numbers in pixels are bounded by the convention alone.
    """
    thing: Schema = {'label': _LABEL}
    if profile.point:
        thing = {'point': _point(profile.units), **thing}
    steps = [
        step for name, spec in CATALOGUE.items() for step in _steps(name, spec, profile, thing)
    ]
    return {
        'anyOf': [
            _object(outcome=_one_of('ok'), steps=_list({'anyOf': steps}, 1, MAX_STEPS)),
            _object(outcome=_one_of('not_found'), label=_LABEL),
            _object(
                outcome=_one_of('ambiguous'),
                candidates=_list(_object(**thing), 2, MAX_CANDIDATES),
            ),
            _object(outcome=_one_of('unsupported')),
        ]
    }


def _steps(name: str, spec: SkillSpec, profile: Profile, thing: Schema) -> Iterator[Schema]:
    """Yield the forms of a skill: those that name two things have one of their own."""
    head: Schema = {'skill': _one_of(name)}
    if spec.directions != (Direction.NONE,):
        head['direction'] = _one_of(*(d.name.lower() for d in spec.directions))
    if spec.relations == (Relation.NONE,):
        yield _object(**head, **thing)
        return
    relations = profile.relations_of(spec)
    of_one = [r.name.lower() for r in relations if not r.of_two]
    of_two = [r.name.lower() for r in relations if r.of_two]
    if of_one:
        yield _object(**head, relation=_one_of(*of_one), **thing)
    if of_two:
        yield _object(**head, relation=_one_of(*of_two), **thing, other=_object(**thing))


def _point(units: Units) -> Schema:
    # whole numbers where they are fine enough
    whole = units.scale != 'share' or units.divisor >= 500
    number: Schema = {'type': 'integer' if whole else 'number', 'minimum': 0}
    if units.scale == 'share':
        number['maximum'] = int(units.divisor) if whole else units.divisor
    return _list(number, 2, 2)


def _object(**properties: Schema) -> Schema:
    return {
        'type': 'object',
        'properties': properties,
        'required': list(properties),
        'additionalProperties': False,
    }


def _list(items: Schema, least: int, most: int) -> Schema:
    return {'type': 'array', 'items': items, 'minItems': least, 'maxItems': most}


def _one_of(*words: str) -> Schema:
    return {'type': 'string', 'enum': list(words)}
