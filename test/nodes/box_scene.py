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

"""A red box on a table, as any camera sees it: cast ray by ray."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import CameraInfo

from vlm_robot.core.geometry import from_look_at
from vlm_robot.optics.lens import lens_of

WIDTH, HEIGHT = 96, 72
BOX = (0.5, 0.03, 0.03)  # its centre, m
_HALF_M = 0.03
_FOCAL_PX = 140.0
_RED, _TABLE = (200.0, 30.0, 30.0), (175.0, 160.0, 140.0)
_SIDES = (0.6, 0.75, 1.0)  # how bright the faces along x, y and z are

T_BASE_CAMERA = from_look_at((0.05, 0.0, 0.6), BOX)


def camera_info(model: str = 'plumb_bob', d: tuple[float, ...] = (0.0,) * 5) -> CameraInfo:
    """Return the camera_info of the camera that all pictures are of, but for the lens."""
    info = CameraInfo(width=WIDTH, height=HEIGHT, distortion_model=model, d=list(d))
    info.k = [_FOCAL_PX, 0.0, WIDTH / 2 - 0.5, 0.0, _FOCAL_PX, HEIGHT / 2 - 0.5, 0.0, 0.0, 1.0]
    info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    return info


def picture(info: CameraInfo, T_base_camera: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what a camera sees: (h, w, 3) uint8 and depth, (h, w) float32 m."""
    x, y = np.broadcast_arrays(*lens_of(info, rectified=False).lines_of_sight())
    rays = np.stack([x, y, np.ones_like(x)], axis=-1) @ T_base_camera[:3, :3].T
    eye = T_base_camera[:3, 3]
    with np.errstate(divide='ignore'):
        first = (np.array(BOX) - np.sign(rays) * _HALF_M - eye) / rays
        last = (np.array(BOX) + np.sign(rays) * _HALF_M - eye) / rays
        table_m = np.where(rays[..., 2] < 0, -eye[2] / rays[..., 2], np.nan)
    is_box = first.max(axis=-1) < last.min(axis=-1)
    depth_m = np.where(is_box, first.max(axis=-1), table_m)
    shade = np.array(_SIDES)[first.argmax(axis=-1)]
    rgb = np.where(is_box[..., None], shade[..., None] * np.array(_RED), np.array(_TABLE))
    return rgb.astype(np.uint8), depth_m.astype(np.float32)
