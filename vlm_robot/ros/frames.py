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

"""Where the camera is, relative to the robot, when an image was taken."""

from __future__ import annotations

import importlib
import importlib.util
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import ConfigurationError, Refusal
from vlm_robot.core.geometry import from_quaternion, is_rigid
from vlm_robot.core.outcome import Outcome

if TYPE_CHECKING:
    import threading

    from rclpy.node import Node

_POLL_S = 0.005


@dataclass(frozen=True)
class Extrinsics:
    """A calibrated camera pose: where it comes from, and the pose itself."""

    source: str = 'auto'  # 'tf', 'parameters', or 'auto': tf where tf2 is installed
    camera_frame: str = ''
    translation: tuple[float, ...] = (0.0, 0.0, 0.0)  # m, of the optical frame in the base frame
    quat_xyzw: tuple[float, ...] = (0.0, 0.0, 0.0, 1.0)


class CameraPose(Protocol):
    """Tells the camera's pose at a moment."""

    def T_base_camera(
        self, camera_frame: str, stamp_ns: int, cancel: threading.Event
    ) -> NDArray[np.float64]:
        """
        Return the 4 x 4 pose of the camera's optical frame in the base frame.

        :raises Refusal: NO_TRANSFORM.
        """
        ...


def make_camera_pose(
    node: Node, extrinsics: Extrinsics, *, base_frame: str, wait_s: float
) -> CameraPose:
    """
    Return what the parameters ask for.

    :param wait_s: how long to wait for a transform from tf2.
    :raises ConfigurationError: when the extrinsics are no rigid transform, or tf2 is missing.
    """
    has_tf = importlib.util.find_spec('tf2_ros') is not None
    if extrinsics.source == 'tf' and not has_tf:
        raise ConfigurationError(
            "extrinsics.source is 'tf' but tf2_ros is not installed: use 'parameters'"
        )
    if extrinsics.source == 'tf' or (extrinsics.source == 'auto' and has_tf):
        return TfPose(node, base_frame=base_frame, wait_s=wait_s)
    return FixedPose(extrinsics)


class FixedPose:
    """A camera that does not move relative to the base."""

    def __init__(self, extrinsics: Extrinsics) -> None:
        self._camera_frame = extrinsics.camera_frame
        try:
            self._pose = from_quaternion(extrinsics.translation, extrinsics.quat_xyzw)
        except ValueError as err:
            raise ConfigurationError(f'extrinsics are no pose: {err}') from err
        if not is_rigid(self._pose):
            raise ConfigurationError(
                f'extrinsics.translation is {extrinsics.translation!r}: expected three numbers'
            )

    def T_base_camera(
        self, camera_frame: str, stamp_ns: int, cancel: threading.Event
    ) -> NDArray[np.float64]:
        """Return the calibrated pose, for the camera that was calibrated."""
        if camera_frame != self._camera_frame:
            raise Refusal(
                Outcome.NO_TRANSFORM,
                f'the image is from frame {camera_frame!r}, but extrinsics are known for '
                f'{self._camera_frame!r}',
            )
        return self._pose


class TfPose:
    """A camera whose pose tf2 tells, at the image's own stamp."""

    def __init__(self, node: Node, *, base_frame: str, wait_s: float) -> None:
        tf2_ros: Any = importlib.import_module('tf2_ros')
        self._error: Any = importlib.import_module('tf2_ros').TransformException
        self._buffer = tf2_ros.Buffer()
        self._listener = tf2_ros.TransformListener(self._buffer, node)
        self._base_frame = base_frame
        self._wait_s = wait_s

    def T_base_camera(
        self, camera_frame: str, stamp_ns: int, cancel: threading.Event
    ) -> NDArray[np.float64]:
        """Look the transform up, waiting a bounded time for it."""
        from rclpy.time import Time

        end = time.monotonic() + self._wait_s
        while True:
            try:
                found = self._buffer.lookup_transform(
                    self._base_frame, camera_frame, Time(nanoseconds=stamp_ns)
                )
                t, q = found.transform.translation, found.transform.rotation
                return from_quaternion((t.x, t.y, t.z), (q.x, q.y, q.z, q.w))
            except (self._error, ValueError) as err:
                if time.monotonic() >= end:
                    message = f'no transform {self._base_frame!r} <- {camera_frame!r}: {err}'
                    raise Refusal(Outcome.NO_TRANSFORM, message) from err
            if cancel.wait(_POLL_S):
                raise Refusal(Outcome.CANCELED, 'canceled while waiting for a transform')
