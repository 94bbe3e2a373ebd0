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
from vlm_robot.core.free_space import FreeSpace, footprint_of
from vlm_robot.core.geometry import is_inside
from vlm_robot.core.grasp import grasp_candidates, yaws
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.heightmap import HeightMap, height_map
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.placement import (
    goal_in,
    goal_next_to,
    goal_on,
    goal_push,
    heading_of,
    radius_of,
)
from vlm_robot.core.regions import Region, find_region
from vlm_robot.core.skills import SIDES, Direction, Relation, Skill
from vlm_robot.core.solid import Solid, measure, measure_part
from vlm_robot.core.spots import check_not_held, goal_beside, goal_between
from vlm_robot.core.table import find_table
from vlm_robot.core.uncertainty import deviation, in_each_image, spread, valid_share
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
        plan that already has another outcome than OK keeps it: the candidates of an ambiguous
        one are measured where that is possible.
    """
    if not plan.verdict.ok and not plan.candidates:
        return plan
    try:
        grounder = Grounder(frame, T_base_camera, base_frame=base_frame, settings=settings)
        return replace(
            plan,
            steps=grounder.steps(plan.steps),
            candidates=tuple(map(grounder.candidate, plan.candidates)),
        )
    except Refusal as refusal:
        return replace(plan, verdict=refusal.verdict, steps=()) if plan.verdict.ok else plan


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
            found = replace(step, target=replace(step.target, grounding=grounding))
            if step.other is not None:
                beside = self.target(step.other, heights)
                found = replace(found, other=replace(step.other, grounding=beside))
            goal = self._goal(found, grounding, held, heights)
            grounded.append(replace(found, goal=goal))
            heights = self._after(step, grounding, held, goal, heights)
            held = grounding if step.skill is Skill.PICK else None
        return tuple(grounded)

    def candidate(self, target: Target) -> Target:
        """Return what may be meant, with its place where that can be measured."""
        try:
            return replace(target, grounding=self.target(target, to_grasp=True))
        except Refusal:
            return target

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
        solid = self._solid(region, to_grasp=to_grasp)
        clear_of = heights or self._heights
        turns = yaws(solid, clear_of, settings=self._settings)
        count, deviation_m = self._wander(region, to_grasp=to_grasp)
        return Grounding(
            frame_id=self._base_frame,
            position=solid.centre(self._table),
            yaw=turns[0].yaw,
            size=(turns[0].length, turns[0].width, solid.top - solid.bottom),
            spread_m=spread(region),
            valid_share=valid_share(region),
            depth_images=count,
            deviation_m=deviation_m,
            grasps=grasp_candidates(
                solid, turns, clear_of, table=self._table, settings=self._settings
            )
            if to_grasp
            else (),
        )

    def _solid(self, region: Region, *, to_grasp: bool) -> Solid:
        solid = measure(region, self._table)
        if to_grasp and solid.footprint.width > self._settings.max_opening_m:
            fits_m = _GRASPABLE * self._settings.max_opening_m
            return measure_part(region, self._table, fits_m=fits_m) or solid
        return solid

    def _wander(self, region: Region, *, to_grasp: bool) -> tuple[int, float]:
        """Return how many depth images show the thing, and how its centre varies between them."""
        if len(self._view.images) < 2:
            return 1, math.nan
        centres = [
            self._solid(one, to_grasp=to_grasp).centre(self._table)
            for one in in_each_image(region, self._table, settings=self._settings)
        ]
        return max(1, len(centres)), deviation(centres)

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
        if step.relation.is_beside:
            return self._spot(step, target, held, heights)
        return None

    def _spot(
        self, step: Step, target: Grounding, held: Grounding | None, heights: HeightMap
    ) -> Point3:
        check_not_held(step, held)
        space = FreeSpace(heights, footprint_of(held, self._settings), self._settings)
        if step.relation in SIDES:
            heading = heading_of(SIDES[step.relation], self._view.T_base_camera)
            return goal_beside(target, step, heading=heading, space=space, table=self._table)
        return goal_between(target, step, space=space, table=self._table)

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
