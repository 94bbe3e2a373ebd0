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

"""What carries out steps, whoever plans the arm's way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.outcome import Verdict
from vlm_robot.core.values import Step

OnPhase = Callable[[str], None]


def silent(_phase: str) -> None:
    """Ignore a phase."""


class Arm(Protocol):
    """A robot together with what turns steps into its motions. One step at a time."""

    def check(self, step: Step) -> None:
        """
        Find out, as far as planning can, whether a step can be done. Nothing moves.

        :raises Refusal: why it cannot.
        """

    def execute(self, step: Step, *, cancel: Cancel, on_phase: OnPhase = silent) -> Verdict:
        """
        Carry out a step.

        :param on_phase: is told the name of each phase when it begins.
        :return: OK, or why it was refused, failed or was cancelled.
        """

    def go_home(self, *, cancel: Cancel, on_phase: OnPhase = silent) -> Verdict:
        """Move the arm out of the camera's view; what is held stays held."""
