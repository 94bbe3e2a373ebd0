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

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.calibration.faults import CalibrationRefused, Fault

_COEFFICIENTS = {
    'plumb_bob': (0, 4, 5),
    'rational_polynomial': (0, 4, 5, 8, 12, 14),
    'equidistant': (0, 4),
}
"""Distortion model of `sensor_msgs/CameraInfo` -> how many coefficients it may have."""

_BEHIND = 1e-6  # m
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
        if self.model not in _COEFFICIENTS:
            known = ', '.join(_COEFFICIENTS)
            raise _refused(f'distortion model {self.model!r} is not known: known are {known}')
        if len(self.coefficients) not in _COEFFICIENTS[self.model]:
            counts = ', '.join(map(str, _COEFFICIENTS[self.model]))
            raise _refused(
                f'{self.model!r} has {len(self.coefficients)} coefficients: expected {counts}'
            )
        if self.matrix.shape != (3, 3) or not np.isfinite(self.matrix).all():
            raise _refused(f'the camera matrix is {self.matrix.tolist()!r}')
        if not np.isfinite(self.coefficients).all():
            raise _refused(f'the distortion is {self.coefficients.tolist()!r}')
        if not (self.matrix[0, 0] > 0 and self.matrix[1, 1] > 0):
            lengths = self.matrix[0, 0], self.matrix[1, 1]
            raise _refused(f'the focal length is {lengths!r}: the camera is not calibrated')

    @property
    def is_fisheye(self) -> bool:
        """Whether the model is the Kannala-Brandt one."""
        return self.model == 'equidistant' and len(self.coefficients) > 0

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        Return where points of the optical frame, (n, 3) m, are seen: (n, 2) pixels.

        A point behind the camera is seen far outside of the image, so that an optimiser may go on.
        """
        ahead = points.copy()
        ahead[:, 2] = np.maximum(ahead[:, 2], _BEHIND)
        zero = np.zeros(3)
        if self.is_fisheye:
            seen, _ = cv2.fisheye.projectPoints(
                ahead[:, None], zero, zero, self.matrix, self.coefficients
            )
        else:
            seen, _ = cv2.projectPoints(ahead[:, None], zero, zero, self.matrix, self._plain())
        pixels = np.asarray(seen, dtype=np.float64).reshape(-1, 2)
        return np.nan_to_num(pixels, nan=1e6, posinf=1e6, neginf=-1e6).clip(-1e6, 1e6)

    def undistort(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x / z and y / z of the lines of sight of pixels, (n, 2)."""
        seen = np.ascontiguousarray(pixels[:, None], dtype=np.float64)
        if self.is_fisheye:
            rough = cv2.fisheye.undistortPoints(seen, self.matrix, self.coefficients)
        else:
            rough = cv2.undistortPoints(seen, self.matrix, self._plain())
        rays = np.asarray(rough, dtype=np.float64).reshape(-1, 2)
        for _ in range(_REFINEMENTS):  # OpenCV stops at a hundredth of a pixel
            missed = pixels - self.project(np.column_stack([rays, np.ones(len(rays))]))
            rays = rays + missed / self.matrix[[0, 1], [0, 1]]
        return rays

    def _plain(self) -> NDArray[np.float64]:
        return np.zeros(5) if self.model == 'equidistant' else self.coefficients


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
