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

"""What models are told: the system's words, the image, then the instruction."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_robot.core.skills import CATALOGUE, Direction, Relation, SkillSpec
from vlm_robot.models.answer import Task
from vlm_robot.models.profile import Profile
from vlm_robot.models.units import Units

_INSTRUCTION = '{instruction}'


@dataclass(frozen=True)
class Prompt:
    """
    The words around a request's images.

    What is the same for every instruction comes first, so that it can be computed beforehand.
    """

    system: str  # before the images
    user: str  # after them


def make_prompt(profile: Profile, task: Task, text: str) -> Prompt:
    """Return what a model is told for a task; the instruction goes in as it is."""
    template = profile.prompts.get(task)
    if template is None:
        template = _USER[task]
    system = _plan_rules(profile) if task is Task.PLAN and task not in profile.prompts else ''
    return Prompt(system, template.replace(_INSTRUCTION, text))


_USER = {
    Task.PLAN: 'Instruction: {instruction}',
    Task.POINT: 'Point to {instruction}.',
    Task.ASK: '{instruction}',
}


def _plan_rules(profile: Profile) -> str:
    """The rules of `vlm_robot.models.conventions.plan_json`, in the profile's units."""
    point = '"point":[Y,X],' if profile.units.first == 'y' else '"point":[X,Y],'
    point = point if profile.point else ''
    where = f'\n{_point_rule(profile.units)}' if point else ''
    skills = '\n'.join(_skill_rule(name, spec, profile) for name, spec in CATALOGUE.items())
    return _RULES.replace('SKILLS', skills).replace('POINT', point).replace('WHERE', where)


_RULES = """\
You plan for a robot arm with a gripper. Answer the instruction about the image with one JSON \
object and nothing else:
{"outcome":"ok","steps":[{"skill":"pick",POINT"label":"red cube"},\
{"skill":"place","relation":"in",POINT"label":"blue bowl"}]}
Skills:
SKILLSWHERE
If a thing is not in the image: {"outcome":"not_found","label":"red cube"}
If the words fit several things: \
{"outcome":"ambiguous","candidates":[{POINT"label":"red cube"},{POINT"label":"red cube"}]}
If no skill can do it: {"outcome":"unsupported"}"""


def _skill_rule(name: str, spec: SkillSpec, profile: Profile) -> str:
    options = ''
    if spec.relations != (Relation.NONE,):
        options = _relation_rule(profile.relations_of(spec))
    if spec.directions != (Direction.NONE,):
        options = f'; "direction" is one of {_names(spec.directions)}'
    order = '; only after a pick' if spec.needs_held else ''
    return f'- {name}: {spec.summary}{options}{order}'


def _relation_rule(relations: tuple[Relation, ...]) -> str:
    of_two = tuple(relation for relation in relations if relation.of_two)
    rule = f'; "relation" is one of {_names(relations)}'
    if of_two:
        rule += f'; {_names(of_two)} names a second thing: "other":{{POINT"label":"green mug"}}'
    return rule


def _names(members: tuple[Relation, ...] | tuple[Direction, ...]) -> str:
    return ', '.join(f'"{member.name.lower()}"' for member in members)


def _point_rule(units: Units) -> str:
    axes = 'X right, Y down'
    if units.scale == 'share':
        return f'A point is where to grasp: {axes}, both from 0 to {units.divisor:g}.'
    return f'A point is where to grasp: {axes}, in pixels.'
