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

"""Who points: the model, or the references that it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.values import Frame, Pixel, Plan, Step, Target
from vlm_robot.models.planner import Planner
from vlm_robot.tuning.episodes import Episode, TrueStep

Masks = dict[str, NDArray[np.bool_]]
"""Name of an object -> its visible pixels, (h, w)."""


class Policy(Protocol):
    """Plans an episode's instruction in pixels."""

    name: str

    def plan(self, frame: Frame, episode: Episode, masks: Masks) -> Plan:
        """Return a plan; only references look at the masks and at the episode's steps."""


class ModelPolicy:
    """The model under test: sees the frame and the instruction."""

    def __init__(self, planner: Planner) -> None:
        self.name = planner.model
        self._planner = planner

    def plan(self, frame: Frame, episode: Episode, masks: Masks) -> Plan:
        """Ask the model."""
        try:
            return self._planner.plan(frame, episode.instruction)
        except Refusal as refusal:
            return Plan(episode.instruction, refusal.verdict)


class OraclePoint:
    """The true steps at true points: what grounding and motion alone can reach."""

    name = 'oracle point'

    def plan(self, frame: Frame, episode: Episode, masks: Masks) -> Plan:
        """Point at each target's visible pixel nearest to its centre."""
        return _true_plan(episode, [central_pixel(masks[step.target]) for step in episode.steps])


@dataclass
class RandomPoint:
    """The true steps at uniformly random pixels."""

    rng: np.random.Generator
    name: str = 'random point'

    def plan(self, frame: Frame, episode: Episode, masks: Masks) -> Plan:
        """Point anywhere."""
        height, width = frame.rgb.shape[:2]
        points = [
            (float(self.rng.uniform(0, width - 1)), float(self.rng.uniform(0, height - 1)))
            for _ in episode.steps
        ]
        return _true_plan(episode, points)


class ImageCentre:
    """The true steps at the middle of the image."""

    name = 'image centre'

    def plan(self, frame: Frame, episode: Episode, masks: Masks) -> Plan:
        """Point at the middle."""
        height, width = frame.rgb.shape[:2]
        return _true_plan(episode, [((width - 1) / 2, (height - 1) / 2)] * len(episode.steps))


def central_pixel(mask: NDArray[np.bool_]) -> Pixel | None:
    """Return the mask's pixel nearest to its centroid, None for an empty mask."""
    rows, columns = np.nonzero(mask)
    if rows.size == 0:
        return None
    best = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return float(columns[best]), float(rows[best])


def _true_plan(episode: Episode, points: list[Pixel | None] | list[Pixel]) -> Plan:
    steps = tuple(_step(step, p) for step, p in zip(episode.steps, points, strict=True))
    return Plan(episode.instruction, steps=steps)


def _step(step: TrueStep, pixel: Pixel | None) -> Step:
    return Step(step.skill, Target('', pixel, confidence=1.0), step.relation, step.direction)
