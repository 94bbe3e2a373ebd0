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

"""Prints what happens to an instruction, with the time of each stage."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from vlm_robot.core.skills import Direction, Relation
from vlm_robot.core.values import Plan, Step, Target
from vlm_robot.ros.conversions import plan_value


class Timeline:
    """
    Turns feedback into lines.

    :param write: gets each line.
    :param namespace: of the robot's nodes.
    """

    def __init__(self, write: Callable[[str], None], *, namespace: str = '') -> None:
        self._write = write
        self._namespace = namespace
        self._start_s = time.monotonic()
        self._last: tuple[str, int, str] = ('', -1, '')
        self._plan_id = ''
        self.planned_s = math.nan  # from the instruction to the plan
        self.caption = ''  # the stage, the step and the phase

    def feedback(self, message: Any) -> None:
        """Take one of ExecuteInstruction's feedback messages."""
        now = (message.stage, int(message.step), message.phase)
        if message.plan.plan_id and message.plan.plan_id != self._plan_id:
            self._plan_id = message.plan.plan_id
            self._show_plan(plan_value(message.plan))
        if now != self._last:
            self._last = now
            self._show(*now)

    def _show_plan(self, plan: Plan) -> None:
        if math.isnan(self.planned_s):
            self.planned_s = time.monotonic() - self._start_s
        if not plan.steps:
            return
        stages = ', '.join(f'{name} {value:.2f} s' for name, value in plan.timings_s.items())
        self.line(f'plan of {len(plan.steps)} steps ({stages})')
        for index, step in enumerate(plan.steps, start=1):
            self.line(f'  {index}. {describe(step)}')

    def _show(self, stage: str, step: int, phase: str) -> None:
        at_step = f'step {step + 1}' if stage == 'execute' else ''
        self.caption = ' '.join(filter(None, (stage, at_step, phase)))
        self.line(self._request(phase) if stage == 'approval' else self.caption)

    def _request(self, limit: str) -> str:
        """Say what an operator has to do."""
        where = f' --namespace {self._namespace}' if self._namespace else ''
        return f'waits for approval ({limit}): vlm-robot approve{where}, or approve --no'

    def line(self, text: str) -> None:
        """Write a line after the time since the instruction."""
        self._write(f'  {time.monotonic() - self._start_s:7.2f} s  {text}')


def describe(step: Step) -> str:
    """Say a step in words, for example "place in the blue bowl (93 %) at (0.51, -0.10, 0.02)"."""
    words = [step.skill.name.lower()]
    if step.relation is not Relation.NONE:
        words.append(step.relation.words)
    words.append(f'the {step.target.label or "target"}{_sureness(step.target)}')
    if step.other is not None:
        words.append(f'and the {step.other.label or "other"}{_sureness(step.other)}')
    if step.direction is not Direction.NONE:
        words.append(step.direction.name.lower())
    place = step.goal or (step.target.grounding and step.target.grounding.position)
    if place:
        words.append('at ({:.3f}, {:.3f}, {:.3f}) m'.format(*place))
    return ' '.join(words)


def _sureness(target: Target) -> str:
    return '' if math.isnan(target.confidence) else f' ({target.confidence:.0%})'
