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

"""What task_node does with an instruction: plan, gate, execute; again after a missed grasp."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Plan, Step


class Hands(Protocol):
    """What the executive needs of the rest of the graph. Every method blocks."""

    def plan(self, instruction: str, cancel: CancelToken) -> Plan:
        """Look, and return a plan or why there is none."""
        ...

    def admit(
        self, plan: Plan, cancel: CancelToken, *, on_wait: Callable[[float], None]
    ) -> Verdict:
        """
        Check a plan with the gate, and with the operator where that is asked for.

        :param on_wait: called when an operator is waited for, with the limit in seconds.
        """
        ...

    def execute(
        self, step: Step, cancel: CancelToken, *, on_phase: Callable[[str], None]
    ) -> Verdict:
        """Carry out one step."""
        ...

    def go_home(self, cancel: CancelToken) -> Verdict:
        """Move the arm out of the camera's view."""
        ...


@dataclass(frozen=True)
class Progress:
    """Where an instruction is: the fields of ExecuteInstruction's feedback."""

    stage: str  # 'plan', 'gate', 'approval', 'execute'; then 'done', or 'ended' without success
    plan: Plan | None = None
    step: int = 0
    phase: str = ''


@dataclass(frozen=True)
class Report:
    """How an instruction ended."""

    verdict: Verdict
    plan: Plan  # the last one; after a replan, without the steps that were done before
    steps_done: int = 0
    moved: bool = False  # whether the arm was told to move


OnProgress = Callable[[Progress], None]


class Executive:
    """
    Carries out one instruction at a time.

    :param replans: how often a missed grasp is answered by looking and planning again.
    :param go_home: whether the arm goes home after anything moved.
    """

    def __init__(self, hands: Hands, *, replans: int, go_home: bool) -> None:
        self._hands = hands
        self._replans = replans
        self._go_home = go_home
        self._is_away = False

    def run(
        self,
        instruction: str,
        cancel: CancelToken,
        *,
        on_progress: OnProgress,
        plan: Plan | None = None,
    ) -> Report:
        """
        Carry out an instruction; what goes wrong is the report's verdict.

        :param plan: the plan, if it has been made already.
        """
        report = Report(OK, plan or Plan(instruction))
        if self._is_away and plan is None:
            self._retreat(cancel)  # an arm that was stopped stands in the camera's view
        for attempt in range(self._replans + 1):
            if attempt or plan is None:
                report = self._look(instruction, report, cancel, on_progress=on_progress)
            if report.verdict.ok:
                report = self._carry_out(report, cancel, on_progress=on_progress)
            self._is_away |= report.moved
            if report.moved:
                self._retreat(cancel)
            if report.verdict.outcome is not Outcome.GRASP_FAILED:
                break
        on_progress(Progress('done' if report.verdict.ok else 'ended', report.plan))
        return report

    def _retreat(self, cancel: CancelToken) -> None:
        """Go home, unless the arm was told to stand still."""
        if self._go_home and not cancel.is_set():
            self._is_away = not self._home(cancel).ok

    def _home(self, cancel: CancelToken) -> Verdict:
        try:
            return self._hands.go_home(cancel)
        except Refusal as refusal:
            return refusal.verdict

    def _look(
        self, instruction: str, before: Report, cancel: CancelToken, *, on_progress: OnProgress
    ) -> Report:
        """Plan what is still to be done."""
        on_progress(Progress('plan'))
        try:
            plan = self._hands.plan(instruction, cancel)
        except Refusal as refusal:
            return replace(before, verdict=refusal.verdict)
        if len(plan.steps) > before.steps_done:
            plan = replace(plan, steps=plan.steps[before.steps_done :])
        return replace(before, verdict=plan.verdict, plan=plan)

    def _carry_out(
        self, before: Report, cancel: CancelToken, *, on_progress: OnProgress
    ) -> Report:
        plan = before.plan
        on_progress(Progress('gate', plan))
        verdict = self._hands.admit(
            plan,
            cancel,
            on_wait=lambda limit_s: on_progress(
                Progress('approval', plan, phase=f'{limit_s:.0f} s')
            ),
        )
        if not verdict.ok:
            return replace(before, verdict=verdict)
        for index, step in enumerate(plan.steps):
            at = Progress('execute', plan, index)
            on_progress(at)
            verdict = self._step(step, cancel, at=at, on_progress=on_progress)
            if not verdict.ok:
                return Report(verdict, plan, before.steps_done + _kept(plan, index), moved=True)
        return Report(OK, plan, before.steps_done + len(plan.steps), moved=bool(plan.steps))

    def _step(
        self, step: Step, cancel: CancelToken, *, at: Progress, on_progress: OnProgress
    ) -> Verdict:
        try:
            return self._hands.execute(
                step, cancel, on_phase=lambda phase: on_progress(replace(at, phase=phase))
            )
        except Refusal as refusal:
            return refusal.verdict


def _kept(plan: Plan, failed: int) -> int:
    """Return how many steps before a failed one need not be done again."""
    lost = plan.steps[failed].skill is Skill.PLACE and failed > 0
    return failed - 1 if lost else failed  # what was picked must be picked anew
