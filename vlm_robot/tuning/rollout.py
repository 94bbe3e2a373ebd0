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

"""Plays an episode in physics with the code that the nodes run, and finds where it failed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.executive import Executive
from vlm_robot.core.gate_settings import GateSettings
from vlm_robot.core.grounding import ground_plan
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.safety import Gate
from vlm_robot.core.values import Plan, Step
from vlm_robot.motion.executor import StepExecutor
from vlm_robot.motion.mjcf import load_arm
from vlm_robot.motion.settings import ArmSettings
from vlm_robot.sim.camera import DepthNoise, T_base_camera
from vlm_robot.sim.goals import check_goal, labels
from vlm_robot.sim.model import ARM_PATH
from vlm_robot.sim.robot import SimRobot
from vlm_robot.sim.tabletop import ObjectState, Tabletop
from vlm_robot.tuning.episodes import Episode
from vlm_robot.tuning.policies import Masks, Policy

BASE_FRAME = 'base_link'
NOISE = DepthNoise(sigma_m=0.001, hole_share=0.005)
_SETTLE_S = 0.2
_REST_S = 1.0
_WRONG_PLACE_M = 0.03


@dataclass(frozen=True)
class Result:
    """How an episode ended. `failure` is empty for a success."""

    seed: int
    form: str
    task: str
    instruction: str
    policy: str
    outcome: str
    failure: str  # outcome, parse, plan, wrong object, 3D error, gate, grasp, motion, placement
    message: str = ''
    on_object: tuple[bool, ...] = ()  # per pointed step of the first plan
    error_m: tuple[float, ...] = ()  # per grounded step of the first plan
    plan_s: float = 0.0  # frame to grounded plan, first plan
    answer: str = ''

    @property
    def success(self) -> bool:
        """Whether the episode ended as it should."""
        return not self.failure


@dataclass
class _Notes:
    """What the first plan of an episode was like."""

    plan: Plan | None = None
    on_object: list[bool] = field(default_factory=list)
    error_m: list[float] = field(default_factory=list)
    seconds: float = 0.0


class SimHands:
    """The executive's hands in one simulated scene, without ROS."""

    def __init__(self, tabletop: Tabletop, episode: Episode, policy: Policy) -> None:
        settings = ArmSettings.load()
        self._tabletop = tabletop
        self._episode = episode
        self._policy = policy
        self._robot = SimRobot(tabletop, settings)
        self._executor = StepExecutor(settings, load_arm(ARM_PATH, settings))
        # references point without probabilities that mean anything; the model's are checked
        self._gate = Gate(
            GateSettings(base_frame=BASE_FRAME, approval_required=False, dry_run=False)
        )
        self.notes = _Notes()

    def plan(self, instruction: str, cancel: CancelToken) -> Plan:
        """Look, point and ground."""
        frame, masks = self._tabletop.look(), self._tabletop.object_masks()
        start = time.perf_counter()
        plan = replace(
            self._policy.plan(frame, self._episode, masks),
            plan_id=uuid.uuid4().hex,
            stamp_ns=frame.stamp_ns,
        )
        grounded = ground_plan(
            plan, frame, T_base_camera(), base_frame=BASE_FRAME, settings=GroundingSettings()
        )
        if self.notes.plan is None:
            self._note(plan, grounded, masks, time.perf_counter() - start)
        return grounded

    def admit(
        self, plan: Plan, cancel: CancelToken, *, on_wait: Callable[[float], None]
    ) -> Verdict:
        """Ask the gate."""
        now_ns = round(self._tabletop.time_s * 1e9)
        return self._gate.check(plan, now_ns, holding=self._executor.held is not None)

    def execute(
        self, step: Step, cancel: CancelToken, *, on_phase: Callable[[str], None]
    ) -> Verdict:
        """Carry out one step."""
        return self._executor.execute(step, self._robot, cancel=cancel, on_phase=on_phase)

    def go_home(self, cancel: CancelToken) -> Verdict:
        """Fold the arm out of the camera's view."""
        return self._executor.go_home(self._robot, cancel)

    def _note(self, plan: Plan, grounded: Plan, masks: Masks, seconds: float) -> None:
        truth = {state.spec.name: state.position for state in self._tabletop.objects()}
        self.notes.plan, self.notes.seconds = grounded, seconds
        for step, true in zip(plan.steps, self._episode.steps, strict=False):
            if step.target.pixel is not None:
                u, v = (round(c) for c in step.target.pixel)
                self.notes.on_object.append(bool(masks[true.target][v, u]))
        for step, true in zip(grounded.steps, self._episode.steps, strict=False):
            if step.target.grounding is not None:
                error = np.array(step.target.grounding.position) - truth[true.target]
                self.notes.error_m.append(float(np.linalg.norm(error)))


