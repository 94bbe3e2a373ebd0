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


"""Photographs a simulated scene as somebody's camera would: from anywhere, through any lens."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import mujoco
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.values import Intrinsics
from vlm_robot.sim.camera import CAMERA, Camera
from vlm_robot.sim.tabletop import Tabletop

Mask = NDArray[np.bool_]

_FINER = 1.15  # the pinhole's resolution by that of the lens whose image is made from it
_FLIP = np.diag([1.0, -1.0, -1.0])  # optical frame -> MuJoCo's camera frame
_HIDDEN = 4  # a group of geoms that MuJoCo does not render


@dataclass(frozen=True)
class Photo:
    """What was seen, and the ground truth about it."""

    rgb: NDArray[np.uint8]  # (h, w, 3)
    depth_m: NDArray[np.float32]  # (h, w)
    masks: dict[str, Mask]  # name of an object -> its visible pixels, (h, w)
    shares: dict[str, float]  # of those that would be visible if nothing hid them


def photograph(
    tabletop: Tabletop,
    T_base_camera: NDArray[np.float64],
    intrinsics: Intrinsics,
    rays: NDArray[np.float32] | None = None,
) -> Photo:
    """
    Take a picture of a scene as it stands.

    :param intrinsics: with square pixels; of a pinhole, its axis is in the middle of the image.
    :param rays: (2, h, w) x / z and y / z of each pixel of another lens: its image is made from
        that of a wide pinhole, colour linearly and the rest from the nearest pixel.
    """
    pinhole = intrinsics if rays is None else _pinhole_around(rays, intrinsics)
    lens = _Lens(rays, pinhole)
    with _camera_at(tabletop, T_base_camera, pinhole) as camera:
        rgb = lens.linear(camera.rgb(tabletop.data).copy())
        depth_m = lens.nearest(camera.depth(tabletop.data))
        bodies = lens.nearest(camera.bodies(tabletop.data))
        ids = {item.name: tabletop.model.body(item.name).id for item in tabletop.scene.objects}
        masks = {name: bodies == body for name, body in ids.items()}
        shares = {}
        for name, body in ids.items():
            with _alone(tabletop, body):
                whole = lens.nearest(camera.bodies(tabletop.data)) == body
            shares[name] = float(masks[name].sum() / max(1, whole.sum()))
    return Photo(rgb, depth_m, masks, shares)


@dataclass(frozen=True)
class _Lens:
    """Makes the image of a lens from that of a pinhole."""

    rays: NDArray[np.float32] | None
    pinhole: Intrinsics

    def linear(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return self._through(image, cv2.INTER_LINEAR)

    def nearest(self, image: NDArray) -> NDArray:
        through = self._through(image.astype(np.float32), cv2.INTER_NEAREST)
        return through.astype(image.dtype)

    def _through(self, image: NDArray, how: int) -> NDArray:
        if self.rays is None:
            return image
        u = self.rays[0] * self.pinhole.fx + self.pinhole.cx
        v = self.rays[1] * self.pinhole.fy + self.pinhole.cy
        return cv2.remap(image, u.astype(np.float32), v.astype(np.float32), how)


def _pinhole_around(rays: NDArray[np.float32], lens: Intrinsics) -> Intrinsics:
    focal = _FINER * lens.fy
    width, height = (2 * math.ceil(focal * float(np.nanmax(np.abs(axis)))) + 8 for axis in rays)
    return Intrinsics(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2)


@contextmanager
def _camera_at(
    tabletop: Tabletop, T_base_camera: NDArray[np.float64], pinhole: Intrinsics
) -> Iterator[Camera]:
    """Move the scene's camera, and let it be such a pinhole."""
    model, index = tabletop.model, tabletop.model.camera(CAMERA).id
    model.cam_pos[index] = T_base_camera[:3, 3]
    mujoco.mju_mat2Quat(model.cam_quat[index], (T_base_camera[:3, :3] @ _FLIP).flatten())
    model.cam_fovy[index] = math.degrees(2 * math.atan(pinhole.height / 2 / pinhole.fy))
    offscreen = model.vis.global_
    offscreen.offwidth = max(offscreen.offwidth, pinhole.width)
    offscreen.offheight = max(offscreen.offheight, pinhole.height)
    mujoco.mj_forward(model, tabletop.data)
    camera = Camera(model, width=pinhole.width, height=pinhole.height)
    try:
        yield camera
    finally:
        camera.close()


@contextmanager
def _alone(tabletop: Tabletop, body: int) -> Iterator[None]:
    """Hide everything but one body."""
    groups = tabletop.model.geom_group
    before = groups.copy()
    groups[tabletop.model.geom_bodyid != body] = _HIDDEN
    try:
        yield
    finally:
        groups[:] = before
