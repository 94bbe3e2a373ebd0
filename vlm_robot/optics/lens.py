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

"""How a camera's pixels and directions belong together, read from its camera_info."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import Outcome
from vlm_robot.core.values import Intrinsics
from vlm_robot.optics.camera_info import Content, Size, content_of, intrinsics_of
from vlm_robot.optics.distortion import BrownConrady, Distortion, Equidistant, Floats

if TYPE_CHECKING:
    from sensor_msgs.msg import CameraInfo

_BROWN_CONRADY = ('plumb_bob', 'rational_polynomial')
_FISHEYE = ('equidistant', 'fisheye')
_PINHOLE = ('', 'none', 'pinhole')
_COEFFICIENTS = (0, 4, 5, 8, 12, 14)
_CLOSES_PX = 0.05  # a line of sight that leads back this far from its pixel is none


@dataclass(frozen=True, eq=False)
class Lens:
    """
    Which line of sight each pixel has.

    Points and lines of sight are those of the optical frame: z forward, x right, y down.
    """

    intrinsics: Intrinsics  # of the pinhole that the distortion bends
    rays: NDArray[np.float32] | None = None  # (2, h, w), as of `Frame`; None for a pinhole
    _distortion: Distortion | None = field(default=None, repr=False)

    def project(self, points: ArrayLike) -> NDArray[np.float64]:
        """
        Return where points are seen.

        :param points: (..., 3) m.
        :return: (..., 2) pixels, NaN for points behind the camera or beyond what the lens sees.
        """
        x, y, z = np.moveaxis(np.asarray(points, dtype=np.float64), -1, 0)
        depth = np.where(z > 0, z, np.nan)
        return np.stack(self.bend(x / depth, y / depth), axis=-1).astype(np.float64)

    def bend(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """
        Return the pixels (u and v) of lines of sight, NaN where the lens has none.

        :param x: x / z, of any shape.
        :param y: y / z, of the same shape.
        """
        return _bend(x, y, self.intrinsics, self._distortion)

    def lines_of_sight(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return x / z and y / z of each pixel's line of sight, which broadcast to (h, w)."""
        if self.rays is not None:
            return self.rays[0], self.rays[1]
        k = self.intrinsics
        x = (np.arange(k.width, dtype=np.float32) - np.float32(k.cx)) / np.float32(k.fx)
        y = (np.arange(k.height, dtype=np.float32) - np.float32(k.cy)) / np.float32(k.fy)
        return x[None, :], y[:, None]


def lens_of(info: CameraInfo, *, rectified: bool, size: Size | None = None) -> Lens:
    """
    Return the lens of a camera; the same object for the same content of camera_info.

    :param rectified: whether the image is rectified: P is read and the distortion ignored. A raw
        image has K and D.
    :param size: width and height of the image, where it is known: as camera_info says after its
        region of interest and binning, or binned by a further whole number.
    :raises Refusal: NO_CAMERA_INFO for a camera that is not calibrated or a distortion that is
        not known, BAD_FRAME for a size that is not the image's.
    """
    return _lens(content_of(info), rectified, size)


@functools.lru_cache(maxsize=16)
def _lens(content: Content, rectified: bool, size: Size | None) -> Lens:
    intrinsics = intrinsics_of(content, rectified=rectified, size=size)
    distortion = None if rectified else distortion_of(content.model, content.d)
    if distortion is None:
        return Lens(intrinsics)
    return Lens(intrinsics, _rays(intrinsics, distortion), distortion)


def distortion_of(model: str, d: tuple[float, ...]) -> Distortion | None:
    """
    Return the distortion of a model of `sensor_msgs/CameraInfo` by its name, None for a pinhole.

    :raises Refusal: NO_CAMERA_INFO for an unknown model, or coefficients that are not its.
    """
    known = model.lower()
    if not np.isfinite(d).all():
        raise _uncalibrated(f'the camera has distortion coefficients {d!r}: expected numbers')
    if known in _FISHEYE:
        if len(d) not in (0, 4):
            raise _uncalibrated(f'{model!r} has {len(d)} distortion coefficients: expected 4')
        return Equidistant(np.array(d or (0.0,) * 4))
    if known in (*_BROWN_CONRADY, *_PINHOLE) and not any(d):
        return None
    if known not in _BROWN_CONRADY:
        names = ', '.join((*_BROWN_CONRADY, *_FISHEYE))
        raise _uncalibrated(f'distortion model {model!r} is not known: known are {names}')
    if len(d) not in _COEFFICIENTS:
        raise _uncalibrated(
            f'{model!r} has {len(d)} distortion coefficients: expected 4, 5, 8, 12 or 14'
        )
    return BrownConrady(np.array(d))


def _rays(intrinsics: Intrinsics, distortion: Distortion) -> NDArray[np.float32]:
    k = intrinsics
    v, u = np.mgrid[: k.height, : k.width].astype(np.float64)
    seen = np.stack([(u - k.cx) / k.fx, (v - k.cy) / k.fy], axis=-1)
    with np.errstate(over='ignore', invalid='ignore'):
        found = distortion.undistort(seen.reshape(-1, 1, 2)).reshape(seen.shape)
        again_u, again_v = _bend(found[..., 0], found[..., 1], k, distortion)
        closes = np.hypot(again_u - u, again_v - v) < _CLOSES_PX
    rays = np.where(closes, np.moveaxis(found, -1, 0), np.nan).astype(np.float32)
    rays.flags.writeable = False
    return rays


def _bend(
    x: Floats, y: Floats, k: Intrinsics, distortion: Distortion | None
) -> tuple[Floats, Floats]:
    if distortion is None:
        return k.fx * x + k.cx, k.fy * y + k.cy
    seen_x, seen_y = distortion.distort(x, y)
    u, v = k.fx * seen_x + k.cx, k.fy * seen_y + k.cy
    is_beyond = x * x + y * y > distortion.radius**2
    return np.where(is_beyond, np.nan, u), np.where(is_beyond, np.nan, v)


def _uncalibrated(message: str) -> Refusal:
    return Refusal(Outcome.NO_CAMERA_INFO, message)