def play(episode: Episode, policy: Policy, *, noise: DepthNoise = NOISE) -> Result:
    """Play one episode with a policy."""
    tabletop = Tabletop(episode.scene, noise=noise)
    try:
        _wait(tabletop, _SETTLE_S)
        before = _by_label(tabletop)
        hands = SimHands(tabletop, episode, policy)
        executive = Executive(hands, replans=1, go_home=True)
        report = executive.run(episode.instruction, CancelToken(), on_progress=lambda _: None)
        _wait(tabletop, _REST_S)
        failure, message = _judge(episode, report.verdict, hands.notes, tabletop, before)
    finally:
        tabletop.close()
    notes = hands.notes
    return Result(
        episode.seed,
        episode.form,
        episode.task,
        episode.instruction,
        policy.name,
        report.verdict.outcome.name,
        failure,
        message,
        tuple(notes.on_object),
        tuple(notes.error_m),
        notes.seconds,
        notes.plan.raw_answer if notes.plan else '',
    )


def _wait(tabletop: Tabletop, seconds: float) -> None:
    tabletop.step(round(seconds / tabletop.timestep_s))


def _by_label(tabletop: Tabletop) -> dict[str, ObjectState]:
    named = {item.name: label for label, item in labels(tabletop.scene).items()}
    return {named[state.spec.name]: state for state in tabletop.objects()}


_UNDERSTANDING = {Outcome.NOT_FOUND, Outcome.AMBIGUOUS, Outcome.UNSUPPORTED}
_FROM_OUTCOME = {
    Outcome.INVALID_ANSWER: 'parse',
    Outcome.NO_DEPTH: '3D error',
    Outcome.GRASP_FAILED: 'grasp',
}


def _judge(
    episode: Episode,
    verdict: Verdict,
    notes: _Notes,
    tabletop: Tabletop,
    before: dict[str, ObjectState],
) -> tuple[str, str]:
    """Return the class of failure (empty for a success) and a sentence."""
    if episode.outcome is not Outcome.OK:
        right = verdict.outcome is episode.outcome
        return ('', '') if right else ('outcome', f'{verdict.outcome.name} {verdict.message}')
    now, tcp = _by_label(tabletop), tabletop.tcp()
    findings = [check_goal(goal, now, before, tcp=tcp) for goal in episode.goals]
    if verdict.ok and all(finding.holds for finding in findings):
        return '', ''
    missed = '; '.join(finding.message for finding in findings if not finding.holds)
    message = verdict.message or missed
    return _class(episode, verdict, notes), message


def _class(episode: Episode, verdict: Verdict, notes: _Notes) -> str:
    if verdict.outcome in _UNDERSTANDING:
        return 'outcome'
    if verdict.outcome is Outcome.INVALID_ANSWER:
        return 'parse'
    if notes.plan is not None and notes.plan.verdict.ok and not _same_shape(episode, notes.plan):
        return 'plan'
    if not all(notes.on_object):
        return 'wrong object'
    if any(error > _WRONG_PLACE_M for error in notes.error_m):
        return '3D error'
    if verdict.ok:
        return 'placement'
    if verdict.outcome in _FROM_OUTCOME:
        return _FROM_OUTCOME[verdict.outcome]
    return 'gate' if 30 <= verdict.outcome < 50 else 'motion'


def _same_shape(episode: Episode, plan: Plan) -> bool:
    wanted = [(s.skill, s.relation, s.direction) for s in episode.steps]
    return [(s.skill, s.relation, s.direction) for s in plan.steps] == wanted
