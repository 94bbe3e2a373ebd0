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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.core.targets import targets_of
from vlm_robot.core.values import Frame, Plan, Target
from vlm_robot.models.answer import Answer, Parsed, ParseStatus, Request, Task
from vlm_robot.models.backends.base import Backend
from vlm_robot.models.backends.registry import make_backend
from vlm_robot.models.conventions.registry import make_convention
from vlm_robot.models.pointer import LEAST_S, Pointer
from vlm_robot.models.profile import load_profile
from vlm_robot.models.reading import calibrated, malformed, read, to_plan, to_target
from vlm_robot.models.relation_words import unknown_relation


@dataclass(frozen=True)
class Reply:
    """An answer in words, and what it points at."""

    text: str
    targets: tuple[Target, ...] = ()
    verdict: Verdict = OK


class Planner:
    """
    Asks a model and reads its answer. A wrong answer is a verdict, not an exception.

    :param backend: runs the model that plans.
    :param grounder: runs the model that points, for a model that plans but does not.
    :raises ConfigurationError: for a model that cannot plan, or plans without pointing and has
        no grounder.
    """

    def __init__(self, backend: Backend, grounder: Pointer | None = None) -> None:
        profile = backend.profile
        if not profile.plan:
            raise ConfigurationError(
                f'model {profile.name!r} points but does not plan: name it as the grounder of one '
                'that does'
            )
        if grounder is None and profile.grounder:
            raise ConfigurationError(
                f'model {profile.name!r} does not point: expected its grounder '
                f'{profile.grounder!r} beside it'
            )
        self._backend = backend
        self._grounder = grounder
        self._plans = make_convention(profile.plan, profile.units)
        # an answer to a question comes in the syntax of points where that is another one
        self._replies = make_convention(profile.point or profile.plan, profile.units)

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return self._backend.profile.name

    @property
    def backend(self) -> Backend:
        """What runs the model that plans."""
        return self._backend

    @property
    def grounder(self) -> Pointer | None:
        """The model that points, where it is another one."""
        return self._grounder

    def look(self, rgb: NDArray[np.uint8]) -> None:
        """
        Let the model look at an image before anything is asked about it, see `Backend.look`.

        :raises Refusal: of the backend.
        """
        self._backend.look((rgb,))

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
        :raises Refusal: CANCELED, TIMEOUT, BAD_FRAME, MODEL_ERROR or INVALID_ANSWER, of the
            backend.
        """
        if word := unknown_relation(instruction, self._backend.profile.relations):
            return self._unknown(frame, instruction, word)
        tell = on_stage or (lambda _: None)
        tell('model')
        start = time.perf_counter()
        answer = self._ask(frame, instruction, Task.PLAN, deadline_s, cancel)
        answered = time.perf_counter()
        tell('parse')
        plan = to_plan(instruction, read(self._plans, frame, answer), answer)
        if self._grounder is None:
            plan = _pointed(plan)
        parsed = time.perf_counter()
        timings_s = {'model': answered - start, 'parse': parsed - answered}
        if self._grounder is not None and plan.verdict.ok:
            tell('point')
            left_s = max(deadline_s - (parsed - start), LEAST_S) if deadline_s else 0.0
            plan = self._grounder.point(frame, plan, cancel=cancel, deadline_s=left_s)
            timings_s['point'] = time.perf_counter() - parsed
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
        answer = self._ask(frame, question, Task.ASK, deadline_s, cancel)
        parsed = read(self._replies, frame, answer)
        if parsed.status is ParseStatus.MALFORMED:
            if self._backend.profile.chat:
                return Reply(answer.text)  # in words of its own
            return Reply('', verdict=malformed(parsed))
        targets = tuple(to_target(pointed, answer) for pointed in parsed.pointed)
        return Reply(parsed.words or parsed.reason or answer.text, targets, _as_reply(parsed))

    def _unknown(self, frame: Frame, instruction: str, word: str) -> Plan:
        """Refuse what the model would take for something else."""
        relations = self._backend.profile.relations
        known = ', '.join(relation.words for relation in relations)
        message = f'the model {self.model!r} does not know where {word!r} is: it knows {known}'
        verdict = Verdict(Outcome.UNSUPPORTED, message)
        return Plan(
            instruction, verdict, stamp_ns=frame.stamp_ns, camera_frame=frame.frame_id,
            model=self.model,
        )  # fmt: skip

    def _ask(
        self, frame: Frame, text: str, task: Task, deadline_s: float, cancel: Cancel | None
    ) -> Answer:
        request = Request(text, (frame.rgb,), task, deadline_s)
        return calibrated(self._backend.answer(request, cancel=cancel), self._backend.profile)


def _pointed(plan: Plan) -> Plan:
    """Refuse a plan with a step that names a thing without pointing at it."""
    bare = [target.label for target in targets_of(plan.steps) if target.pixel is None]
    if not bare:
        return plan
    message = f'the model gave no valid answer: it does not point at {bare[0]!r}'
    return replace(plan, verdict=Verdict(Outcome.INVALID_ANSWER, message), steps=())


def _as_reply(parsed: Parsed) -> Verdict:
    """A refusal to act is a fine answer to a question, unless it says nothing."""
    return OK if parsed.words or parsed.pointed else parsed.verdict


def make_planner(backend: str, settings: Mapping[str, str]) -> Planner:
    """
    Load the model that plans, and the one that points where the profile names another.

    :param backend: name of a backend; 'auto' takes the profile's, and 'openai' for a url.
    :param settings: of the backend, see `make_backend`; empty ones are left to it.
    :raises ConfigurationError: for settings or a model that cannot be used.
    """
    given = {key: value for key, value in settings.items() if value}
    if backend == 'auto':
        profile = load_profile(given.get('model', 'tabletop'))
        backend = 'openai' if given.get('url') else profile.backend
    loaded = make_backend(backend, given)
    if not loaded.profile.grounder:
        return Planner(loaded)
    name = loaded.profile.grounder
    return Planner(
        loaded, Pointer(make_backend(load_profile(name).backend, given | {'model': name}))
    )
