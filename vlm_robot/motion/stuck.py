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

"""Why an arm does not get to where it is sent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Point3

_SINGULAR = 0.02  # least singular value of the Jacobian, m and rad per rad
_TAKES_PART = 0.35  # share of a joint in the motion that does not move the tool


@dataclass(frozen=True)
class Stuck:
    """The nearest that inverse kinematics came."""

    miss_m: float  # from the tcp to its target
    at_limits: tuple[str, ...]  # joints, each with its limit
    singular: tuple[str, ...]  # joints that cancel each other out
    jump: str | None = None  # what would make a line no line

    def refusal(self, what: str, point: Point3) -> Refusal:
        """Return why a step is refused: MOTION_FAILED on the way there, UNREACHABLE otherwise."""
        x, y, z = point
        place = f'({x:.2f}, {y:.2f}, {z:.2f}) m to {what}'
        near = f'a singularity of {" and ".join(self.singular)}' if self.singular else ''
        if self.jump is not None:
            why = f'{self.jump}{f", near {near}" if near else ""}'
            return Refusal(
                Outcome.MOTION_FAILED, f'the arm cannot move straight to {place}: {why}'
            )
        reasons = [f'it ends {self.miss_m * 100:.1f} cm away', *self.at_limits]
        if near:
            reasons.append(f'near {near}')
        return Refusal(Outcome.UNREACHABLE, f'the arm cannot reach {place}: {", ".join(reasons)}')


def degenerate(jacobian: NDArray[np.float64]) -> tuple[int, ...]:
    """
    Return the joints that cancel each other out near a singularity; none elsewhere.

    :param jacobian: (6, joints) of the tool.
    """
    _, values, motions = np.linalg.svd(jacobian)
    if values[-1] > _SINGULAR:
        return ()
    shares = np.abs(motions[len(values) - 1])
    return tuple(int(i) for i in np.flatnonzero(shares > _TAKES_PART))
