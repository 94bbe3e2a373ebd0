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

"""Instructions that the robot hears in a sound file: the demo watches what comes of each."""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import soundfile
from diagnostic_msgs.msg import DiagnosticStatus

from vlm_robot.bringup.graph import Graph, NodeSpec
from vlm_robot.cli.client import Client, Result
from vlm_robot.core.cancel import CancelToken
from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.values import Plan
from vlm_robot.ros import qos
from vlm_robot.ros.conversions import plan_value
from vlm_robot_interfaces.action import ExecuteInstruction
from vlm_robot_interfaces.msg import Heard
from vlm_robot_interfaces.msg import Plan as PlanMessage

_AFTER_S = 15.0  # for the node to open the file, and to recognise its end
_LONGEST_S = 300.0  # for one instruction to be carried out
_POLL_S = 0.05


def speech_graph(path: Path) -> Graph:
    """Return speech_node alone, which hears a file as if it were said now."""
    parameters = {'source': 'file', 'file': str(path.resolve())}
    return Graph('speech', (NodeSpec('speech_node', ('speech_node.yaml',), parameters),))


def duration_s(path: Path) -> float:
    """
    Return how long a sound file is.

    :raises ConfigurationError: when it is none.
    """
    try:
        return float(soundfile.info(str(path)).duration)
    except (OSError, soundfile.LibsndfileError) as err:
        raise ConfigurationError(f'{path} is no sound that can be heard: {err}') from err


class Spoken:
    """
    What speech_node hears, and what becomes of it.

    :param write: gets a line for everything that was heard and is no instruction.
    """

    def __init__(self, client: Client, write: Callable[[str], None]) -> None:
        self._write = write
        self._heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._states: queue.SimpleQueue[DiagnosticStatus] = queue.SimpleQueue()
        self._plan = PlanMessage()
        subscribe = client.node.create_subscription
        subscribe(Heard, 'speech_node/heard', self._heard.put, qos.COMMAND)
        subscribe(DiagnosticStatus, 'task_node/status', self._states.put, qos.STATE)
        subscribe(PlanMessage, 'plan', self._on_plan, qos.COMMAND)

    def instructions(self, spoken_s: float) -> Iterator[str]:
        """Yield the instructions that are heard in a file of some seconds, as they come."""
        end = time.monotonic() + spoken_s + _AFTER_S
        while (left_s := end - time.monotonic()) > 0:
            try:
                heard = self._heard.get(timeout=left_s)
            except queue.Empty:
                return
            if heard.kind == Heard.INSTRUCTION:
                yield heard.text
            elif heard.kind != Heard.PARTIAL:
                self._write(told(heard))

    def follow(
        self, instruction: str, cancel: CancelToken, on_feedback: Callable[[Any], None]
    ) -> Result:
        """
        Wait until task_node says how an instruction ended.

        :raises Refusal: TIMEOUT, or CANCELED.
        """
        moved = False
        end = time.monotonic() + _LONGEST_S
        while time.monotonic() < end:
            cancel.check()
            try:
                status = self._states.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            values = {pair.key: pair.value for pair in status.values}
            if values.get('instruction') != instruction:
                continue
            if 'outcome' in values:
                return self._result(instruction, values, moved=moved)
            moved |= status.message.startswith('execute')
            on_feedback(self._feedback(status.message, values))
        raise Refusal(Outcome.TIMEOUT, f'{instruction!r} did not end within {_LONGEST_S:g} s')

    def _on_plan(self, message: PlanMessage) -> None:
        self._plan = message

    def _feedback(self, message: str, values: dict[str, str]) -> ExecuteInstruction.Feedback:
        stage, _, phase = message.partition(' ')
        step = max(0, int(values.get('step', '1')) - 1)
        return ExecuteInstruction.Feedback(stage=stage, step=step, phase=phase, plan=self._plan)

    def _result(self, instruction: str, values: dict[str, str], *, moved: bool) -> Result:
        verdict = Verdict(Outcome[values['outcome']], values.get('message', ''))
        plan = Plan(instruction, verdict)
        if verdict.ok and self._plan.instruction == instruction:
            plan = plan_value(self._plan)
        return Result(verdict, plan, int(moved))


def told(heard: Heard) -> str:
    """Say in a line what was heard, and why it is no instruction."""
    sure = '' if math.isnan(heard.confidence) else f' ({heard.confidence:.0%})'
    said = f'"{heard.text}"{sure}' if heard.text else 'a sound'
    kinds = {
        Heard.QUESTION: f'asked back: {heard.question}',
        Heard.REFUSED: f'refused: {heard.reason}',
        Heard.NOTHING: f'nothing: {heard.reason}',
        Heard.STOP: 'stop',
        Heard.ANSWER: 'an answer',
    }
    return f'  heard {said}: {kinds.get(heard.kind, heard.reason)}'
