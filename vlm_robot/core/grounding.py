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
"""From a plan with pixels to a plan with places in space."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import is_inside
from vlm_robot.core.grasp import best_yaw
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.heightmap import HeightMap, height_map
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.placement import goal_in, goal_next_to, goal_on, goal_push, radius_of
from vlm_robot.core.regions import Region, find_region
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.solid import measure, measure_part
from vlm_robot.core.table import find_table
from vlm_robot.core.values import Frame, Grounding, Pixel, Plan, Point3, Step, Target
from vlm_robot.core.view import view_of

__all__ = ['Grounder', 'GroundingSettings', 'ground_plan']

_GRASPABLE = 1.2  # of the gripper's opening: the longest thing of which a part is taken
_CLEARED = 0.8  # of a picked thing's diameter: the radius around it that is free afterwards


def ground_plan(
    plan: Plan,
    frame: Frame,
    T_base_camera: NDArray[np.float64] | None,
    *,
    base_frame: str,
    settings: GroundingSettings,
) -> Plan:
    """
    Give each step's target a place in the base frame, and PLACE and PUSH their goals.

    :param frame: the frame that the plan's pixels were pointed at in.
    :param T_base_camera: pose of the camera's optical frame at the frame's stamp; None if unknown.
    :return: the grounded plan; a plan without steps and with the reason when it was refused. A
        plan that already has another outcome than OK comes back as it is.
    """
    if not plan.verdict.ok:
        return plan
    try:
        grounder = Grounder(frame, T_base_camera, base_frame=base_frame, settings=settings)
        return replace(plan, steps=grounder.steps(plan.steps))
    except Refusal as refusal:
        return replace(plan, verdict=refusal.verdict, steps=())


class Grounder:
    """
    Measures things in one frame, in the order in which a plan handles them.

    :raises Refusal: when nothing can be measured in the frame.
    """

    def __init__(
        self,
        frame: Frame,
        T_base_camera: NDArray[np.float64] | None,
        *,
        base_frame: str,
        settings: GroundingSettings,
    ) -> None:
        self._settings = settings
        self._base_frame = base_frame
        self._view = view_of(frame, T_base_camera, max_range_m=settings.max_range_m)
        self._table = find_table(
            self._view,
            settings.workspace,
            height_m=settings.table_height_m,
            tolerance_m=settings.table_tolerance_m,
        )
        self._heights = height_map(self._view, self._table, settings.workspace)

    def steps(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """
        Ground steps in order: what is picked is gone, and what is placed is there, for later ones.

        :raises Refusal: for the first target that has no place.
        """
        grounded = []
        heights, held = self._heights, None
        for step in steps:
            grounding = self.target(step.target, heights, to_grasp=step.skill is Skill.PICK)
            goal = self._goal(step, grounding, held, heights)
            grounded.append(
                replace(step, target=replace(step.target, grounding=grounding), goal=goal)
            )
            heights = self._after(step, grounding, held, goal, heights)
            held = grounding if step.skill is Skill.PICK else None
        return tuple(grounded)

    def target(
        self, target: Target, heights: HeightMap | None = None, *, to_grasp: bool = False
    ) -> Grounding:
        """
        Measure the thing that a target points at.

        :param heights: what the gripper has to keep clear of; the whole scene by default.
        :param to_grasp: whether something that rises above a thing too wide for the gripper is
            meant instead of it: they have one colour.
        :raises Refusal: INVALID_ANSWER for a point that is not on the image, NO_DEPTH.
        """
        pixel = self._checked_pixel(target)
        region = find_region(
            self._view, self._table, pixel, label=target.label, settings=self._settings
        )
        solid = measure(region, self._table)
        if to_grasp and solid.footprint.width > self._settings.max_opening_m:
            fits_m = _GRASPABLE * self._settings.max_opening_m
            solid = measure_part(region, self._table, fits_m=fits_m) or solid
        footprint = best_yaw(solid, heights or self._heights, settings=self._settings)
        z = self._table.height_at(footprint.x, footprint.y) + (solid.bottom + solid.top) / 2
        return Grounding(
            frame_id=self._base_frame,
            position=(footprint.x, footprint.y, z),
            yaw=footprint.yaw,
            size=(footprint.length, footprint.width, solid.top - solid.bottom),
            spread_m=_spread(region),
            valid_share=_valid_share(region),
        )

    def _checked_pixel(self, target: Target) -> Pixel:
        if target.pixel is None or not is_inside(target.pixel, self._view.intrinsics):
            raise Refusal(
                Outcome.INVALID_ANSWER,
                f'the point {target.pixel!r} of {target.label!r} is not on the image of '
                f'{self._view.intrinsics.width} x {self._view.intrinsics.height} pixels',
            )
        return target.pixel

    def _goal(
        self, step: Step, target: Grounding, held: Grounding | None, heights: HeightMap
    ) -> Point3 | None:
        if step.skill is Skill.PUSH and step.direction is not Direction.NONE:
            return goal_push(target, step.direction, self._view.T_base_camera)
        radius_m = radius_of(held, self._settings)
        if step.relation is Relation.IN:
            return goal_in(target, radius_m, heights, table=self._table)
        if step.relation is Relation.ON:
            return goal_on(target, radius_m, heights, table=self._table)
        if step.relation is Relation.NEXT_TO:
            return goal_next_to(
                target, radius_m, heights, table=self._table, settings=self._settings
            )
        return None

    def _after(
        self,
        step: Step,
        target: Grounding,
        held: Grounding | None,
        goal: Point3 | None,
        heights: HeightMap,
    ) -> HeightMap:
        x, y, _ = target.position
        if step.skill is Skill.PICK:
            radius_m = _CLEARED * max(target.size[:2])
            floor = max(0.0, target.bottom - self._table.height_at(x, y))
            return heights.with_disc(x, y, radius_m, height_m=floor)
        if step.skill is Skill.PLACE and goal is not None:
            height_m = goal[2] - self._table.height_at(*goal[:2])
            height_m += held.size[2] if held else self._settings.held_size_m
            radius_m = radius_of(held, self._settings)
            return heights.with_disc(goal[0], goal[1], radius_m, height_m=height_m)
        return heights


def _spread(region: Region) -> float:
    depth = region.depth_m[region.mask]
    return float(np.median(np.abs(depth - np.median(depth))))


def _valid_share(region: Region) -> float:
    """Return the share of the region's outline, filled along the rows, that has depth."""
    mask = region.mask
    filled = np.maximum.accumulate(mask, axis=1)
    filled &= np.maximum.accumulate(mask[:, ::-1], axis=1)[:, ::-1]
    missing = int((filled & np.isnan(region.depth_m)).sum())
    seen = int(mask.sum())
    return seen / (seen + missing) if seen else math.nan
