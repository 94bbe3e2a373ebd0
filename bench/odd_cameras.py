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


"""Cameras as people have them, looking at simulated scenes: how far off is what they measure."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass

os.environ.setdefault('MUJOCO_GL', 'egl')  # before anything imports mujoco

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo

from vlm_robot.core.errors import Refusal
from vlm_robot.core.geometry import from_look_at
from vlm_robot.core.grounding import Grounder, GroundingSettings
from vlm_robot.core.values import Frame, Pixel, Target
from vlm_robot.optics.lens import Lens, lens_of
from vlm_robot.optics.registration import register_depth
from vlm_robot.sim import camera as simulated
from vlm_robot.sim.camera import HEIGHT, WIDTH, DepthNoise
from vlm_robot.sim.catalogue import GRASPABLE
from vlm_robot.sim.photographer import Photo, photograph
from vlm_robot.sim.scene import ObjectSpec, SceneSpec
from vlm_robot.sim.tabletop import Tabletop

Pose = NDArray[np.float64]

NOISE = DepthNoise(sigma_m=0.002, hole_share=0.02)
_VISIBLE = 0.5  # of the pixels that a thing would have if nothing hid it
_WIDE = (760.0, 760.0, 322.3, 236.1)  # fx, fy, cx, cy


def lens(model: str = '', d: tuple[float, ...] = (), *, k: tuple[float, ...] = _WIDE) -> Lens:
    """Return the lens that a camera_info of 640 x 480 pixels tells of."""
    fx, fy, cx, cy = k
    info = CameraInfo(width=WIDTH, height=HEIGHT, distortion_model=model, d=list(d))
    info.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
    return lens_of(info, rectified=False)


_SIMULATED = simulated.intrinsics()
PINHOLE = Lens(_SIMULATED)
COARSE = Lens(simulated.intrinsics(fovy_deg=44.0))


def rolled(T_base_camera: Pose, degrees: float) -> Pose:
    """Turn a camera about its optical axis."""
    T_camera_rolled = np.eye(4)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    T_camera_rolled[:2, :2] = [[cos, -sin], [sin, cos]]
    return T_base_camera @ T_camera_rolled


def beside(x_m: float, y_m: float = 0.0, *, toe_in: float = 0.0) -> Pose:
    """Return the pose of a depth camera in the colour camera beside it, turned about y."""
    T_colour_depth = np.eye(4)
    cos, sin = math.cos(toe_in), math.sin(toe_in)
    T_colour_depth[:3, :3] = [[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]
    T_colour_depth[:3, 3] = (x_m, y_m, 0.0)
    return T_colour_depth


@dataclass(frozen=True)
class OddCamera:
    """Where a camera is and what its lens is; its depth may be that of a camera beside it."""

    name: str
    T_base_camera: Pose
    lens: Lens = PINHOLE
    T_colour_depth: Pose | None = None
    depth_lens: Lens = COARSE


FRONT = simulated.T_base_camera()
CAMERAS = (
    OddCamera('as simulated', FRONT),
    OddCamera('rolled by 90 degrees', rolled(FRONT, 90)),
    OddCamera('rolled by 180 degrees', rolled(FRONT, 180)),
    OddCamera(
        'from the side, rolled by 45', rolled(from_look_at((0.35, -0.75, 0.65), (0.5, 0, 0)), 45)
    ),
    OddCamera('from beyond, low', from_look_at((1.15, 0.3, 0.5), (0.5, 0, 0))),
    OddCamera('from right above', from_look_at((0.5, 0.0, 1.1), (0.5001, 0, 0))),
    OddCamera('plumb_bob', FRONT, lens('plumb_bob', (-0.28, 0.09, 0.0008, -0.0006, 0.01))),
    OddCamera(
        'rational_polynomial',
        FRONT,
        lens('rational_polynomial', (1.2, 0.6, 0.0005, -0.0003, 0.05, 1.5, 0.9, 0.1)),
    ),
    OddCamera('equidistant', FRONT, lens('equidistant', (0.02, -0.01, 0.004, -0.001))),
    OddCamera('depth 5 cm to the right', FRONT, T_colour_depth=beside(0.05)),
    OddCamera('depth 3 cm to the left', FRONT, T_colour_depth=beside(-0.03, 0.004, toe_in=0.02)),
    OddCamera(
        'depth beside a fisheye, rolled',
        rolled(FRONT, 90),
        lens('equidistant', (0.02, -0.01, 0.004, -0.001)),
        T_colour_depth=beside(0.05),
    ),
)


@dataclass(frozen=True)
class Miss:
    """How far the measured centre of a thing is from the true one."""

    item: ObjectSpec
    seed: int
    pixel: Pixel
    off_m: NDArray[np.float64]  # (3,), inf if it was refused
    refusal: str = ''

    @property
    def distance_m(self) -> float:
        """Error in 3D."""
        return float(np.linalg.norm(self.off_m))


def look(tabletop: Tabletop, camera: OddCamera, *, seed: int) -> tuple[Frame, Photo]:
    """Take a frame with noise and holes; and the photo without, which is the ground truth."""
    rng = np.random.default_rng(seed)
    photo = photograph(tabletop, camera.T_base_camera, camera.lens.intrinsics, camera.lens.rays)
    depth_m = noisy(photo.depth_m, rng)
    if camera.T_colour_depth is not None:
        pose = camera.T_base_camera @ camera.T_colour_depth
        seen = photograph(tabletop, pose, camera.depth_lens.intrinsics, camera.depth_lens.rays)
        depth_m = register_depth(
            noisy(seen.depth_m, rng),
            depth_lens=camera.depth_lens,
            colour_lens=camera.lens,
            T_colour_depth=camera.T_colour_depth,
        )
    frame = Frame(seed, 'camera', photo.rgb, depth_m, camera.lens.intrinsics, camera.lens.rays)
    return frame, photo


def noisy(depth_m: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Add what a depth camera adds."""
    noise = rng.standard_normal(depth_m.shape, dtype=np.float32)
    seen = depth_m + np.float32(NOISE.sigma_m) * noise
    seen[rng.random(depth_m.shape) < NOISE.hole_share] = np.nan
    return seen


