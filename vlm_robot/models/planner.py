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

"""From a frame and an instruction to a typed plan in pixels."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.values import Frame, Plan, Target
from vlm_robot.models.answer import Answer, Parsed, ParseStatus, Pointed, Request
from vlm_robot.models.backends.base import Backend
from vlm_robot.models.conventions.registry import make_convention


@dataclass(frozen=True)
class Reply:
    """An answer in words, and what it points at."""

    text: str
    targets: tuple[Target, ...] = ()
    verdict: Verdict = OK


class Planner:
    """Asks a model and reads its answer. A wrong answer is a verdict, not an exception."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._convention = make_convention(backend.profile.convention)

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return self._backend.profile.name

    def plan(
        self,
        frame: Frame,
        instruction: str,
        *,
        cancel: Cancel | None = None,
        deadline_s: float = 0.0,
        on_stage: Callable[[str], None] | None = None,
    ) -> Plan:
        """
        Plan an instruction on a frame; targets have pixels, no positions yet.

        :param deadline_s: limit for the model's answer in seconds; 0 is none.
        :param on_stage: called with 'model' and 'parse' as they begin.
        :raises Refusal: CANCELED, TIMEOUT, BAD_FRAME or MODEL_ERROR, of the backend.
        """
        tell = on_stage or (lambda _: None)
        tell('model')
        start = time.perf_counter()
        answer = self._ask(frame, instruction, deadline_s, cancel)
        answered = time.perf_counter()
        tell('parse')
        parsed = self._parse(frame, answer)
        plan = _to_plan(instruction, parsed, answer)
        timings_s = {'model': answered - start, 'parse': time.perf_counter() - answered}
        return replace(
            plan,
            stamp_ns=frame.stamp_ns,
            camera_frame=frame.frame_id,
            timings_s=timings_s,
            model=self.model,
            raw_answer=answer.text,
        )

    def ask(
        self, frame: Frame, question: str, *, cancel: Cancel | None = None, deadline_s: float = 0.0
    ) -> Reply:
        """
        Ask about a frame.

        :raises Refusal: CANCELED, TIMEOUT, BAD_FRAME or MODEL_ERROR, of the backend.
        """
        answer = self._ask(frame, question, deadline_s, cancel)
        parsed = self._parse(frame, answer)
        if parsed.status is ParseStatus.MALFORMED:
            return Reply('', verdict=_malformed(parsed))
        targets = tuple(_target(pointed, answer) for pointed in parsed.pointed)
        return Reply(parsed.words or parsed.reason or answer.text, targets, _as_reply(parsed))

    def _ask(self, frame: Frame, text: str, deadline_s: float, cancel: Cancel | None) -> Answer:
        return self._backend.answer(Request(text, frame.rgb, deadline_s), cancel=cancel)

    def _parse(self, frame: Frame, answer: Answer) -> Parsed:
        height, width = frame.rgb.shape[:2]
        parsed = self._convention.parse(answer.text, width=width, height=height)
        sure = {p.target: _target(p, answer) for p in parsed.pointed}
        steps = tuple(replace(s, target=sure.get(s.target, s.target)) for s in parsed.steps)
        return replace(parsed, steps=steps)


def _target(pointed: Pointed, answer: Answer) -> Target:
    return replace(pointed.target, confidence=answer.confidence(pointed.start, pointed.end))


def _to_plan(instruction: str, parsed: Parsed, answer: Answer) -> Plan:
    if parsed.status is ParseStatus.MALFORMED:
        return Plan(instruction, _malformed(parsed))
    targets = tuple(_target(pointed, answer) for pointed in parsed.pointed)
    if parsed.verdict.outcome is Outcome.AMBIGUOUS:
        return _ask_back(instruction, targets)
    if not parsed.verdict.ok:
        return Plan(instruction, parsed.verdict)
    if not parsed.steps:
        verdict = Verdict(Outcome.UNSUPPORTED, f'{answer.text[:80]!r} is an answer, not a plan')
        return Plan(instruction, verdict)
    return Plan(instruction, steps=parsed.steps)


def _ask_back(instruction: str, candidates: tuple[Target, ...]) -> Plan:
    if len(candidates) < 2:
        message = f'the model called one thing ambiguous: {candidates[0].label!r}'
        return Plan(instruction, Verdict(Outcome.INVALID_ANSWER, message))
    question = _question(candidates)
    verdict = Verdict(Outcome.AMBIGUOUS, question)
    return Plan(instruction, verdict, question=question, candidates=candidates)


def _malformed(parsed: Parsed) -> Verdict:
    return Verdict(Outcome.INVALID_ANSWER, f'the model gave no valid answer: {parsed.reason}')


def _as_reply(parsed: Parsed) -> Verdict:
    """A refusal to act is a fine answer to a question, unless it says nothing."""
    return OK if parsed.words or parsed.pointed else parsed.verdict


def _question(candidates: tuple[Target, ...]) -> str:
    """Ask back: "I see 2 red cubes: which one do you mean?"."""
    labels = {target.label for target in candidates}
    if len(labels) == 1:
        seen = f'I see {len(candidates)} things like that, each a {labels.pop()}'
        return f'{seen}: which one do you mean?'
    listed = [f'the {target.label}' for target in candidates]
    return f'do you mean {", ".join(listed[:-1])} or {listed[-1]}?'
