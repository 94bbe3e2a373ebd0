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

"""The self-test: a model points at what the images show, and its error is named."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Frame, Pixel, Plan, Step, Target
from vlm_robot.models.answer import ImageSize
from vlm_robot.models.backends.registry import make_backend
from vlm_robot.models.planner import Planner, make_planner
from vlm_robot.models.pointer import Pointer
from vlm_robot.models.profile import load_profile
from vlm_robot.models.selftest.cards import DECKS, Card
from vlm_robot.models.selftest.diagnosis import Fault, Sight, diagnose
from vlm_robot.models.selftest.sight import pointing, sight

_GONE = (Outcome.MODEL_ERROR, Outcome.TIMEOUT)
"""A model that ends with one of these is not asked again: each may take a whole deadline."""


@dataclass(frozen=True)
class Row:
    """What came of one image."""

    words: str
    size: ImageSize
    true: Pixel
    point: Pixel | None
    error_px: float  # NaN without a point
    right: bool
    verdict: Verdict = OK  # why there is no point


@dataclass(frozen=True)
class SelfTest:
    """How a self-test ended."""

    model: str
    fault: Fault
    sentence: str
    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether the model may drive motion."""
        return self.fault is Fault.RIGHT

    @property
    def error_px(self) -> float:
        """The largest error of a point, NaN without any."""
        return max((r.error_px for r in self.rows if r.point is not None), default=math.nan)


def self_test(
    subject: Planner | Pointer,
    cards: Sequence[Card],
    *,
    cancel: Cancel | None = None,
    deadline_s: float = 0.0,
) -> SelfTest:
    """
    Show a model images and judge where it points; all must be right.

    :param deadline_s: limit for each answer in seconds; 0 is none.
    :raises Refusal: CANCELED; any other refusal of the model is a fault.
    """
    rows: list[Row] = []
    for card in cards:
        rows.append(_show(subject, card, cancel, deadline_s))
        if rows[-1].verdict.outcome in _GONE:
            message = f'the model gave no answer: {rows[-1].verdict.message}'
            return SelfTest(subject.model, Fault.SILENT, message, tuple(rows))
    if all(row.right for row in rows):
        sentence = f'the model points right on {len(rows)} of {len(rows)} images'
        return SelfTest(subject.model, Fault.RIGHT, sentence, tuple(rows))
    return _explained(subject, cards, rows, cancel, deadline_s)


def deck(subject: Planner | Pointer) -> tuple[Card, ...]:
    """
    Return the images that a model's profile asks for, drawn ones where it asks for none.

    :raises ConfigurationError: for images that cannot be read.
    """
    name = pointing(subject)[0].profile.self_test
    return DECKS[name if name in DECKS else 'drawn']()


def make_subject(backend: str, settings: Mapping[str, str]) -> Planner | Pointer:
    """
    Load a model to be tested, also one that only points.

    :raises ConfigurationError: for settings or a model that cannot be used.
    """
    given = {key: value for key, value in settings.items() if value}
    if backend == 'auto':
        profile = load_profile(given.get('model', 'tabletop'))
        if not profile.plan:
            return Pointer(make_backend(profile.backend, given))
    return make_planner(backend, given)


def _show(subject: Planner | Pointer, card: Card, cancel: Cancel | None, deadline_s: float) -> Row:
    frame = Frame(0, 'self-test', card.rgb)
    try:
        if isinstance(subject, Planner):
            words = f'pick up the {card.words}'
            plan = subject.plan(frame, words, cancel=cancel, deadline_s=deadline_s)
        else:
            named = Plan(card.words, steps=(Step(Skill.PICK, Target(card.words)),))
            plan = subject.point(frame, named, cancel=cancel, deadline_s=deadline_s)
    except Refusal as refusal:
        plan = _refused(card, refusal)
    except Exception as err:  # a model is third-party code
        plan = Plan(card.words, Verdict(Outcome.MODEL_ERROR, f'{type(err).__name__}: {err}'))
    return _row(card, plan)


def _refused(card: Card, refusal: Refusal) -> Plan:
    if refusal.outcome is Outcome.CANCELED:
        raise refusal
    return Plan(card.words, refusal.verdict)


def _row(card: Card, plan: Plan) -> Row:
    height, width = card.rgb.shape[:2]
    point = plan.steps[0].target.pixel if plan.steps else None
    error_px = math.dist(point, card.true) if point is not None else math.nan
    return Row(
        card.words,
        ImageSize(width, height),
        card.true,
        point,
        error_px,
        error_px <= card.radius,
        plan.verdict,
    )


def _explained(
    subject: Planner | Pointer,
    cards: Sequence[Card],
    rows: Sequence[Row],
    cancel: Cancel | None,
    deadline_s: float,
) -> SelfTest:
    """Look again, this time at the answers' numbers, and say what is wrong with them."""
    sights: list[Sight] = []
    for card in cards:
        try:
            sights.append(sight(subject, card, cancel=cancel, deadline_s=deadline_s))
        except Refusal as refusal:
            message = _refused(card, refusal).verdict.message
            sentence = f'the model gave no answer: {message}'
            return SelfTest(subject.model, Fault.SILENT, sentence, tuple(rows))
    found = diagnose(sights)
    if found.fault is Fault.RIGHT:  # it was wrong a moment ago
        sentence = 'the model points differently each time'
        return SelfTest(subject.model, Fault.SCATTERED, sentence, tuple(rows))
    return SelfTest(subject.model, found.fault, _with_reason(found.sentence, rows), tuple(rows))


def _with_reason(sentence: str, rows: Sequence[Row]) -> str:
    """Add why the first image without a point has none."""
    reason = next((row.verdict.message for row in rows if not row.verdict.ok), '')
    return f'{sentence}; {reason}' if reason else sentence
