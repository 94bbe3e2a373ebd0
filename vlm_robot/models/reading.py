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

"""From a model's answer to a plan in pixels."""

from __future__ import annotations

import math
from dataclasses import replace

from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.targets import with_targets
from vlm_robot.core.values import Frame, Plan, Target
from vlm_robot.models.answer import Answer, ImageSize, Parsed, ParseStatus, Pointed
from vlm_robot.models.conventions.base import Convention
from vlm_robot.models.profile import Profile

_FINEST = 2.0**-24  # what single precision rounds to 1 was less by this at most


def calibrated(answer: Answer, profile: Profile) -> Answer:
    """Return an answer with the probabilities that the model has earned; see `temper`."""
    warmth = profile.confidence_temperature
    tokens = (replace(t, probability=temper(t.probability, warmth)) for t in answer.tokens)
    return answer if warmth == 1 else replace(answer, tokens=tuple(tokens))


def temper(probability: float, temperature: float) -> float:
    """
    Divide the log-odds of a probability by a temperature.

    Temperature scaling (Guo et al. 2017, "On calibration of modern neural networks") for the one
    probability that is reported: of a token, against all others.
    """
    if not 0 <= probability <= 1:
        return probability
    odds = log_odds(probability) / temperature
    small = math.exp(-abs(odds))  # of either sign it cannot overflow
    return (1 if odds > 0 else small) / (1 + small)


def log_odds(probability: float) -> float:
    """Return the log-odds of a probability, finite also for 0 and 1."""
    inside = min(max(probability, _FINEST), 1 - _FINEST)
    return math.log(inside) - math.log1p(-inside)


def read(convention: Convention, frame: Frame, answer: Answer) -> Parsed:
    """Read an answer about a frame; what it points at gets its probability."""
    height, width = frame.rgb.shape[:2]
    parsed = convention.parse(answer.text, answer.size or ImageSize(width, height))
    sure = {p.target: to_target(p, answer) for p in parsed.pointed}
    steps = tuple(with_targets(step, lambda t: sure.get(t, t)) for step in parsed.steps)
    return replace(parsed, steps=steps)


def to_target(pointed: Pointed, answer: Answer) -> Target:
    """Return what an answer points at, with its probability."""
    return replace(pointed.target, confidence=answer.confidence(pointed.start, pointed.end))


def to_plan(instruction: str, parsed: Parsed, answer: Answer) -> Plan:
    """Return the plan that an answer is, or why it is none."""
    if parsed.status in (ParseStatus.MALFORMED, ParseStatus.PARTIAL):
        return Plan(instruction, malformed(parsed))  # half a plan is not carried out
    targets = tuple(to_target(pointed, answer) for pointed in parsed.pointed)
    if parsed.verdict.outcome is Outcome.AMBIGUOUS:
        return ask_back(instruction, targets)
    if not parsed.verdict.ok:
        return Plan(instruction, parsed.verdict)
    if not parsed.steps:
        verdict = Verdict(Outcome.UNSUPPORTED, f'{answer.text[:80]!r} is an answer, not a plan')
        return Plan(instruction, verdict)
    return Plan(instruction, steps=parsed.steps)


def ask_back(instruction: str, candidates: tuple[Target, ...]) -> Plan:
    """Return a plan that asks which of several things is meant."""
    if len(candidates) < 2:
        labels = ', '.join(repr(target.label) for target in candidates) or 'none'
        message = f'the model called one thing ambiguous: {labels}'
        return Plan(instruction, Verdict(Outcome.INVALID_ANSWER, message))
    question = _question(candidates)
    verdict = Verdict(Outcome.AMBIGUOUS, question)
    return Plan(instruction, verdict, question=question, candidates=candidates)


def malformed(parsed: Parsed) -> Verdict:
    """Return the verdict on an answer that cannot be read."""
    return Verdict(Outcome.INVALID_ANSWER, f'the model gave no valid answer: {parsed.reason}')


def _question(candidates: tuple[Target, ...]) -> str:
    """Ask back: "I see 2 red cubes: which one do you mean?"."""
    labels = {target.label for target in candidates}
    if len(labels) == 1:
        seen = f'I see {len(candidates)} things like that, each a {labels.pop()}'
        return f'{seen}: which one do you mean?'
    listed = [f'the {target.label}' for target in candidates]
    return f'do you mean {", ".join(listed[:-1])} or {listed[-1]}?'
