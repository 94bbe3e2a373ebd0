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

"""Objects built from primitive geoms: hollow ones are hollow to contact as well as to the eye."""

from __future__ import annotations

import math

import mujoco
import numpy as np

from vlm_robot.sim.catalogue import SHAPES, Kind, Shape, Size

_BOX = mujoco.mjtGeom.mjGEOM_BOX
_CYLINDER = mujoco.mjtGeom.mjGEOM_CYLINDER
_WALL = 0.0025  # half thickness of walls; thinner ones let things through at the step we simulate
_DENSITY = 350.0  # kg/m^3: light wood and plastic
_HEAVY = 1100.0  # kg/m^3: hollow things are thin, and what is put in must not sweep them away


def add_object(
    spec: mujoco.MjSpec, name: str, kind: Kind, size: Size, *, rgba: tuple[float, ...]
) -> None:
    """
    Add a free-floating object to a model.

    The body's frame is at the centre of the object's outer dimensions.

    :param spec: the model that is being built.
    :param name: name of the body; its free joint is `<name>_free`, its geoms `<name>_<i>`.
    :param rgba: colour, 0 to 1.
    """
    body = spec.worldbody.add_body(name=name)
    body.add_freejoint(name=f'{name}_free')
    _BUILDERS[kind](body, SHAPES[kind, size])
    for index, geom in enumerate(body.geoms):
        geom.name = f'{name}_{index}'
        geom.rgba = list(rgba)
        geom.density = _HEAVY if kind in _HOLLOW else _DENSITY
        geom.condim = 6 if kind is Kind.BALL else 4
        geom.friction = [0.9, 0.01, 0.0015]
        geom.solref = [0.005, 1]
        geom.solimp = [0.95, 0.99, 0.001, 0.5, 2]


def _cube(body: mujoco.MjsBody, shape: Shape) -> None:
    body.add_geom(type=_BOX, size=[shape.length / 2, shape.width / 2, shape.height / 2])


def _ball(body: mujoco.MjsBody, shape: Shape) -> None:
    body.add_geom(type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[shape.height / 2, 0, 0])


def _cylinder(body: mujoco.MjsBody, shape: Shape) -> None:
    body.add_geom(type=_CYLINDER, size=[shape.length / 2, shape.height / 2, 0])


def _mug(body: mujoco.MjsBody, shape: Shape) -> None:
    radius, half = shape.length / 2, shape.height / 2
    _round_wall(body, base_radius=radius, rim_radius=radius, height=shape.height, sides=16)
    reach = radius * 1.5
    low, high = -half * 0.45, half * 0.5
    for start, end in (
        ((radius - 0.002, high), (reach, high)),
        ((reach, high), (reach, low)),
        ((reach, low), (radius - 0.002, low)),
    ):
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_CAPSULE,
            size=[0.0035, 0, 0],
            fromto=[start[0], 0, start[1], end[0], 0, end[1]],
        )


def _bowl(body: mujoco.MjsBody, shape: Shape) -> None:
    rim = shape.length / 2
    _round_wall(body, base_radius=0.58 * rim, rim_radius=rim, height=shape.height, sides=20)


def _plate(body: mujoco.MjsBody, shape: Shape) -> None:
    rim = shape.length / 2
    _round_wall(body, base_radius=0.72 * rim, rim_radius=rim, height=shape.height, sides=20)


def _tray(body: mujoco.MjsBody, shape: Shape) -> None:
    x, y, half = shape.length / 2, shape.width / 2, shape.height / 2
    body.add_geom(type=_BOX, size=[x, y, _WALL], pos=[0, 0, _WALL - half])
    for sign in (-1, 1):
        body.add_geom(type=_BOX, size=[_WALL, y, half], pos=[sign * (x - _WALL), 0, 0])
        body.add_geom(type=_BOX, size=[x, _WALL, half], pos=[0, sign * (y - _WALL), 0])


def _round_wall(
    body: mujoco.MjsBody, *, base_radius: float, rim_radius: float, height: float, sides: int
) -> None:
    """Add a round floor and a ring of flat panels that lean from the base to the rim circle."""
    half = height / 2
    body.add_geom(type=_CYLINDER, size=[base_radius, _WALL, 0], pos=[0, 0, _WALL - half])
    lean = math.atan2(rim_radius - base_radius, height)
    panel = math.hypot(rim_radius - base_radius, height) / 2
    middle = (base_radius + rim_radius) / 2 - _WALL * math.cos(lean)
    for side in range(sides):
        turn = 2 * math.pi * side / sides
        quat_wxyz = np.zeros(4)
        mujoco.mju_mulQuat(
            quat_wxyz,
            np.array([math.cos(turn / 2), 0, 0, math.sin(turn / 2)]),
            np.array([math.cos(lean / 2), 0, math.sin(lean / 2), 0]),
        )
        body.add_geom(
            type=_BOX,
            size=[_WALL, rim_radius * math.tan(math.pi / sides), panel],
            pos=[middle * math.cos(turn), middle * math.sin(turn), 0],
            quat=quat_wxyz,
        )


_BUILDERS = {
    Kind.CUBE: _cube,
    Kind.BALL: _ball,
    Kind.CYLINDER: _cylinder,
    Kind.MUG: _mug,
    Kind.BOWL: _bowl,
    Kind.PLATE: _plate,
    Kind.TRAY: _tray,
}
_HOLLOW = frozenset({Kind.MUG, Kind.BOWL, Kind.PLATE, Kind.TRAY})
