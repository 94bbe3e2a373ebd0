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


"""How a parallel gripper can take hold of a thing from above, and where it has room to."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.footprint import Footprint, wrap_half_turn
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.heightmap import CELL_M, HeightMap
from vlm_robot.core.solid import Solid
from vlm_robot.core.table import Table
from vlm_robot.core.values import GraspCandidate, Point3

_ROUND_YAWS = 8
_SIDE_M = 0.006  # seen cells this close to a side may belong to the thing itself
_FLOOR_M = 0.010  # fingers stay this far above what the thing stands on
_WIDE_PENALTY = 1000.0  # blocked cells are a handful to some hundred
_MOST = 4  # candidates that are told of
_FAR_M = 0.10  # a larger clearance is not looked for
_BITE_M = 0.002  # that the finger tips reach at least under a thing's top
_BELOW_CENTRE_M = 0.003  # a ball is held at its equator, not above it
_DOWN: Point3 = (0.0, 0.0, -1.0)


def yaws(solid: Solid, heights: HeightMap, *, settings: GroundingSettings) -> list[Footprint]:
    """
    Turn a footprint so that the gripper closes over its width, most room for the fingers first.

    The narrow side and a quarter turn from it, for round things eight yaws; the earlier wins a
    tie. A side wider than the gripper opens comes last.
    """
    blocked = _blocked(solid, heights, settings)
    return sorted(
        _turns(solid.footprint), key=lambda footprint: _cost(footprint, blocked, settings)
    )


def grasp_candidates(
    solid: Solid,
    turns: list[Footprint],
    heights: HeightMap,
    *,
    table: Table,
    settings: GroundingSettings,
) -> tuple[GraspCandidate, ...]:
    """
    Return the grasps from above, the best first; none where the gripper does not fit.

    :param turns: of the solid's footprint, as of `yaws`.
    :return: clearances are cut off at 10 cm.
    """
    x, y = solid.footprint.x, solid.footprint.y
    height = _grasp_height(solid, settings)
    if height - settings.fingertip_m > solid.top - _BITE_M:
        return ()
    blocked = _blocked(solid, heights, settings)
    return tuple(
        GraspCandidate(
            position=(x, y, table.height_at(x, y) + height),
            yaw=turn.yaw,
            approach=_DOWN,
            width_m=turn.width,
            clearance_m=_clearance(turn, blocked, settings),
        )
        for turn in turns[:_MOST]
        if turn.width <= settings.max_opening_m
    )


def _grasp_height(solid: Solid, settings: GroundingSettings) -> float:
    """Return where the pads close, above the table: at the middle, or near a tall thing's top."""
    middle = (solid.bottom + solid.top) / 2 - _BELOW_CENTRE_M
    return max(middle, solid.top - settings.grasp_depth_m, settings.lowest_grasp_m)


def _blocked(solid: Solid, heights: HeightMap, settings: GroundingSettings) -> NDArray[np.float64]:
    return heights.occupied(max(solid.bottom + _FLOOR_M, settings.object_height_m))


def _turns(footprint: Footprint) -> list[Footprint]:
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
    footprint: Footprint, blocked: NDArray[np.float64], settings: GroundingSettings
) -> float:
    """Count the blocked cells between the thing's sides and the outside of the open fingers."""
    along, across = _from_middle(footprint, blocked)
    side = footprint.width / 2 + _SIDE_M
    outside = _opening(footprint, settings) / 2 + settings.finger_thickness_m
    swept = (across > side) & (across < outside) & (along < settings.finger_width_m / 2)
    too_wide = footprint.width > settings.max_opening_m
    return float(swept.sum()) + (_WIDE_PENALTY if too_wide else 0.0)


def _clearance(
    footprint: Footprint, blocked: NDArray[np.float64], settings: GroundingSettings
) -> float:
    """Return the distance from the open fingers to what is not the thing itself."""
    along, across = _from_middle(footprint, blocked)
    own = (along < footprint.length / 2 + _SIDE_M) & (across < footprint.width / 2 + _SIDE_M)
    along, across = along[~own], across[~own]
    if len(along) == 0:
        return _FAR_M
    middle = (_opening(footprint, settings) + settings.finger_thickness_m) / 2
    beyond = along - settings.finger_width_m / 2
    beside = np.abs(across - middle) - settings.finger_thickness_m / 2
    outside = np.hypot(np.maximum(beyond, 0), np.maximum(beside, 0))
    inside = np.minimum(np.maximum(beyond, beside), 0)
    return min(_FAR_M, float((outside + inside).min()) - CELL_M / 2)


def _opening(footprint: Footprint, settings: GroundingSettings) -> float:
    """Return how far the fingers open: no further than they have to, and can."""
    opening = min(settings.max_opening_m, footprint.width + 2 * settings.finger_margin_m)
    return max(opening, footprint.width)


def _from_middle(
    footprint: Footprint, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distances of points from a footprint's axes: along and across its length."""
    dx, dy = points[:, 0] - footprint.x, points[:, 1] - footprint.y
    cos, sin = math.cos(footprint.yaw), math.sin(footprint.yaw)
    return np.abs(dx * cos + dy * sin), np.abs(dy * cos - dx * sin)
