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
"""Things on a table, looked at by a camera above and behind the robot, with noise and holes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from raycast import Array, Ball, Block, Picture, Ring, Surface, Wall, render

from vlm_robot.core.geometry import from_look_at
from vlm_robot.core.values import Frame, Intrinsics, Pixel, Point3

INTRINSICS = Intrinsics(640, 480, 575.0, 575.0, 319.5, 239.5)
ELEVATION = math.radians(50)
T_BASE_CAMERA = from_look_at(
    (0.5 - 0.9 * math.cos(ELEVATION), 0.0, 0.9 * math.sin(ELEVATION)), (0.5, 0.0, 0.0)
)
COLOURS = {
    'red': (200, 30, 30),
    'green': (30, 140, 50),
    'blue': (30, 60, 200),
    'yellow': (230, 205, 30),
    'purple': (110, 35, 150),
    'white': (235, 235, 232),
    'black': (22, 22, 24),
}
_TABLE = (175, 160, 140)
_WALL_M = 0.004
_FLOOR_M = 0.005

SIZES: dict[str, tuple[Point3, ...]] = {
    'cube': ((0.04, 0.04, 0.04), (0.055, 0.055, 0.055)),
    'ball': ((0.044, 0.044, 0.044), (0.06, 0.06, 0.06)),
    'cylinder': ((0.04, 0.04, 0.05), (0.055, 0.055, 0.07)),
    'mug': ((0.056, 0.056, 0.065), (0.068, 0.068, 0.08)),
    'bowl': ((0.13, 0.13, 0.045), (0.17, 0.17, 0.055)),
    'plate': ((0.15, 0.15, 0.012), (0.19, 0.19, 0.012)),
    'tray': ((0.18, 0.14, 0.02), (0.22, 0.17, 0.02)),
}


@dataclass(frozen=True)
class Thing:
    """One thing; `bottom` is the height that it stands at."""

    kind: str
    colour: str
    x: float
    y: float
    yaw: float = 0.0
    bottom: float = 0.0
    large: bool = False

    @property
    def size(self) -> Point3:
        return SIZES[self.kind][int(self.large)]

    @property
    def centre(self) -> Point3:
        return self.x, self.y, self.bottom + self.size[2] / 2

    @property
    def top(self) -> float:
        return self.bottom + self.size[2]

    def surfaces(self) -> list[Surface]:
        if self.kind == 'cube':
            return [Block(self.centre, self.size, self.yaw)]
        if self.kind == 'ball':
            return [Ball(self.centre, self.size[0] / 2)]
        if self.kind == 'tray':
            return self._tray()
        return self._turned()

    def _turned(self) -> list[Surface]:
        """A surface of revolution: solid for a cylinder, with a wall and a floor for the rest."""
        base = {'bowl': 0.55, 'plate': 0.75}.get(self.kind, 1.0)
        rim, axis = self.size[0] / 2, (self.x, self.y)
        low, high = (self.bottom, base * rim), (self.top, rim)
        outside = Wall(axis, low, high)
        if self.kind == 'cylinder':
            return [outside, Ring((*axis, self.top), 0.0, rim)]
        floor = self.bottom + _FLOOR_M
        inside = Wall(axis, (floor, base * rim - _WALL_M), (self.top, rim - _WALL_M))
        return [
            outside,
            inside,
            Ring((*axis, self.top), rim - _WALL_M, rim),
            Ring((*axis, floor), 0.0, base * rim - _WALL_M),
            *(self._handle() if self.kind == 'mug' else ()),
        ]

    def _handle(self) -> list[Surface]:
        rim, height = self.size[0] / 2, self.size[2]
        parts = (
            (1.25, 0.75, (0.5 * rim, 0.007, 0.007)),
            (1.25, 0.30, (0.5 * rim, 0.007, 0.007)),
            (1.50, 0.52, (0.007, 0.007, 0.5 * height)),
        )
        return [
            Block(self._at(out * rim, 0.0, self.bottom + up * height), size, self.yaw)
            for out, up, size in parts
        ]

    def _tray(self) -> list[Surface]:
        length, width, height = self.size
        floor = Block(
            self._at(0, 0, self.bottom + _FLOOR_M / 2), (length, width, _FLOOR_M), self.yaw
        )
        middle = self.centre[2]
        ends = [
            Block(
                self._at(s * (length - _WALL_M) / 2, 0, middle), (_WALL_M, width, height), self.yaw
            )
            for s in (-1, 1)
        ]
        sides = [
            Block(
                self._at(0, s * (width - _WALL_M) / 2, middle), (length, _WALL_M, height), self.yaw
            )
            for s in (-1, 1)
        ]
        return [floor, *ends, *sides]

    def _at(self, along: float, across: float, z: float) -> Point3:
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        return self.x + along * cos - across * sin, self.y + along * sin + across * cos, z


@dataclass(frozen=True)
class Look:
    """A frame with its ground truth."""

    frame: Frame
    index: NDArray[np.int64]  # (h, w) index of the thing, -1 for the table
    T_base_camera: Array

    def pixel_of(self, index: int) -> Pixel:
        """Return the visible pixel of a thing that is nearest to the middle of them."""
        v, u = np.nonzero(self.index == index)
        nearest = np.argmin((u - u.mean()) ** 2 + (v - v.mean()) ** 2)
        return float(u[nearest]), float(v[nearest])


def look_at(
    things: Sequence[Thing],
    *,
    sigma_m: float = 0.0015,
    holes: float = 0.02,
    seed: int = 0,
    T_base_camera: Array = T_BASE_CAMERA,
) -> Look:
    """
    Photograph things on a table at z = 0.

    :param sigma_m: Gaussian noise of depth.
    :param holes: share of pixels without depth; where there are any, a third of the pixels at
        edges are a mixture of both sides.
    """
    surfaces: list[tuple[int, Surface, tuple[int, int, int]]] = []
    for number, thing in enumerate(things):
        surfaces += [(number, s, COLOURS[thing.colour]) for s in thing.surfaces()]
    picture = render(surfaces, T_base_camera, INTRINSICS, table=_TABLE)
    rng = np.random.default_rng(seed)
    rgb = picture.rgb + rng.integers(-3, 4, picture.rgb.shape, dtype=np.int16)
    frame = Frame(
        stamp_ns=1_000_000_000,
        frame_id='camera_optical_frame',
        rgb=np.clip(rgb, 0, 255).astype(np.uint8),
        depth_m=_measured(picture, rng, sigma_m, holes),
        intrinsics=INTRINSICS,
    )
    return Look(frame, picture.index, T_base_camera)


def _measured(
    picture: Picture, rng: np.random.Generator, sigma_m: float, holes: float
) -> NDArray[np.float32]:
    depth = picture.depth_m.copy()
    beside = np.roll(depth, 1, axis=1)
    edge = np.flatnonzero(np.abs(depth - beside) > 0.01)
    mixed = edge[rng.uniform(size=len(edge)) < 0.3 * (holes > 0)]
    blend = rng.uniform(size=len(mixed))
    depth.flat[mixed] = blend * depth.flat[mixed] + (1 - blend) * beside.flat[mixed]
    depth += np.float32(sigma_m) * rng.standard_normal(depth.shape, dtype=np.float32)
    depth[rng.random(depth.shape, dtype=np.float32) < holes] = np.nan
    return depth


def scatter(seed: int, count: int = 5, *, gap: float = 0.03) -> list[Thing]:
    """Draw things that lie apart on the table."""
    rng = np.random.default_rng(seed)
    things: list[Thing] = []
    for _ in range(200):
        if len(things) == count:
            break
        thing = Thing(
            kind=str(rng.choice(list(SIZES))),
            colour=str(rng.choice(list(COLOURS))),
            x=float(rng.uniform(0.33, 0.67)),
            y=float(rng.uniform(-0.27, 0.27)),
            yaw=float(rng.uniform(-math.pi, math.pi)),
            large=bool(rng.integers(2)),
        )
        if all(_apart(thing, other) > gap for other in things):
            things.append(thing)
    return things


def _apart(one: Thing, other: Thing) -> float:
    reach = [math.hypot(*t.size[:2]) / 2 * (1.5 if t.kind == 'mug' else 1) for t in (one, other)]
    return math.hypot(one.x - other.x, one.y - other.y) - sum(reach)


def upon(thing: Thing, base: Thing, *, on_floor: bool = False) -> Thing:
    """Return the thing standing on another, or on its floor, at the same place."""
    bottom = base.bottom + _FLOOR_M if on_floor else base.top
    return replace(thing, x=base.x, y=base.y, bottom=bottom)
