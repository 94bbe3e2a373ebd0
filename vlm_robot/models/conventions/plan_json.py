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
Plans as JSON: what `vlm_robot.models.prompts` asks for.

::

    {"outcome": "ok", "steps": [{"skill": "pick", "point": [x, y], "label": "red cube"},
                                {"skill": "place", "relation": "in", "point": ..., "label": ...}]}
    {..., {"skill": "place", "relation": "between", "point": ..., "label": ...,
           "other": {"point": ..., "label": ...}}}
    {"outcome": "not_found", "label": "red cube"}
    {"outcome": "ambiguous", "candidates": [{"point": [x, y], "label": "red cube"}, ...]}
    {"outcome": "unsupported"}

Read as well: fences and prose around it, a missing outcome, bare lists and lines of steps, boxes
for points. A model that does not point leaves out every point.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import CATALOGUE, Direction, Relation
from vlm_robot.core.targets import targets_of
from vlm_robot.core.values import Step, Target
from vlm_robot.models.answer import ImageSize, Parsed, ParseStatus, Pointed
from vlm_robot.models.conventions.answer_text import unfenced
from vlm_robot.models.conventions.collector import BROKEN_OFF, Collector, clean_label
from vlm_robot.models.conventions.coordinates import normal
from vlm_robot.models.conventions.json_reader import Array, Atom, Table, Value, read
from vlm_robot.models.conventions.plan_steps import (
    UnreadableError,
    read_step,
    read_target,
    skill_of,
)  # fmt: skip
from vlm_robot.models.conventions.rendering import Writer
from vlm_robot.models.conventions.things import Group, groups, has_table, is_placeholder, label_of
from vlm_robot.models.units import Units

_STEPS = ('steps', 'plan', 'actions', 'tasks')
_OUTCOMES = ('outcome', 'status', 'result')
_REFUSALS = {
    'notfound': Outcome.NOT_FOUND,
    'ambiguous': Outcome.AMBIGUOUS,
    'unsupported': Outcome.UNSUPPORTED,
    'unsafe': Outcome.UNSAFE,
}


