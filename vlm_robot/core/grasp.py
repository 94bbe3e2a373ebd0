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
"""The yaw at which a parallel gripper has room on both sides of a thing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from vlm_robot.core.footprint import Footprint, wrap_half_turn
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.heightmap import HeightMap
from vlm_robot.core.solid import Solid

_ROUND_YAWS = 8
_SIDE_M = 0.006  # seen cells this close to a side may belong to the thing itself
_FLOOR_M = 0.010  # fingers stay this far above what the thing stands on
_WIDE_PENALTY = 1000.0  # blocked cells are a handful to some hundred


def best_yaw(solid: Solid, heights: HeightMap, *, settings: GroundingSettings) -> Footprint:
    """
    Turn a footprint so that the gripper that closes over its width has the most room.

    Candidates are the narrow side and a quarter turn from it, for round things eight yaws; the
    earlier wins a tie. A side wider than the gripper opens comes last.
    """
    blocked = heights.occupied(max(solid.bottom + _FLOOR_M, settings.object_height_m))
    candidates = _candidates(solid.footprint)
    costs = [_cost(c, blocked, settings) for c in candidates]
    return candidates[int(np.argmin(costs))]


def _candidates(footprint: Footprint) -> list[Footprint]:
    if footprint.is_round:
        turns = [math.pi * i / _ROUND_YAWS for i in range(_ROUND_YAWS)]
        return [replace(footprint, yaw=wrap_half_turn(turn)) for turn in turns]
    turned = replace(
        footprint,
        yaw=wrap_half_turn(footprint.yaw + math.pi / 2),
        length=footprint.width,
        width=footprint.length,
    )
    return [footprint, turned]


def _cost(
    footprint: Footprint,
    blocked: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    settings: GroundingSettings,
) -> float:
    """Count the blocked cells between the thing's sides and the outside of the open fingers."""
    dx, dy = blocked[:, 0] - footprint.x, blocked[:, 1] - footprint.y
    along = np.abs(dx * math.cos(footprint.yaw) + dy * math.sin(footprint.yaw))
    across = np.abs(dy * math.cos(footprint.yaw) - dx * math.sin(footprint.yaw))
    side = footprint.width / 2 + _SIDE_M
    opening = min(settings.max_opening_m, footprint.width + 2 * settings.finger_margin_m)
    outside = max(opening / 2, footprint.width / 2) + settings.finger_thickness_m
    swept = (across > side) & (across < outside) & (along < settings.finger_width_m / 2)
    too_wide = footprint.width > settings.max_opening_m
    return float(swept.sum()) + (_WIDE_PENALTY if too_wide else 0.0)
