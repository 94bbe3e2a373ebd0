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

"""The cameras that the parameters name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.geometry import from_quaternion
from vlm_robot.nodes.vlm_parameters import CameraParameters, ExtrinsicsParameters
from vlm_robot.ros.camera.cameras import Cameras
from vlm_robot.ros.camera.frame_source import FrameLimits, FrameSource
from vlm_robot.ros.transforms.frames import Extrinsics, Transforms, make_transforms

if TYPE_CHECKING:
    from rclpy.node import Node


def open_transforms(
    node: Node, extrinsics: ExtrinsicsParameters, *, base_frame: str
) -> Transforms:
    """
    Return what tells where the cameras are.

    :raises ConfigurationError: as `make_transforms`.
    """
    return make_transforms(
        node,
        Extrinsics(
            extrinsics.source,
            extrinsics.camera_frames,
            extrinsics.translations,
            extrinsics.quats_xyzw,
            extrinsics.mount_frames,
        ),
        base_frame=base_frame,
        wait_s=extrinsics.wait_s,
    )


def open_cameras(node: Node, camera: CameraParameters, transforms: Transforms) -> Cameras:
    """
    Subscribe to the cameras.

    :raises ConfigurationError: for no name, one that is given twice or is no namespace, and for a
        pose of the depth camera that is none.
    """
    names, limits = camera.names, frame_limits(camera)
    if not names or len(set(names)) < len(names):
        raise ConfigurationError(
            f'camera.names is {list(names)!r}: expected at least one namespace, each once'
        )
    try:
        sources = [FrameSource(node, limits, camera=name, transforms=transforms) for name in names]
    except ValueError as err:  # of rclpy, for names that no topic can have
        raise ConfigurationError(f'camera.names is {list(names)!r}: {err}') from err
    return Cameras(sources, wait_s=limits.wait_s)


def frame_limits(camera: CameraParameters) -> FrameLimits:
    """
    Return what counts as a usable frame.

    :raises ConfigurationError: for a pose of the depth camera that is none.
    """
    return FrameLimits(
        max_age_s=camera.max_age_s,
        future_tolerance_s=camera.future_tolerance_s,
        sync_tolerance_s=camera.sync_tolerance_s,
        wait_s=camera.wait_s,
        compressed=camera.transport == 'compressed',
        depth_compressed=camera.depth_transport == 'compressed',
        depth_images=camera.depth_images,
        rectified=camera.rectified,
        T_colour_depth=_depth_camera_pose(camera.depth_translation, camera.depth_quat_xyzw),
    )


def _depth_camera_pose(
    translation: Sequence[float], quat_xyzw: Sequence[float]
) -> NDArray[np.float64] | None:
    """
    Return T_colour_depth of parameters; None where both are empty.

    :raises ConfigurationError: for numbers that are no pose.
    """
    if not translation and not quat_xyzw:
        return None
    try:
        if len(translation) != 3 or len(quat_xyzw) != 4:
            raise ValueError('expected three and four numbers')
        return from_quaternion(translation, quat_xyzw)
    except ValueError as err:
        raise ConfigurationError(
            f'camera.depth_translation {list(translation)!r} and camera.depth_quat_xyzw '
            f'{list(quat_xyzw)!r} are no pose: {err}'
        ) from err
