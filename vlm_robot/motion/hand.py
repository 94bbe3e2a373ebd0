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

"""The hand of a robot that plans its own way: phases become poses, and a low hand is raised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.values import Step
from vlm_robot.motion.arm import OnPhase
from vlm_robot.motion.choices import describe
from vlm_robot.motion.robot import PoseGoal, PoseRobot
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.motion.waypoints import Grip, Line, Phase, Travel

_LOW_M = 0.03  # under the transit height
# The robot's planner refused: the hand is where it was.
_UNMOVED = frozenset({Outcome.UNREACHABLE, Outcome.MOTION_FAILED})


@runtime_checkable
class KnowsSteps(Protocol):
    """A robot whose planner is told about the things of a step, for example as a scene."""

    def begin_step(self, step: Step) -> None:
        """Take in what the step is about, before anything moves."""

    def end_step(self) -> None:
        """Leave the step, however it ended."""


@runtime_checkable
class Rehearses(Protocol):
    """A robot whose planner plans without moving."""

    def rehearse(self, goals: Sequence[PoseGoal], *, cancel: Cancel) -> Verdict:
        """Plan a way through poses, one after the other, and say whether there is one."""


class Hand:
    """Sends poses to a robot, and knows where it has sent it last."""

    def __init__(self, robot: PoseRobot, settings: ArmSettings) -> None:
        self._robot = robot
        self._settings = settings
        self._at: PoseGoal | None = None

    def act(self, phase: Phase, cancel: Cancel) -> Verdict:
        """Carry out one phase."""
        if isinstance(phase, Grip):
            return self._robot.grip(phase.opening_m, cancel=cancel)
        return self._move(_goal(phase, self._at), cancel)

    def rehearse(self, phases: Sequence[Phase], cancel: Cancel) -> Verdict:
        """Have phases planned whole, before anything moves, by a robot that can."""
        if not isinstance(self._robot, Rehearses):
            return OK
        up = self.to_raise()
        goals: list[PoseGoal] = []
        for phase in (up, *phases) if up else phases:
            if not isinstance(phase, Grip):
                goals.append(_goal(phase, goals[-1] if goals else self._at))
        return self._robot.rehearse(goals, cancel=cancel)

    @contextmanager
    def during(self, step: Step) -> Iterator[None]:
        """Tell a robot that wants to know it which step is carried out."""
        if not isinstance(self._robot, KnowsSteps):
            yield
            return
        self._robot.begin_step(step)
        try:
            yield
        finally:
            self._robot.end_step()

    def to_raise(self) -> Line | None:
        """Return how to leave the height of things before travelling; None for a high hand."""
        transit = self._settings.heights.transit
        if self._at is None or self._at.position[2] > transit - _LOW_M:
            return None
        x, y, _ = self._at.position
        return Line('raise', (x, y, transit), self._settings.speed.near)

    def home(self, cancel: Cancel, on_phase: OnPhase) -> Verdict:
        """Move out of the way."""
        if (up := self.to_raise()) is not None:
            on_phase(up.name)
            verdict = self.act(up, cancel)
            if not verdict.ok:
                return verdict
        on_phase('home')
        self._at = None
        return self._robot.home(cancel=cancel)

    def _move(self, goal: PoseGoal, cancel: Cancel) -> Verdict:
        verdict = self._robot.move(goal, cancel=cancel)
        if verdict.outcome not in _UNMOVED:
            self._at = goal
        return verdict


class Run:
    """Carries out phases of one step, one after the other, until one fails."""

    def __init__(self, hand: Hand, step: Step, cancel: Cancel, on_phase: OnPhase) -> None:
        self._hand = hand
        self._what = describe(step)
        self._cancel = cancel
        self._on_phase = on_phase
        self._name = ''

    def __call__(self, phases: Sequence[Phase]) -> Verdict:
        """Carry out phases, and say how they ended."""
        for phase in phases:
            up = self._hand.to_raise() if isinstance(phase, Travel) else None
            for part in (up, phase) if up else (phase,):
                verdict = self._act(part)
                if not verdict.ok:
                    return verdict
        return OK

    def rehearse(self, phases: Sequence[Phase]) -> Verdict:
        """Have phases planned whole, and say why they cannot be carried out."""
        return self._told(self._hand.rehearse(phases, self._cancel), '')

    def _act(self, phase: Phase) -> Verdict:
        if self._cancel.is_set():
            return Verdict(Outcome.CANCELED, f'cancelled before {phase.name!r}')
        if phase.name != self._name:
            self._name = phase.name
            self._on_phase(phase.name)
        return self._told(self._hand.act(phase, self._cancel), f', {phase.name!r}')

    def _told(self, verdict: Verdict, where: str) -> Verdict:
        if verdict.ok or verdict.outcome is Outcome.CANCELED:
            return verdict
        return Verdict(verdict.outcome, f'{self._what}{where}: {verdict.message}')


def _goal(phase: Travel | Line, at: PoseGoal | None) -> PoseGoal:
    """Return where a phase sends the tcp; a line keeps the rotation of where it begins."""
    if isinstance(phase, Travel):
        return PoseGoal(phase.name, phase.pose.position, phase.pose.quat_xyzw, False, None)
    assert at is not None, 'every motion begins by travelling'
    return PoseGoal(phase.name, phase.point, at.quat_xyzw, True, phase.speed_mps)
