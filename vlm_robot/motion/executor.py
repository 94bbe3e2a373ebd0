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

"""Carries out steps with a robot: plans, moves, checks the grasp, remembers what is held."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import mujoco
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Step
from vlm_robot.motion.arm import OnPhase, silent
from vlm_robot.motion.choices import PLACE_TRIES, PUSH_TRIES, is_in_hand, missed
from vlm_robot.motion.grasp import Held
from vlm_robot.motion.planner import Actions, Motion, MotionPlanner, Move
from vlm_robot.motion.robot import JointPositions, Robot
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.steps import Pick, StepPlanner
from vlm_robot.motion.waypoints import Grip

# A hand that is blocked on its way down has met a neighbour: turned by 90 degrees it may fit.
_WORTH_ANOTHER_TRY = frozenset({Outcome.GRASP_FAILED, Outcome.CONTROLLER_FAILED})


class StepExecutor:
    """
    Executes grounded steps, one at a time. Not thread safe.

    :param model: the arm's kinematic model, see `load_arm`.
    """

    def __init__(self, settings: ArmSettings, model: mujoco.MjModel) -> None:
        self._planner = StepPlanner(settings, MotionPlanner(settings, model))
        self._held: Held | None = None

    @property
    def held(self) -> Held | None:
        """What is in the gripper, as far as is known."""
        return self._held

    def forget(self) -> None:
        """Take the gripper for empty, after something else moved the robot or the scene."""
        self._held = None

    def plan(self, step: Step, joints: JointPositions, held: Held | None) -> Motion:
        """
        Plan a whole step. Nothing moves.

        :param held: what is in the gripper; `self.held` for a step that is executed next.
        :raises Refusal: UNREACHABLE, NO_GRASP, GRASP_FAILED, NO_DEPTH or MOTION_FAILED.
        """
        if step.skill is Skill.PICK:
            return self._planner.pick(step, joints.arm, held).motion
        if step.skill is Skill.PLACE:
            return self._planner.place(step, joints.arm, held)
        return self._planner.push(step, joints.arm, held)

    def execute(
        self, step: Step, robot: Robot, *, cancel: Cancel, on_phase: OnPhase = silent
    ) -> Verdict:
        """
        Plan a step and carry it out.

        :param on_phase: is told the name of each phase when it begins.
        :return: OK, or why it was refused, failed or was cancelled.
        """
        run = _Run(robot, cancel, on_phase)
        try:
            if step.skill is Skill.PICK:
                return self._pick(step, run)
            return self._place(step, run) if step.skill is Skill.PLACE else self._push(step, run)
        except Refusal as refusal:
            return refusal.verdict

    def go_home(self, robot: Robot, cancel: Cancel, on_phase: OnPhase = silent) -> Verdict:
        """Move the arm to its home pose; what is held stays held."""
        try:
            motion = self._planner.home(robot.joints().arm)
            return _Run(robot, cancel, on_phase)(motion.actions)
        except Refusal as refusal:
            return refusal.verdict

    def _pick(self, step: Step, run: _Run) -> Verdict:
        pick = self._planner.pick(step, run.joints(), self._held)
        verdict = self._try(pick, run)
        if verdict.outcome not in _WORTH_ANOTHER_TRY or self._held is not None:
            return verdict
        try:
            again = self._planner.pick_again(step, run.joints(), pick)
        except Refusal:
            return verdict
        return self._try(again, run)

    def _try(self, pick: Pick, run: _Run) -> Verdict:
        before, after = pick.motion.split_after('grasp')
        verdict = run(before)
        if not verdict.ok:
            return verdict
        if not is_in_hand(run.opening_m(), pick.held):
            return missed(pick.held, 'the gripper closed beside')
        self._held = pick.held
        verdict = run(after)
        if verdict.ok and not is_in_hand(run.opening_m(), pick.held):
            self._held = None
            return missed(pick.held, 'the gripper lost')
        return verdict

    def _place(self, step: Step, run: _Run) -> Verdict:
        held = self._held
        verdict, release = self._lower(partial(self._planner.place, step), run, tries=PLACE_TRIES)
        if not verdict.ok or held is None:
            return verdict
        lost = not is_in_hand(run.opening_m(), held)
        self._held = None
        verdict = run(release)
        return missed(held, 'the gripper lost') if verdict.ok and lost else verdict

    def _push(self, step: Step, run: _Run) -> Verdict:
        verdict, sweep = self._lower(partial(self._planner.push, step), run, tries=PUSH_TRIES)
        return run(sweep) if verdict.ok else verdict

    def _lower(
        self, plan: Callable[..., Motion], run: _Run, *, tries: int
    ) -> tuple[Verdict, Actions]:
        """Do a motion up to the lowered hand, in other ways while blocked; return the rest."""
        motion = plan(run.joints(), self._held)
        for attempt in range(1, tries + 1):
            before, after = motion.split_after('lower')
            verdict = run(before)
            if verdict.outcome is not Outcome.CONTROLLER_FAILED or attempt == tries:
                break
            try:
                motion = plan(run.joints(), self._held, attempt=attempt)
            except Refusal:
                break
        return verdict, after


class _Run:
    """Carries out actions one after the other, until one fails."""

    def __init__(self, robot: Robot, cancel: Cancel, on_phase: OnPhase) -> None:
        self._robot = robot
        self._cancel = cancel
        self._on_phase = on_phase

    def __call__(self, actions: Actions) -> Verdict:
        phase = ''
        for action in actions:
            if self._cancel.is_set():
                return Verdict(Outcome.CANCELED, f'cancelled before {action.name!r}')
            if action.name != phase:
                phase = action.name
                self._on_phase(phase)
            verdict = self._act(action)
            if not verdict.ok:
                return verdict
        return OK

    def joints(self) -> NDArray[np.float64]:
        return self._robot.joints().arm

    def opening_m(self) -> float | None:
        """Return how far the fingers are open; None where nobody measures it."""
        opening_m = self._robot.joints().opening_m
        return None if math.isnan(opening_m) else opening_m

    def _act(self, action: Move | Grip) -> Verdict:
        if isinstance(action, Grip):
            return self._robot.grip(action.opening_m, cancel=self._cancel)
        return self._robot.follow(action.trajectory, cancel=self._cancel)
