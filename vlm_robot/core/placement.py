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
"""Where PLACE and PUSH end."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.grounding_settings import GroundingSettings
from vlm_robot.core.heightmap import HeightMap
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.skills import PUSH_DISTANCE_M, Direction
from vlm_robot.core.table import Table
from vlm_robot.core.values import Grounding, Point3

_FLAT_M = 0.030  # lower things are stood upon where they are seen to be lowest: plates, trays
_INNER_SHARE = 0.55  # of a container's half width: the floor, without the walls
_DIRECTIONS = 36
_EXTRA_GAPS_M = (0.0, 0.01, 0.02, 0.035)
_ENOUGH_M = 0.06  # more room than this around a free spot is not better: the fingers fit
_COST_OF_GAP = 2.0  # metres of room that a metre of gap is worth
_OWN_M = 0.01  # cells this close to a target's footprint are its own
_LOOK_AROUND_M = 0.30
_EDGE_M = 0.01  # a goal keeps off the workspace's border

_TURNS = {
    Direction.FORWARD: 0.0,
    Direction.LEFT: math.pi / 2,
    Direction.BACK: math.pi,
    Direction.RIGHT: -math.pi / 2,
}


def radius_of(held: Grounding | None, settings: GroundingSettings) -> float:
    """Return the radius of the circle around the held thing's footprint."""
    if held is None:
        return settings.held_size_m / math.sqrt(2)
    return math.hypot(held.size[0], held.size[1]) / 2


def goal_in(
    target: Grounding, held_radius_m: float, heights: HeightMap, *, table: Table
) -> Point3:
    """
    Return the point inside a container for the bottom centre of the held thing.

    x, y are the centre of the rim; z is the height of the highest surface below the held thing
    around it: the floor, or what already lies there. It is not the height to release from:
    while the gripper is over the container, the held thing's bottom has to stay above
    `target.top` (the rim) unless it is known to fit between the walls.
    """
    x, y, _ = target.position
    inner = _INNER_SHARE * min(target.size[0], target.size[1]) / 2
    floor = _surface(heights, x, y, min(held_radius_m, inner))
    if floor is None:
        return x, y, target.bottom
    return x, y, max(target.bottom, table.height_at(x, y) + floor)


def goal_on(
    target: Grounding, held_radius_m: float, heights: HeightMap, *, table: Table
) -> Point3:
    """
    Return the point on a thing for the bottom centre of the held thing.

    z is the top; for flat things (plates, trays) the surface between the rims, or what is on it.
    """
    x, y, _ = target.position
    inner = _INNER_SHARE * min(target.size[0], target.size[1]) / 2
    surface = _surface(heights, x, y, min(held_radius_m, inner))
    if surface is None:
        return x, y, target.top
    seen = table.height_at(x, y) + surface
    return x, y, seen if target.size[2] < _FLAT_M else max(target.top, seen)


def _surface(heights: HeightMap, x: float, y: float, radius_m: float) -> float | None:
    seen = heights.within(x, y, radius_m)
    return float(np.percentile(seen, 80)) if len(seen) else None


def goal_next_to(
    target: Grounding,
    held_radius_m: float,
    heights: HeightMap,
    *,
    table: Table,
    settings: GroundingSettings,
) -> Point3:
    """
    Return the free spot beside a thing that has the most room around it.

    :param heights: without the held thing at the place that it was picked from.
    :raises Refusal: UNREACHABLE when there is none.
    """
    rings = [_ring(target, held_radius_m + settings.gap_m + extra) for extra in _EXTRA_GAPS_M]
    spots, extra = np.concatenate(rings), np.repeat(_EXTRA_GAPS_M, _DIRECTIONS)
    room = _clearance(spots, target, heights, settings) - held_radius_m
    free = _inside(spots, settings) & (room >= 0)
    if not free.any():
        raise Refusal(
            Outcome.UNREACHABLE,
            f'there is no free spot of {2 * held_radius_m:.3f} m beside the target at '
            f'{_rounded(target.position)!r}',
        )
    merit = np.where(free, np.minimum(room, _ENOUGH_M) - _COST_OF_GAP * extra, -np.inf)
    x, y = (float(value) for value in spots[int(np.argmax(merit))])
    return x, y, table.height_at(x, y)


def _ring(target: Grounding, beyond_m: float) -> NDArray[np.float64]:
    """Return points around a footprint, `beyond_m` from its edge: (n, 2)."""
    angles = np.arange(_DIRECTIONS, dtype=np.float64) * (2 * math.pi / _DIRECTIONS)
    distance = edge_along(target, angles + target.yaw) + beyond_m
    turned = angles + target.yaw
    x, y, _ = target.position
    return np.stack([x + distance * np.cos(turned), y + distance * np.sin(turned)], axis=1)


def edge_along(target: Grounding, headings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far the edge of a footprint is from its middle, per heading in the base."""
    cos, sin = np.abs(np.cos(headings - target.yaw)), np.abs(np.sin(headings - target.yaw))
    edge: NDArray[np.float64] = np.minimum(
        target.size[0] / 2 / np.maximum(cos, 1e-9), target.size[1] / 2 / np.maximum(sin, 1e-9)
    )
    return edge


def _inside(spots: NDArray[np.float64], settings: GroundingSettings) -> NDArray[np.bool_]:
    low = np.array(settings.workspace.lower[:2]) + _EDGE_M
    high = np.array(settings.workspace.upper[:2]) - _EDGE_M
    inside: NDArray[np.bool_] = np.all((spots >= low) & (spots <= high), axis=1)
    return inside


def _clearance(
    spots: NDArray[np.float64], target: Grounding, heights: HeightMap, settings: GroundingSettings
) -> NDArray[np.float64]:
    """Return each spot's distance to the nearest other cell that is occupied or was not seen."""
    blocked = np.concatenate([heights.occupied(settings.object_height_m), heights.unseen()])
    away = np.hypot(*(blocked - target.position[:2]).T)
    own_m = math.hypot(*target.size[:2]) / 2 + _OWN_M
    near = blocked[(away > own_m) & (away < own_m + _LOOK_AROUND_M)]
    if len(near) == 0:
        return np.full(len(spots), _LOOK_AROUND_M)
    dx = spots[:, 0, None] - near[None, :, 0]
    dy = spots[:, 1, None] - near[None, :, 1]
    nearest: NDArray[np.float64] = np.sqrt((dx * dx + dy * dy).min(axis=1))
    return nearest


def goal_push(
    target: Grounding, direction: Direction, T_base_camera: NDArray[np.float64]
) -> Point3:
    """Return where the target's centre comes to when it is pushed, as seen by the camera."""
    heading = heading_of(direction, T_base_camera)
    x, y, z = target.position
    return (
        x + PUSH_DISTANCE_M * math.cos(heading),
        y + PUSH_DISTANCE_M * math.sin(heading),
        z,
    )


def heading_of(direction: Direction, T_base_camera: NDArray[np.float64]) -> float:
    """Return the heading on the table, in rad about z, of a direction that the camera sees."""
    return image_up(T_base_camera) + _TURNS[direction]


def image_up(T_base_camera: NDArray[np.float64]) -> float:
    """
    Return the heading on the table of what is 'up', 'away from the camera', in the image.

    The optical axis and the image's up direction are added: one of them vanishes on the table for
    a level camera, the other for one that looks straight down.
    """
    R_base_camera = T_base_camera[:3, :3]
    away = R_base_camera[:2, 2] - R_base_camera[:2, 1]
    return math.atan2(away[1], away[0])


def _rounded(point: Point3) -> tuple[float, ...]:
    return tuple(round(value, 3) for value in point)
