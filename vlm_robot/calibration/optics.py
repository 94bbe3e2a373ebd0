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

"""The camera as its camera_info describes it: where a point is seen."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vlm_robot.calibration.faults import CalibrationRefused, Fault
from vlm_robot.core.errors import Refusal
from vlm_robot.optics.distortion import Distortion
from vlm_robot.optics.lens import distortion_of

_BEHIND = 1e-6  # m
_FAR_PX = 1e6
_REFINEMENTS = 3


@dataclass(frozen=True, eq=False)
class Optics:
    """
    A camera's intrinsics with its distortion.

    :raises CalibrationRefused: NO_CAMERA_INFO for numbers that are no camera.
    """

    width: int
    height: int
    matrix: NDArray[np.float64]  # (3, 3)
    model: str = 'plumb_bob'
    coefficients: NDArray[np.float64] = field(default_factory=lambda: np.zeros(5))

    def __post_init__(self) -> None:
        if self.matrix.shape != (3, 3) or not np.isfinite(self.matrix).all():
            raise _refused(f'the camera matrix is {self.matrix.tolist()!r}')
        if not (self._focal > 0).all():
            lengths = tuple(self._focal.tolist())
            raise _refused(f'the focal length is {lengths!r}: the camera is not calibrated')
        _ = self._distortion

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return where points of the optical frame, (n, 3) m, are seen: (n, 2) pixels.

        A point behind the camera is seen far outside of the image, so that an optimiser may go on.
        """
        ahead = np.maximum(points[:, 2], _BEHIND)
        x, y = points[:, 0] / ahead, points[:, 1] / ahead
        with np.errstate(over='ignore', invalid='ignore'):
            seen = self._distortion.distort(x, y) if self._distortion else (x, y)
            pixels = np.column_stack(seen) * self._focal + self._centre
        return np.nan_to_num(pixels, nan=_FAR_PX).clip(-_FAR_PX, _FAR_PX)

    def undistort(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x / z and y / z of the lines of sight of pixels, (n, 2)."""
        seen = (pixels - self._centre) / self._focal
        if self._distortion is None:
            return seen
        rays = self._distortion.undistort(seen[:, None]).reshape(-1, 2)
        for _ in range(_REFINEMENTS):  # OpenCV stops at a hundredth of a pixel
            missed = pixels - self.project(np.column_stack([rays, np.ones(len(rays))]))
            rays = rays + missed / self._focal
        return rays

    @property
    def _focal(self) -> NDArray[np.float64]:
        return self.matrix[[0, 1], [0, 1]]

    @property
    def _centre(self) -> NDArray[np.float64]:
        return self.matrix[:2, 2]

    @functools.cached_property
    def _distortion(self) -> Distortion | None:
        try:
            return distortion_of(self.model, tuple(self.coefficients.tolist()))
        except Refusal as refusal:
            raise _refused(refusal.message) from refusal


def optics_from_yaml(content: Any) -> Optics:
    """
    Read what `camera_calibration` writes (the format of camera_calibration_parsers).

    :raises CalibrationRefused: NO_CAMERA_INFO.
    """
    if not isinstance(content, Mapping):
        raise _refused('the file of the camera is not one of camera_calibration')
    try:
        return Optics(
            int(content['image_width']),
            int(content['image_height']),
            np.array(content['camera_matrix']['data'], dtype=np.float64).reshape(3, 3),
            str(content.get('distortion_model') or 'plumb_bob'),
            np.array(content['distortion_coefficients']['data'], dtype=np.float64).ravel(),
        )
    except (KeyError, TypeError, ValueError) as err:
        raise _refused(f'the file of the camera lacks or spoils {err}') from err


def optics_to_yaml(optics: Optics, name: str) -> dict[str, Any]:
    """Return what `camera_calibration` would write."""
    data = [float(value) for value in optics.coefficients]
    return {
        'image_width': optics.width,
        'image_height': optics.height,
        'camera_name': name,
        'camera_matrix': {'rows': 3, 'cols': 3, 'data': optics.matrix.ravel().tolist()},
        'distortion_model': optics.model,
        'distortion_coefficients': {'rows': 1, 'cols': len(data), 'data': data},
    }


def _refused(message: str) -> CalibrationRefused:
    return CalibrationRefused(Fault.NO_CAMERA_INFO, message)
