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

"""Points at what a plan only names: the second model of a planner and grounder pair."""

from __future__ import annotations

import time
from dataclasses import replace

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.targets import targets_of, with_targets
from vlm_robot.core.values import Frame, Plan, Target
from vlm_robot.models.answer import ParseStatus, Request, Task
from vlm_robot.models.backends.base import Backend
from vlm_robot.models.conventions.registry import make_convention
from vlm_robot.models.reading import ask_back, calibrated, malformed, read, to_target

LEAST_S = 0.001
"""What is left of a deadline that has passed: 0 would be none."""


class Pointer:
    """
    Asks a model where the things are that a plan names.

    :raises ConfigurationError: for a model that does not point.
    """

    def __init__(self, backend: Backend) -> None:
        if not backend.profile.point:
            raise ConfigurationError(f'model {backend.profile.name!r} does not point')
        self._backend = backend
        self._points = make_convention(backend.profile.point, backend.profile.units)

    @property
    def model(self) -> str:
        """Name of the model that points."""
        return self._backend.profile.name

    @property
    def backend(self) -> Backend:
        """What runs the model."""
        return self._backend

    def point(
        self, frame: Frame, plan: Plan, *, cancel: Cancel | None = None, deadline_s: float = 0.0
    ) -> Plan:
        """
        Give every target of a plan its pixel; one that is not there, or there twice, refuses it.

        :raises Refusal: of the backend.
        """
        end = time.monotonic() + deadline_s
        found: dict[str, Target] = {}
        for label in dict.fromkeys(target.label for target in targets_of(plan.steps)):
            left_s = max(end - time.monotonic(), LEAST_S) if deadline_s else 0.0
            candidates = self._find(frame, label, cancel, left_s)
            if isinstance(candidates, Verdict):
                return replace(plan, verdict=candidates, steps=())
            if len(candidates) > 1:
                asked = ask_back(plan.instruction, candidates)
                return replace(
                    plan, verdict=asked.verdict, steps=(), question=asked.question,
                    candidates=asked.candidates,
                )  # fmt: skip
            found[label] = candidates[0]
        return replace(
            plan, steps=tuple(with_targets(s, lambda t: found[t.label]) for s in plan.steps)
        )

    def _find(
        self, frame: Frame, label: str, cancel: Cancel | None, deadline_s: float
    ) -> tuple[Target, ...] | Verdict:
        request = Request(label, (frame.rgb,), Task.POINT, deadline_s)
        answer = calibrated(self._backend.answer(request, cancel=cancel), self._backend.profile)
        parsed = read(self._points, frame, answer)
        if parsed.status in (ParseStatus.MALFORMED, ParseStatus.PARTIAL):
            return malformed(parsed)
        if not parsed.pointed:
            return Verdict(Outcome.NOT_FOUND, f'I see nothing that fits {label!r}')
        targets = (to_target(pointed, answer) for pointed in parsed.pointed)
        return tuple(replace(target, label=target.label or label) for target in targets)
