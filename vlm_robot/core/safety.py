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
"""The gate: the last look at a plan before anything moves."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from vlm_robot.core.errors import Refusal
from vlm_robot.core.gate_settings import GateSettings
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.skills import CATALOGUE, Skill
from vlm_robot.core.targets import targets_of
from vlm_robot.core.values import Grounding, Plan, Point3, Step, Target

__all__ = ['Gate', 'GateSettings']

_SPECS = {spec.skill: spec for spec in CATALOGUE.values()}
_S_TO_NS = 1_000_000_000


class Gate:
    """
    Lets a plan through, or says why not.

    The checks run in a fixed order, and the first that fails gives the verdict: outcome,
    freshness, single-use id, skills, confidence, workspace, keep-out, reach, object size,
    approval. An id is used up when its plan passes all of them; the `remembered_ids` latest are
    known. Comparisons are written so that NaN fails them.
    """

    def __init__(self, settings: GateSettings) -> None:
        self._settings = settings
        self._used: deque[str] = deque(maxlen=settings.remembered_ids)

    def check(
        self, plan: Plan, now_ns: int, *, approved: bool = False, holding: bool = False
    ) -> Verdict:
        """
        Check a grounded plan and use up its id if it passes.

        :param now_ns: now, on the clock of the image's stamp.
        :param approved: whether the operator approved this plan.
        :param holding: whether the gripper holds something already.
        """
        try:
            self._check_plan(plan, now_ns)
            self._check_skills(plan, holding=holding)
            self._check_steps(plan)
            self._check_approval(plan, approved=approved)
        except Refusal as refusal:
            return refusal.verdict
        self._used.append(plan.plan_id)
        return OK

    def expires_in_s(self, plan: Plan, now_ns: int) -> float:
        """Return how long the image of a plan will still be young enough."""
        return self._settings.max_age_s - (now_ns - plan.stamp_ns) / _S_TO_NS

    def _check_plan(self, plan: Plan, now_ns: int) -> None:
        if not plan.verdict.ok:
            raise Refusal(plan.verdict.outcome, plan.verdict.message)
        if not plan.steps:
            raise Refusal(Outcome.INVALID_ANSWER, f'plan {plan.plan_id!r} has no steps')
        age_s = (now_ns - plan.stamp_ns) / _S_TO_NS
        least, most = -self._settings.max_future_s, self._settings.max_age_s
        if not least <= age_s <= most:
            raise Refusal(
                Outcome.STALE_FRAME,
                f'the image is {age_s:.3f} s old, which is not within {least} to {most} s',
            )
        if not plan.plan_id:
            raise Refusal(Outcome.USED_PLAN, "plan id '' is empty, so it cannot be used only once")
        if plan.plan_id in self._used:
            raise Refusal(Outcome.USED_PLAN, f'plan {plan.plan_id!r} was used before')

    def _check_skills(self, plan: Plan, *, holding: bool) -> None:
        for number, step in enumerate(plan.steps, start=1):
            if step.skill not in self._settings.allowed_skills:
                allowed = ', '.join(sorted(s.name for s in self._settings.allowed_skills))
                raise Refusal(
                    Outcome.FORBIDDEN_SKILL,
                    f'step {number} is {step.skill!r}, allowed are {allowed or "none"}',
                )
            _check_arguments(step, number)
            holding = _check_hand(step, number, holding=holding)

    def _check_steps(self, plan: Plan) -> None:
        for target in targets_of(plan.steps):
            self._check_confidence(target)
        places = list(_places(plan, self._settings.base_frame))
        for check in (self._check_workspace, self._check_keep_out, self._check_reach):
            for place in places:
                check(place)
        for target in targets_of(plan.steps):
            self._check_size(target)
        for step in plan.steps:
            self._check_width(step)

    def _check_confidence(self, target: Target) -> None:
        confidence, least = target.confidence, self._settings.min_confidence
        if math.isnan(confidence) and self._settings.accept_unknown_confidence:
            return
        if not least <= confidence <= 1.0:
            raise Refusal(
                Outcome.LOW_CONFIDENCE,
                f'the confidence in {target.label!r} is {confidence!r}, '
                f'which is not within {least} to 1',
            )

    def _check_workspace(self, place: _Place) -> None:
        box = self._settings.workspace
        if not box.contains(place.point):
            raise Refusal(
                Outcome.OUTSIDE_WORKSPACE,
                f'{place} is outside the workspace {box.lower!r} to {box.upper!r}',
            )

    def _check_keep_out(self, place: _Place) -> None:
        for box in self._settings.keep_out:
            if box.contains(place.point):
                raise Refusal(
                    Outcome.KEEP_OUT,
                    f'{place} is inside the keep-out box {box.lower!r} to {box.upper!r}',
                )

    def _check_reach(self, place: _Place) -> None:
        distance_m = math.hypot(*place.point)
        least, most = self._settings.reach_min_m, self._settings.reach_max_m
        if not least <= distance_m <= most:
            raise Refusal(
                Outcome.UNREACHABLE,
                f'{place} is {distance_m:.3f} m from the base, which is not within '
                f'{least} to {most} m',
            )

    def _check_size(self, target: Target) -> None:
        grounding = target.grounding
        assert grounding is not None  # _places has refused it
        if not all(0 < extent < math.inf for extent in grounding.size):
            raise Refusal(
                Outcome.NO_GRASP,
                f'the size {grounding.size!r} of {target.label!r} is not positive',
            )

    def _check_width(self, step: Step) -> None:
        grounding = step.target.grounding
        assert grounding is not None  # _places has refused it
        if step.skill is Skill.PICK and not grounding.size[1] <= self._settings.max_width_m:
            raise Refusal(
                Outcome.NO_GRASP,
                f'{step.target.label!r} is {grounding.size[1]!r} m wide, the gripper takes '
                f'at most {self._settings.max_width_m} m',
            )

    def _check_approval(self, plan: Plan, *, approved: bool) -> None:
        if self._settings.dry_run:
            raise Refusal(Outcome.NOT_APPROVED, f'plan {plan.plan_id!r} passed, but dry_run is on')
        if self._settings.approval_required and not approved:
            raise Refusal(
                Outcome.NOT_APPROVED, f'plan {plan.plan_id!r} was not approved by the operator'
            )


@dataclass(frozen=True)
class _Place:
    """A point that the gripper goes to, and its name in messages."""

    name: str
    point: Point3

    def __str__(self) -> str:
        return f'{self.name} at {tuple(round(value, 4) for value in self.point)!r}'


def _places(plan: Plan, base_frame: str) -> Iterator[_Place]:
    """
    List targets and goals in order.

    :raises Refusal: for one that is missing, in another frame, or has a field that is not finite.
    """
    for number, step in enumerate(plan.steps, start=1):
        for target in targets_of((step,)):
            yield _place(target, number, base_frame)
        if step.skill is not Skill.PICK and step.goal is None:
            raise Refusal(Outcome.NO_DEPTH, f'step {number}, {step.skill.name}, has no goal')
        if step.goal is not None:
            yield _Place(f'goal of step {number}, {step.skill.name},', step.goal)


def _place(target: Target, number: int, base_frame: str) -> _Place:
    label, grounding = target.label, target.grounding
    if grounding is None:
        raise Refusal(Outcome.NO_DEPTH, f'step {number}, {label!r}, has no place in space')
    if grounding.frame_id != base_frame:
        raise Refusal(
            Outcome.NO_TRANSFORM,
            f'{label!r} is in frame {grounding.frame_id!r} instead of {base_frame!r}',
        )
    _check_finite(grounding, label)
    return _Place(f'target {label!r}', grounding.position)


def _check_finite(grounding: Grounding, label: str) -> None:
    values = (grounding.yaw, grounding.spread_m, grounding.valid_share)
    if not all(math.isfinite(value) for value in values):
        raise Refusal(
            Outcome.NO_DEPTH,
            f'yaw, spread and valid share {values!r} of {label!r} are not all finite',
        )


def _check_arguments(step: Step, number: int) -> None:
    spec = _SPECS[step.skill]
    if step.relation not in spec.relations or step.direction not in spec.directions:
        raise Refusal(
            Outcome.INVALID_ANSWER,
            f'step {number}, {step.skill.name}, does not go with relation '
            f'{step.relation.name!r} and direction {step.direction.name!r}',
        )
    if step.relation.of_two is not (step.other is not None):
        raise Refusal(
            Outcome.INVALID_ANSWER,
            f'step {number}, {step.skill.name} {step.relation.name}, names '
            f'{"a second thing" if step.other else "one thing"}: expected '
            f'{"two things" if step.relation.of_two else "one"}',
        )


def _check_hand(step: Step, number: int, *, holding: bool) -> bool:
    """Return whether the gripper holds something after a step."""
    if _SPECS[step.skill].needs_held and not holding:
        raise Refusal(
            Outcome.INVALID_ANSWER,
            f'step {number}, {step.skill.name} {step.target.label!r}, needs something held',
        )
    if holding and not _SPECS[step.skill].needs_held:
        raise Refusal(
            Outcome.INVALID_ANSWER,
            f'step {number}, {step.skill.name} {step.target.label!r}, needs an empty gripper',
        )
    return step.skill is Skill.PICK
