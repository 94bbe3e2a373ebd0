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

"""The simulated RGB-D camera: where it is, what its lens is, what it sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.geometry import from_look_at
from vlm_robot.core.values import Intrinsics

CAMERA = 'camera'
SCENE_VIEW = 'scene_view'
OPTICAL_FRAME = 'camera_optical_frame'
WIDTH, HEIGHT = 640, 480
FOVY_DEG = 32.0
POSITION = (0.0, 0.0, 1.0)
LOOK_AT = (0.5, 0.0, 0.0)


@dataclass(frozen=True)
class DepthNoise:
    """What a real depth camera adds: Gaussian noise, and a share of pixels without depth."""

    sigma_m: float = 0.0
    hole_share: float = 0.0


def intrinsics(
    width: int = WIDTH, height: int = HEIGHT, *, fovy_deg: float = FOVY_DEG
) -> Intrinsics:
    """Pinhole intrinsics of a MuJoCo camera; pixel centres are at whole numbers."""
    focal = height / 2 / math.tan(math.radians(fovy_deg) / 2)
    return Intrinsics(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2)


def T_base_camera() -> NDArray[np.float64]:
    """Pose of the camera's optical frame (z forward, x right, y down) in the base frame, 4 x 4."""
    return from_look_at(np.array(POSITION), np.array(LOOK_AT))


class Camera:
    """Renders colour, depth and object masks of a model offscreen (EGL)."""

    def __init__(self, model: mujoco.MjModel, *, width: int = WIDTH, height: int = HEIGHT) -> None:
        self._renderer = mujoco.Renderer(model, height, width)
        self._model = model

    def rgb(self, data: mujoco.MjData, camera: str = CAMERA) -> NDArray[np.uint8]:
        """Colour image, (h, w, 3)."""
        self._renderer.update_scene(data, camera)
        return self._renderer.render()

    def depth(
        self,
        data: mujoco.MjData,
        *,
        noise: DepthNoise | None = None,
        rng: np.random.Generator | None = None,
    ) -> NDArray[np.float32]:
        """Depth along the optical axis in metres, (h, w), NaN where there is none."""
        self._renderer.update_scene(data, CAMERA)
        self._renderer.enable_depth_rendering()
        depth_m = self._renderer.render().copy()
        self._renderer.disable_depth_rendering()
        if noise is not None and rng is not None:
            depth_m += rng.normal(0, noise.sigma_m, depth_m.shape).astype(np.float32)
            depth_m[rng.uniform(size=depth_m.shape) < noise.hole_share] = np.nan
        return depth_m

    def bodies(self, data: mujoco.MjData) -> NDArray[np.int32]:
        """Ground truth: the MuJoCo body id that each pixel shows, (h, w), -1 for none."""
        self._renderer.update_scene(data, CAMERA)
        self._renderer.enable_segmentation_rendering()
        pairs = self._renderer.render()
        self._renderer.disable_segmentation_rendering()
        geoms, types = pairs[..., 0], pairs[..., 1]
        # int(): numpy compares with the enum itself object by object, ten times slower
        shown = (types == int(mujoco.mjtObj.mjOBJ_GEOM)) & (geoms >= 0)
        return np.where(shown, self._model.geom_bodyid[np.where(shown, geoms, 0)], -1).astype(
            np.int32
        )

    def close(self) -> None:
        """Free the rendering context."""
        self._renderer.close()
