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

"""One run of the demo: says the instructions, shows what happens, asks the physics."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState

from vlm_robot.bringup.supervisor import Supervisor
from vlm_robot.cli.client import Client, Result, cancel_on_interrupt
from vlm_robot.cli.demo_script import Act, goals_of
from vlm_robot.cli.recorder import Recorder, save_before_after
from vlm_robot.cli.timeline import Timeline
from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.values import Plan
from vlm_robot.ros.conversions import plan_value
from vlm_robot.ros.streams.newest import Newest
from vlm_robot.sim.goals import Goal
from vlm_robot_interfaces.srv import CheckGoal

_STILL_RAD = 0.01
Follow = Callable[[str, CancelToken, Callable[[Any], None]], Result]
"""Has an instruction carried out, or watches it; passes feedback on, and returns its end."""


class Scene:
    """What can be seen of a run: the recorder and the arm's joints."""

    def __init__(self, client: Client, out: Path) -> None:
        self.recorder = Recorder(client.node, out / 'demo.mp4')
        self._out = out
        self._states = Newest(client.node, JointState, 'joint_states')

    def __enter__(self) -> Self:
        """Nothing to do: recording began already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the video."""
        self.recorder.close()

    def joints(self) -> NDArray[np.float64]:
        """Return the joints' positions, empty before there are any."""
        message = self._states.latest()
        return np.array([] if message is None else message.position)

    def save_pictures(self, before: NDArray[np.uint8]) -> None:
        """Write before_after.png."""
        save_before_after(self._out / 'before_after.png', before, self.recorder.picture())


class DemoRun:
    """
    Plays acts one after the other.

    :param supervisor: looked at between the acts: a node that died fails the demo.
    """

    def __init__(self, client: Client, scene: Scene, supervisor: Supervisor) -> None:
        self._client = client
        self._scene = scene
        self._supervisor = supervisor
        self._goals: list[Goal] = []
        self.results: list[Result] = []
        self.planned_s: list[float] = []
        self.interrupted = False

    def wait_for_camera(self) -> None:
        """:raises Refusal: NO_FRAME when no pictures come."""
        if not self._scene.recorder.wait_for_images(30.0):
            raise Refusal(Outcome.NO_FRAME, 'the simulated cameras deliver nothing')
        self._before = self._scene.recorder.picture()

    def play(self, act: Act, follow: Follow | None = None) -> Verdict:
        """
        Carry out one instruction, showing a timeline.

        :param follow: for an instruction that was given by somebody else already.
        """
        self._supervisor.check()
        print(f'\n"{act.instruction}"', flush=True)
        timeline = Timeline(lambda line: print(line, flush=True))
        shown = _Caption(self._scene.recorder, act.instruction, timeline)
        before = self._scene.joints()
        with cancel_on_interrupt() as cancel:
            result = self._end_of(act.instruction, cancel, shown, follow or self._say)
        self.interrupted |= cancel.is_set()
        self.results.append(result)
        if not math.isnan(timeline.planned_s):
            self.planned_s.append(timeline.planned_s)
        timeline.line(f'{result.verdict.outcome.name} {result.verdict.message}'.rstrip())
        shown.end(result)
        if result.verdict.ok:
            self._goals += goals_of(result.plan) if act.goals is None else act.goals
        elif result.steps_done == 0 and result.verdict.outcome < Outcome.GRASP_FAILED:
            return self._confirm_still(before, result.verdict)
        return result.verdict

    def judge(self) -> bool:
        """Ask the physics about every goal, and print the answers."""
        if self.interrupted or not self._goals:
            return False
        print('\nthe physics says:', flush=True)
        answers = [self._holds(goal) for goal in self._goals]  # all of them are shown
        return all(answers)

    def finish(self) -> None:
        """Write the pictures, without the points of the last plan."""
        self._scene.recorder.caption('', '', None)
        self._scene.save_pictures(self._before)

    def _say(
        self, instruction: str, cancel: CancelToken, on_feedback: Callable[[Any], None]
    ) -> Result:
        return self._client.say(instruction, cancel, on_feedback=on_feedback)

    def _end_of(
        self, instruction: str, cancel: CancelToken, shown: _Caption, follow: Follow
    ) -> Result:
        try:
            return follow(instruction, cancel, shown.feedback)
        except Refusal as refusal:
            return Result(refusal.verdict, Plan(instruction, refusal.verdict), 0)

    def _holds(self, goal: Goal) -> bool:
        request = CheckGoal.Request(
            thing=goal.thing,
            relation=int(goal.relation),
            target=goal.target,
            other=goal.other,
            direction=int(goal.direction),
        )
        response = self._client.check(request, CancelToken())
        print(f'  {"yes" if response.holds else "NO ":3}  {response.message}', flush=True)
        return bool(response.holds)

    def _confirm_still(self, before: NDArray[np.float64], verdict: Verdict) -> Verdict:
        """Say that a refusal moved nothing; that it did would be a failure of its own."""
        after = self._scene.joints()
        moved = float(np.abs(after - before).max()) if after.shape == before.shape else math.inf
        if moved > _STILL_RAD:
            return Verdict(Outcome.MOTION_FAILED, f'the arm moved by {moved:.3f} rad')
        print(f'  the arm has not moved ({moved:.4f} rad)', flush=True)
        return verdict


class _Caption:
    """Passes feedback on to the timeline, and shows it in the video."""

    def __init__(self, recorder: Recorder, instruction: str, timeline: Timeline) -> None:
        self._recorder = recorder
        self._instruction = instruction
        self._timeline = timeline
        self._plan: Plan | None = None
        recorder.caption(instruction, 'plan', None)

    def feedback(self, message: Any) -> None:
        """Take one of ExecuteInstruction's feedback messages."""
        self._timeline.feedback(message)
        if message.plan.plan_id and not self._same(message):
            self._plan = plan_value(message.plan)
        self._recorder.caption(self._instruction, self._timeline.caption, self._plan)

    def end(self, result: Result) -> None:
        """Show how it ended."""
        verdict = result.verdict
        stage = 'done' if verdict.ok else f'{verdict.outcome.name}: {verdict.message}'
        self._recorder.caption(self._instruction, stage, self._plan)

    def _same(self, message: Any) -> bool:
        return self._plan is not None and bool(self._plan.plan_id == message.plan.plan_id)
