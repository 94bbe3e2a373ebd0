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

"""Where frames are, relative to each other, when an image was taken."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.geometry import from_quaternion, inverse, is_rigid
from vlm_robot.core.outcome import Outcome

if TYPE_CHECKING:
    import threading

    from rclpy.node import Node


@dataclass(frozen=True)
class Extrinsics:
    """Where the transforms come from, and the calibrated pose of each camera."""

    source: str = 'auto'  # 'tf', 'parameters', or 'auto': tf where tf2 is installed
    camera_frames: tuple[str, ...] = ()
    translations: tuple[float, ...] = ()  # m, three per camera, of its frame in its mount's
    quats_xyzw: tuple[float, ...] = ()  # four per camera
    mount_frames: tuple[str, ...] = ('',)  # what the poses are given in; '' is the base frame


class Transforms(Protocol):
    """Tells where one frame is in another at a moment."""

    def between(
        self, target_frame: str, source_frame: str, stamp_ns: int, cancel: threading.Event
    ) -> NDArray[np.float64]:
        """
        Return the 4 x 4 pose of the source frame in the target frame.

        :raises Refusal: NO_TRANSFORM or CANCELED.
        """
        ...


def make_transforms(
    node: Node, extrinsics: Extrinsics, *, base_frame: str, wait_s: float
) -> Transforms:
    """
    Return what the parameters ask for.

    :param wait_s: how long to wait for a transform from tf2.
    :raises ConfigurationError: when the extrinsics are no rigid transforms, or tf2 is missing.
    """
    has_tf = importlib.util.find_spec('tf2_ros') is not None
    if extrinsics.source == 'tf' and not has_tf:
        raise ConfigurationError(
            "extrinsics.source is 'tf' but tf2_ros is not installed: use 'parameters', or "
            'sudo apt install ros-$ROS_DISTRO-tf2-ros-py'
        )
    mounts = camera_mounts(extrinsics, base_frame)
    if extrinsics.source == 'tf' or (extrinsics.source == 'auto' and has_tf):
        from vlm_robot.ros.transforms.tf_transforms import TfTransforms

        transforms = TfTransforms(node, wait_s=wait_s)
        poses = camera_poses(extrinsics) if mounts else {}
        return MountedTransforms(transforms, {c: (mounts[c], poses[c]) for c in mounts})
    if mounts:
        raise ConfigurationError(
            f'extrinsics.mount_frames has cameras that move: {sorted(mounts)!r} need tf2 and '
            "extrinsics.source 'tf'"
        )
    return FixedTransforms(base_frame, camera_poses(extrinsics))


class FixedTransforms:
    """
    Cameras that do not move relative to the base.

    :param poses: T_base_camera of each camera's optical frame.
    """

    def __init__(self, base_frame: str, poses: Mapping[str, NDArray[np.float64]]) -> None:
        if base_frame in poses:
            raise ConfigurationError(
                f'extrinsics.camera_frames has {base_frame!r}, which is the base frame itself'
            )
        self._poses = {base_frame: np.eye(4), **poses}

    def between(
        self, target_frame: str, source_frame: str, stamp_ns: int, cancel: threading.Event
    ) -> NDArray[np.float64]:
        """Return the calibrated transform, which holds at any time."""
        for frame in (target_frame, source_frame):
            if frame not in self._poses:
                known = ', '.join(map(repr, self._poses))
                raise Refusal(
                    Outcome.NO_TRANSFORM,
                    f'no transform {target_frame!r} <- {source_frame!r}: '
                    f'extrinsics are known for {known}, not for {frame!r}: `vlm-robot calibrate` '
                    'finds them, or extrinsics.camera_frames names it',
                )
        return inverse(self._poses[target_frame]) @ self._poses[source_frame]


class MountedTransforms:
    """
    Cameras on something that moves, for example on the arm's tool.

    :param moving: tells where the mounts are, and all other frames.
    :param mounts: camera's optical frame -> the frame it is fixed to, and T_mount_camera.
    """

    def __init__(
        self, moving: Transforms, mounts: Mapping[str, tuple[str, NDArray[np.float64]]]
    ) -> None:
        self._moving = moving
        self._mounts = dict(mounts)

    def between(
        self, target_frame: str, source_frame: str, stamp_ns: int, cancel: threading.Event
    ) -> NDArray[np.float64]:
        """Return the transform of a moment, by way of the mounts."""
        target, T_target = self._mounts.get(target_frame, (target_frame, np.eye(4)))
        source, T_source = self._mounts.get(source_frame, (source_frame, np.eye(4)))
        moved = self._moving.between(target, source, stamp_ns, cancel)
        return inverse(T_target) @ moved @ T_source


def camera_mounts(extrinsics: Extrinsics, base_frame: str) -> dict[str, str]:
    """
    Return the frame that a camera is fixed to, of those that are not fixed to the base.

    :raises ConfigurationError: for a wrong count of frames.
    """
    cameras, frames = _named(extrinsics), extrinsics.mount_frames
    if not any(frames):
        return {}
    if len(frames) != len(cameras):
        raise ConfigurationError(
            f'extrinsics.mount_frames has {len(frames)} names: expected one for each of '
            f'extrinsics.camera_frames {list(cameras)!r}'
        )
    pairs = zip(cameras, frames, strict=True)
    return {camera: frame for camera, frame in pairs if frame not in ('', base_frame)}


def camera_poses(extrinsics: Extrinsics) -> dict[str, NDArray[np.float64]]:
    """
    Return T_mount_camera by the name of the camera's optical frame.

    :raises ConfigurationError: for a wrong count of numbers, or numbers that are no pose.
    """
    frames = _named(extrinsics)
    for name, values, each in (
        ('translations', extrinsics.translations, 3),
        ('quats_xyzw', extrinsics.quats_xyzw, 4),
    ):
        if len(values) != each * len(frames):
            raise ConfigurationError(
                f'extrinsics.{name} has {len(values)} numbers: expected {each} for each of '
                f'extrinsics.camera_frames {list(frames)!r}'
            )
    if twice := [frame for frame, count in Counter(frames).items() if count > 1]:
        raise ConfigurationError(f'extrinsics.camera_frames has {twice[0]!r} twice')
    return {frame: _pose(extrinsics, index) for index, frame in enumerate(frames)}


def _named(extrinsics: Extrinsics) -> tuple[str, ...]:
    """Return the frames of cameras: a list of words that is empty would have no type in ROS."""
    return () if extrinsics.camera_frames == ('',) else extrinsics.camera_frames


def _pose(extrinsics: Extrinsics, index: int) -> NDArray[np.float64]:
    translation = extrinsics.translations[3 * index : 3 * index + 3]
    quat_xyzw = extrinsics.quats_xyzw[4 * index : 4 * index + 4]
    frame = extrinsics.camera_frames[index]
    try:
        pose = from_quaternion(translation, quat_xyzw)
    except ValueError as err:
        raise ConfigurationError(f'extrinsics of {frame!r} are no pose: {err}') from err
    if not is_rigid(pose):
        raise ConfigurationError(
            f'extrinsics of {frame!r} have the translation {translation!r}: '
            'expected three finite numbers'
        )
    return pose
