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

"""Where the corners ought to be seen, and the poses for which they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.calibration.mounting import rotation_vector
from vlm_robot.calibration.optics import Optics
from vlm_robot.calibration.sighting import Sighting
from vlm_robot.core.errors import MissingPackageError
from vlm_robot.core.geometry import inverse

try:
    from scipy.optimize import least_squares
except ImportError as err:
    raise MissingPackageError('scipy', 'calibration') from err

_NOISE_PX = 1.0  # from which on a residual counts less, while bad samples may be among them


@dataclass(frozen=True)
class Poses:
    """The unknowns."""

    T_mount_camera: NDArray[np.float64]
    T_holder_board: NDArray[np.float64]
    scale: float = 1.0  # of the board

    def moved(self, step: NDArray[np.float64]) -> Poses:
        """Return the poses after six small numbers each, and a thirteenth for the scale."""
        return Poses(
            self.T_mount_camera @ _small(step[:6]),
            self.T_holder_board @ _small(step[6:12]),
            self.scale * float(np.exp(step[12])) if len(step) > 12 else self.scale,
        )


@dataclass(frozen=True)
class Look:
    """What one sample contributes."""

    T_mount_holder: NDArray[np.float64]
    points: NDArray[np.float64]  # (n, 3) corners in the board's frame
    pixels: NDArray[np.float64]  # (n, 2) where they are seen


@dataclass(frozen=True)
class Equations:
    """Reprojection errors of several looks through one camera."""

    optics: Optics
    looks: tuple[Look, ...]

    def without(self, index: int) -> Equations:
        """Return all but one look."""
        return replace(self, looks=self.looks[:index] + self.looks[index + 1 :])

    def only(self, indices: Sequence[int]) -> Equations:
        """Return some of the looks."""
        return replace(self, looks=tuple(self.looks[i] for i in indices))

    def expected(self, poses: Poses, index: int) -> NDArray[np.float64]:
        """Return where the corners of a look ought to be seen, (n, 2) pixels."""
        return self.only([index])._expected(poses)

    def errors(self, poses: Poses) -> NDArray[np.float64]:
        """Return expected minus seen of all corners of all looks, (k, 2) pixels."""
        return self._expected(poses) - self._seen

    def rms(self, poses: Poses) -> NDArray[np.float64]:
        """Return the root mean square reprojection error of each look, (m,) pixels."""
        squares = np.square(self.errors(poses)).sum(axis=1)
        sums = np.bincount(self._owners, weights=squares, minlength=len(self.looks))
        return np.asarray(np.sqrt(sums / np.bincount(self._owners)), dtype=np.float64)

    def refined(self, poses: Poses, *, robust: bool = False, scaled: bool = False) -> Poses:
        """
        Minimise the reprojection error over all unknowns at once.

        :param robust: bear with bad samples.
        :param scaled: let the size of the board be unknown, too.
        """
        solution = least_squares(
            lambda step: self.errors(poses.moved(step)).ravel(),
            np.zeros(13 if scaled else 12),
            loss='cauchy' if robust else 'linear',
            f_scale=_NOISE_PX,
            xtol=1e-10,
            ftol=1e-10,
            max_nfev=100,
        )
        return poses.moved(solution.x)

    @cached_property
    def _seen(self) -> NDArray[np.float64]:
        return np.concatenate([look.pixels for look in self.looks])

    @cached_property
    def _points(self) -> NDArray[np.float64]:
        return np.concatenate([look.points for look in self.looks])

    @cached_property
    def _owners(self) -> NDArray[np.intp]:
        """The look that each corner is of."""
        return np.repeat(np.arange(len(self.looks)), [len(look.points) for look in self.looks])

    @cached_property
    def _moves(self) -> NDArray[np.float64]:
        return np.stack([look.T_mount_holder for look in self.looks])

    def _expected(self, poses: Poses) -> NDArray[np.float64]:
        T_camera_board = inverse(poses.T_mount_camera) @ self._moves @ poses.T_holder_board
        T = T_camera_board[self._owners]
        turned = np.einsum('kij,kj->ki', T[:, :3, :3], poses.scale * self._points)
        return self.optics.project(turned + T[:, :3, 3])


def look_of(
    T_mount_holder: NDArray[np.float64], sighting: Sighting, corners: NDArray[np.float64]
) -> Look:
    """Return what a sighting contributes."""
    return Look(T_mount_holder, corners[sighting.ids], sighting.pixels)


def difference(T_a: NDArray[np.float64], T_b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the small step from one pose to another, (6,): rad, then m in the frame of a."""
    T = inverse(T_a) @ T_b
    return np.concatenate([rotation_vector(T), T[:3, 3]])


def _small(step: NDArray[np.float64]) -> NDArray[np.float64]:
    T = np.eye(4)
    T[:3, :3], _ = cv2.Rodrigues(step[:3])
    T[:3, 3] = step[3:]
    return T