class PlanJsonConvention:
    """Reads and writes the syntax of this module's docstring."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def parse(self, text: str, size: ImageSize) -> Parsed:
        """Read an answer; see `Convention.parse`."""
        plan = _Plan(Collector(text, self._units, size))
        answer = unfenced(plan.found.answer)
        for document in _once(answer, read(answer)):
            plan.add(document)
        return plan.parsed()

    def render(self, steps: tuple[Step, ...], size: ImageSize) -> str:
        """Write steps so that `parse` reads them back, points rounded to the unit."""
        writer = Writer(self._units, size)
        written = (_written(step, writer) for step in steps)
        return f'{{"outcome":"ok","steps":[{",".join(written)}]}}'


class _Plan:
    """What the objects of an answer say."""

    def __init__(self, found: Collector) -> None:
        self.found = found
        self._steps: list[Step] = []
        self._candidates: list[Pointed] = []
        self._outcome = ''
        self._missing = ''
        self._is_plan = False

    def add(self, value: Value) -> None:
        if isinstance(value, Array):
            self._is_plan = self._is_plan or not value.items
            for item in value.items:
                self.add(item)
        elif isinstance(value, Table):
            for group in groups(value):
                self._add_group(group, whole=value.whole)
        if not isinstance(value, Atom) and not value.whole:
            self.found.trouble(BROKEN_OFF)

    def parsed(self) -> Parsed:
        found = self.found
        self._check_points()
        if found.troubles:
            status = ParseStatus.PARTIAL if self._steps else ParseStatus.MALFORMED
            pointed = tuple(found.pointed)
            return Parsed(status, found.troubles[0], steps=tuple(self._steps), pointed=pointed)
        if self._outcome in _REFUSALS:
            return self._refused(_REFUSALS[self._outcome])
        if self._steps:
            pointed = tuple(found.pointed)
            return Parsed(ParseStatus.OK, steps=tuple(self._steps), pointed=pointed)
        if self._is_plan:
            return Parsed(ParseStatus.MALFORMED, 'the plan has no steps')
        words = found.parsed()  # nothing was added: there are only words
        reason = words.reason.replace('holds no point', 'holds no plan')
        return Parsed(words.status, reason, words.verdict, words=words.words)

    def _add_group(self, group: Group, *, whole: bool) -> None:
        word = skill_of(group)
        if word is not None and not any(key in group for key in _STEPS):
            if whole:
                self._add_step(group, word)
            return
        self._is_plan = True
        for key in _OUTCOMES:
            self._read_outcome(group.get(key))
        label = label_of(group)
        self._missing = clean_label(label.text) if label is not None else self._missing
        self._add_steps(group)
        candidates = group.get('candidates')
        for item in candidates.items if isinstance(candidates, Array) else ():
            self._add_candidate(item)

    def _add_steps(self, group: Group) -> None:
        for value in (group[key] for key in _STEPS if key in group):
            if isinstance(value, Array):
                for item in value.items:
                    if isinstance(item, Atom):
                        self.found.trouble(f'{item.text[:40]!r} is no step')
            if not isinstance(value, Atom):
                self.add(value)

    def _read_outcome(self, value: Value | None) -> None:
        if not isinstance(value, Atom):
            return
        outcome = normal(value.text)
        if outcome not in ('ok', 'success', *_REFUSALS) or not value.whole:
            self.found.trouble(f'{value.text[:40]!r} is no outcome')
        self._outcome = outcome

    def _add_step(self, group: Group, word: Atom) -> None:
        try:
            self._steps.append(read_step(self.found, group, word))
        except UnreadableError as err:
            if str(err):
                self.found.trouble(str(err))

    def _add_candidate(self, item: Value) -> None:
        for group in groups(item) if isinstance(item, Table) and item.whole else ():
            try:
                target = read_target(self.found, group)
            except UnreadableError as err:
                if str(err):
                    self.found.trouble(str(err))
                continue
            self._candidates.append(self._pointed(target, item))

    def _pointed(self, target: Target, item: Value) -> Pointed:
        same = (p for p in reversed(self.found.pointed) if p.target is target)
        return next(same, Pointed(target, item.start, item.end))

    def _check_points(self) -> None:
        """Note what has no point in a plan that points."""
        targets = list(targets_of(self._steps))
        bare = [target.label for target in targets if target.pixel is None]
        if bare and len(bare) < len(targets):
            self.found.trouble(f'{bare[0]!r} has no point')

    def _refused(self, outcome: Outcome) -> Parsed:
        if outcome is Outcome.AMBIGUOUS:
            if not self._candidates:
                return Parsed(ParseStatus.MALFORMED, 'nothing is named that could be meant')
            verdict = Verdict(outcome, 'several things match')
            return Parsed(ParseStatus.OK, verdict=verdict, pointed=tuple(self._candidates))
        verdict = Verdict(outcome, self._refusal(outcome))
        return Parsed(ParseStatus.NONE, verdict.message, verdict, words=self._missing)

    def _refusal(self, outcome: Outcome) -> str:
        if outcome is Outcome.UNSUPPORTED:
            return 'I have no skill for that'
        if outcome is Outcome.UNSAFE:
            return 'that is not safe to do'
        sought = f'{self._missing!r}' if self._missing else 'the instruction'
        return f'I see nothing that fits {sought}'


def _once(answer: str, documents: Iterable[Value]) -> list[Value]:
    """Return the documents without prose, echoed examples and repetitions of a whole plan."""
    seen: dict[str, Value] = {}
    for document in documents:
        is_plan = has_table(document) or (isinstance(document, Array) and not document.items)
        if is_plan and not _is_echo(document):
            seen.setdefault(answer[document.start : document.end], document)
    return list(seen.values())


def _is_echo(value: Value) -> bool:
    """Return whether a point is an example's [X, Y]."""
    if isinstance(value, Table):
        return any(_is_echo(item) for _, item in value.pairs)
    return is_placeholder(value) or (
        isinstance(value, Array) and any(_is_echo(item) for item in value.items)
    )


def _written(step: Step, writer: Writer) -> str:
    name = next(name for name, spec in CATALOGUE.items() if spec.skill is step.skill)
    parts = [f'"skill":"{name}"']
    if step.relation is not Relation.NONE:
        parts.append(f'"relation":"{step.relation.name.lower()}"')
    if step.direction is not Direction.NONE:
        parts.append(f'"direction":"{step.direction.name.lower()}"')
    parts.append(_thing(step.target, writer))
    if step.other is not None:
        parts.append(f'"other":{{{_thing(step.other, writer)}}}')
    return f'{{{",".join(parts)}}}'


def _thing(target: Target, writer: Writer) -> str:
    point = ''
    if target.pixel is not None:
        point = f'"point":[{",".join(writer.pair(target.pixel))}],'
    return f'{point}"label":{json.dumps(target.label)}'