def misses(scene: SceneSpec, camera: OddCamera) -> Iterator[Miss]:
    """Point at the middle of what is visible of each thing of a scene, and measure it."""
    tabletop = Tabletop(scene)
    try:
        frame, photo = look(tabletop, camera, seed=scene.seed)
        truth = {state.spec.name: state.position for state in tabletop.objects()}
    finally:
        tabletop.close()
    grounder = Grounder(
        frame, camera.T_base_camera, base_frame='base', settings=GroundingSettings()
    )
    for item in scene.objects:
        mask = photo.masks[item.name]
        if photo.shares[item.name] >= _VISIBLE and not is_cut(mask):
            yield _miss(grounder, scene.seed, item, _middle(mask), truth[item.name])


def is_cut(mask: NDArray[np.bool_]) -> bool:
    """Whether the image's border cuts a thing."""
    return bool(mask[[0, -1]].any() or mask[:, [0, -1]].any())


def _middle(mask: NDArray[np.bool_]) -> Pixel:
    v, u = np.nonzero(mask)
    nearest = np.argmin((u - u.mean()) ** 2 + (v - v.mean()) ** 2)
    return float(u[nearest]), float(v[nearest])


def _miss(
    grounder: Grounder, seed: int, item: ObjectSpec, pixel: Pixel, truth: NDArray[np.float64]
) -> Miss:
    try:
        found = grounder.target(Target(item.phrase, pixel), to_grasp=item.kind in GRASPABLE)
    except Refusal as refusal:
        return Miss(item, seed, pixel, np.full(3, np.inf), str(refusal))
    return Miss(item, seed, pixel, np.array(found.position) - truth)
