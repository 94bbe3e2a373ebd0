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

"""Carries out steps with a robot that plans its own way: sends poses, checks the grasp."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Step
from vlm_robot.motion.arm import OnPhase, silent
from vlm_robot.motion.choices import (
    PUSH_TRIES,
    held_by,
    is_in_hand,
    missed,
    named,
    require_empty,
    require_held,
    second_grasps,
)
from vlm_robot.motion.grasp import Grasp, Held, grasps, opening_around
from vlm_robot.motion.hand import Hand, Run
from vlm_robot.motion.push import push_contact, push_phases, push_yaw
from vlm_robot.motion.robot import PoseRobot
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.waypoints import Grip, Phase, pick_phases, place_phases, place_yaws

# The robot's planner found no way: another yaw, or another grasp, may have one.
_ANOTHER_WAY = frozenset({Outcome.UNREACHABLE, Outcome.MOTION_FAILED})


class PoseStepExecutor:
    """
    Executes grounded steps by poses, see `Arm`. Not thread safe.

    Whether a pose can be reached is known only when it is sent; until something is touched another
    way is tried then.

    :param note: is told what a person should know about a step that succeeded.
    """

    def __init__(
        self, settings: ArmSettings, robot: PoseRobot, *, note: Callable[[str], object] = silent
    ) -> None:
        self._settings = settings
        self._robot = robot
        self._hand = Hand(robot, settings)
        self._note = note
        self._held: Held | None = None

    @property
    def held(self) -> Held | None:
        """What is in the gripper, as far as is known."""
        return self._held

    def check(self, step: Step) -> None:
        """
        Look for grasps and goals that cannot be, see `Arm`.

        Reach is for the robot's planner to judge: it is asked where it plans without moving.
        """
        with self._hand.during(step):
            run = Run(self._hand, step, threading.Event(), silent)
            verdicts = map(run.rehearse, self._ways(step))
            verdict = next(verdicts)
            if not (verdict.ok or any(other.ok for other in verdicts)):
                raise Refusal(verdict.outcome, verdict.message)

    def execute(self, step: Step, *, cancel: Cancel, on_phase: OnPhase = silent) -> Verdict:
        """Carry out a step, see `Arm`."""
        try:
            with self._hand.during(step):
                return self._carry_out(step, Run(self._hand, step, cancel, on_phase))
        except Refusal as refusal:
            return refusal.verdict

    def go_home(self, *, cancel: Cancel, on_phase: OnPhase = silent) -> Verdict:
        """Raise the hand where it is low, and move it out of the way."""
        try:
            return self._hand.home(cancel, on_phase)
        except Refusal as refusal:
            return refusal.verdict

    def _carry_out(self, step: Step, run: Run) -> Verdict:
        if step.skill is Skill.PICK:
            return self._pick(step, run)
        return self._place(step, run) if step.skill is Skill.PLACE else self._push(step, run)

    def _pick(self, step: Step, run: Run) -> Verdict:
        require_empty(step, self._held)
        verdict, grasp = self._first(grasps(step.target, self._settings), step, run)
        if verdict.outcome is not Outcome.GRASP_FAILED or self._held is not None:
            return verdict
        let_go = run((Grip('open', opening_around(grasp.width_m, self._settings)),))
        if not let_go.ok:
            return let_go
        return self._first(second_grasps(step.target, self._settings, grasp), step, run)[0]

    def _first(self, options: Iterable[Grasp], step: Step, run: Run) -> tuple[Verdict, Grasp]:
        """Try grasps until the hand has reached for the thing; return how that ended."""
        failed: list[tuple[Verdict, Grasp]] = []
        for grasp in options:
            for turned in _turned(grasp):
                verdict = self._try(turned, step, run)
                if self._held is not None or verdict.outcome not in _ANOTHER_WAY:
                    return verdict, grasp
                failed.append((verdict, grasp))
        return failed[0]

    def _try(self, grasp: Grasp, step: Step, run: Run) -> Verdict:
        held = held_by(grasp, step.target)
        phases = pick_phases(grasp, self._settings)
        before, after = _split(phases, 'grasp')
        verdict = run.rehearse(phases)
        verdict = run(before) if verdict.ok else verdict
        if not verdict.ok:
            return verdict
        if not self._is_in_hand(held):
            return missed(held, 'the gripper closed beside')
        self._held = held
        verdict = run(after)
        if verdict.ok and not is_in_hand(self._robot.opening_m(), held):
            self._held = None
            return missed(held, 'the gripper lost')
        return verdict

    def _is_in_hand(self, held: Held) -> bool:
        opening_m = self._robot.opening_m()
        if opening_m is None:
            thing = named(held.target)
            self._note(f'nobody measures the gripper: whether it holds the {thing} is not known')
        return is_in_hand(opening_m, held)

    def _place(self, step: Step, run: Run) -> Verdict:
        held = require_held(step, self._held)
        verdict, release = self._lower(self._ways(step), run)
        if not verdict.ok:
            return verdict
        lost = not is_in_hand(self._robot.opening_m(), held)
        let_go, retreat = _split(release, 'release')
        verdict = run(let_go)
        if not verdict.ok:
            return verdict
        self._held = None
        verdict = run(retreat)
        return missed(held, 'the gripper lost') if verdict.ok and lost else verdict

    def _push(self, step: Step, run: Run) -> Verdict:
        verdict, sweep = self._lower(self._ways(step), run)
        return run(sweep) if verdict.ok else verdict

    def _lower(self, ways: Sequence[Sequence[Phase]], run: Run) -> tuple[Verdict, Sequence[Phase]]:
        """Bring the hand down in the first way that goes; return the phases that follow."""
        refused = OK
        for phases in ways:
            before, after = _split(phases, 'lower')
            verdict = run.rehearse(phases)
            verdict = run(before) if verdict.ok else verdict
            if verdict.outcome not in _ANOTHER_WAY:
                return verdict, after
            refused = verdict if refused.ok else refused
        return refused, ()

    def _ways(self, step: Step) -> list[tuple[Phase, ...]]:
        """:raises Refusal: when the hand is not as the step needs it, or the goal is none."""
        settings = self._settings
        if step.skill is Skill.PLACE:
            held = require_held(step, self._held)
            turns = [turn for yaw in place_yaws(step) for turn in _half_turns(yaw)]
            return [place_phases(step, held, turn, settings) for turn in turns]
        require_empty(step, self._held)
        if step.skill is Skill.PICK:
            options = grasps(step.target, settings)
            return [pick_phases(t, settings) for grasp in options for t in _turned(grasp)]
        contacts = [push_contact(attempt, settings) for attempt in range(PUSH_TRIES)]
        return [
            push_phases(step, turn, contact, settings)
            for contact in contacts
            for turn in _half_turns(push_yaw(step, contact))
        ]


def _turned(grasp: Grasp) -> list[Grasp]:
    yaws = _half_turns(grasp.pose.yaw)
    return [replace(grasp, pose=replace(grasp.pose, yaw=yaw)) for yaw in yaws]


def _half_turns(yaw: float) -> tuple[float, float]:
    """Return a yaw and its opposite, equal to a symmetric gripper: the one nearer to 0 first."""
    near = math.remainder(yaw, math.pi)
    return near, near - math.copysign(math.pi, near)


def _split(phases: Sequence[Phase], name: str) -> tuple[Sequence[Phase], Sequence[Phase]]:
    last = max(i for i, phase in enumerate(phases) if phase.name == name)
    return phases[: last + 1], phases[last + 1 :]
