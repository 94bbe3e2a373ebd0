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

"""From samples to the camera's pose, with what is known of its error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_robot.calibration.board import Board
from vlm_robot.calibration.equations import Equations, Poses, difference, look_of
from vlm_robot.calibration.faults import CalibrationRefused, Fault
from vlm_robot.calibration.handeye import first_guess
from vlm_robot.calibration.mounting import Setup, check_motion
from vlm_robot.calibration.optics import Optics
from vlm_robot.calibration.samples import Sample
from vlm_robot.calibration.sighting import (
    Sighting,
    board_pose,
    find_corners,
    other_dictionaries,
)

FEWEST_SAMPLES = 6
_LARGEST_MEDIAN_PX = 8.0
_BAD_SAMPLE_PX = 2.0
_BAD_SAMPLE_TIMES = 4.0  # the median of the samples
_MOST_BAD_SHARE = 1 / 3
_LARGEST_DEVIATION_M, _LARGEST_DEVIATION_RAD = 0.01, np.deg2rad(1.0)
_OTHER_SCALE = 0.01
_MUCH_BETTER = 0.5


@dataclass(frozen=True)
class Seen:
    """A sample with the corners in its image."""

    sample: Sample
    sighting: Sighting


@dataclass(frozen=True)
class Calibration:
    """Where the camera is, and how well that is known."""

    setup: Setup
    board: Board
    poses: Poses
    equations: Equations  # of the samples that were used
    used: tuple[Seen, ...]
    dropped: tuple[tuple[Seen, float], ...]  # with their reprojection errors in pixels
    unseen: tuple[str, ...]  # samples in whose images the board is not seen
    deviation: NDArray[np.float64]  # (6,) standard deviations, see `difference`
    left_out_px: NDArray[np.float64]  # of each used sample, by the poses of the others

    @property
    def T_mount_camera(self) -> NDArray[np.float64]:
        """The camera's pose in the base frame, or in the tool's frame."""
        return self.poses.T_mount_camera

    @property
    def sample_px(self) -> NDArray[np.float64]:
        """The reprojection error of each used sample."""
        return self.equations.rms(self.poses)

    @property
    def rms_px(self) -> float:
        """The reprojection error of all corners."""
        squares = np.square(self.equations.errors(self.poses)).sum(axis=1)
        return float(np.sqrt(squares.mean()))

    @property
    def deviation_m(self) -> float:
        """Standard deviation of the camera's position."""
        return float(np.linalg.norm(self.deviation[3:]))

    @property
    def deviation_rad(self) -> float:
        """Standard deviation of the camera's rotation."""
        return float(np.linalg.norm(self.deviation[:3]))


def calibrate(
    samples: Sequence[Sample], optics: Optics, *, board: Board, setup: Setup
) -> Calibration:
    """
    Find the camera's pose.

    :raises CalibrationRefused: when it cannot be known from these samples.
    """
    seen, unseen = _look(samples, board)
    _check_count(seen, samples, board)
    check_motion(s.sample.T_base_tool for s in seen)
    poses, error_px = _solve(seen, optics, board, setup)
    equations = _equations(seen, optics, board, setup)
    _check_scale(equations, poses, board)
    _check_setup(seen, optics, board, setup, error_px)
    good, bad = _sorted_out(equations.rms(poses))
    kept = tuple(seen[i] for i in good)
    _check_dropped(kept, bad, seen)
    check_motion(s.sample.T_base_tool for s in kept)
    equations = equations.only(good)
    poses = equations.refined(poses)
    errors_px = _equations(seen, optics, board, setup).rms(poses)
    deviation, left_out_px = leave_one_out(equations, poses)
    found = Calibration(
        setup,
        board,
        poses,
        equations,
        kept,
        tuple((seen[i], float(errors_px[i])) for i in bad),
        unseen,
        deviation,
        left_out_px,
    )
    _check_certainty(found)
    return found


def leave_one_out(
    equations: Equations, poses: Poses
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Calibrate once without each look.

    :return: the jackknife's standard deviation of the camera's pose, (6,), which holds for errors
        of the arm too, unlike the curvature at the minimum; and the error of each left-out look
        by the poses of the others, (m,) pixels.
    """
    count = len(equations.looks)
    others = [equations.without(i).refined(poses) for i in range(count)]
    steps = np.array([difference(poses.T_mount_camera, o.T_mount_camera) for o in others])
    spread = np.square(steps - steps.mean(axis=0)).sum(axis=0)
    left_out = [float(equations.only([i]).rms(other)[0]) for i, other in enumerate(others)]
    return np.sqrt((count - 1) / count * spread), np.array(left_out)


def _look(samples: Sequence[Sample], board: Board) -> tuple[list[Seen], tuple[str, ...]]:
    seen, unseen = [], []
    for sample in samples:
        sighting = find_corners(board, sample.image)
        if sighting is None:
            unseen.append(sample.name)
        else:
            seen.append(Seen(sample, sighting))
    return seen, tuple(unseen)


def _equations(seen: Sequence[Seen], optics: Optics, board: Board, setup: Setup) -> Equations:
    return Equations(
        optics,
        tuple(
            look_of(setup.T_mount_holder(s.sample.T_base_tool), s.sighting, board.corners)
            for s in seen
        ),
    )


def _solve(
    seen: Sequence[Seen], optics: Optics, board: Board, setup: Setup
) -> tuple[Poses, float]:
    """Return the poses that fit most samples, and the median error of a sample."""
    equations = _equations(seen, optics, board, setup)
    guess = first_guess(equations, [board_pose(board, s.sighting, optics) for s in seen])
    if guess is None:
        raise CalibrationRefused(
            Fault.DEGENERATE_MOTION, 'the equations of hand and eye have no solution'
        )
    poses = equations.refined(guess, robust=True)
    return poses, float(np.median(equations.rms(poses)))


def _sorted_out(errors_px: NDArray[np.float64]) -> tuple[list[int], list[int]]:
    limit = max(_BAD_SAMPLE_PX, _BAD_SAMPLE_TIMES * float(np.median(errors_px)))
    bad = np.flatnonzero(errors_px > limit).tolist()
    return [i for i in range(len(errors_px)) if i not in bad], bad


def _check_count(seen: Sequence[Seen], samples: Sequence[Sample], board: Board) -> None:
    if not seen and samples:
        images = [sample.image for sample in samples[:2]]
        others = other_dictionaries(board, images)
        hint = f', but markers like those of {", ".join(others)} are' if others else ''
        raise CalibrationRefused(
            Fault.BOARD_NOT_SEEN,
            f'a board of {board.columns} x {board.rows} squares with {board.dictionary} is seen '
            f'in none of {len(samples)} images{hint}',
        )
    if len(seen) < FEWEST_SAMPLES:
        raise CalibrationRefused(
            Fault.TOO_FEW_SAMPLES,
            f'the board is seen in {len(seen)} of {len(samples)} images: expected '
            f'{FEWEST_SAMPLES} at least, better 15',
        )


def _check_scale(equations: Equations, poses: Poses, board: Board) -> None:
    scaled = equations.refined(poses, robust=True, scaled=True)
    before, after = (float(np.median(equations.rms(p))) for p in (poses, scaled))
    if abs(scaled.scale - 1) > _OTHER_SCALE and after < _MUCH_BETTER * before:
        raise CalibrationRefused(
            Fault.WRONG_BOARD_SIZE,
            f'squares of {board.square_m:g} m leave an error of {before:.1f} px, those of '
            f'{board.square_m * scaled.scale:.4f} m would leave {after:.1f} px: measure the board',
        )


def _check_setup(
    seen: Sequence[Seen], optics: Optics, board: Board, setup: Setup, error_px: float
) -> None:
    if error_px < _LARGEST_MEDIAN_PX:
        return
    _, other_px = _solve(seen, optics, board, setup.other)
    if other_px < _MUCH_BETTER * error_px and other_px < _LARGEST_MEDIAN_PX:
        raise CalibrationRefused(
            Fault.WRONG_SETUP,
            f'as {setup.value} the error is {error_px:.1f} px, as {setup.other.value} it is '
            f'{other_px:.1f} px',
        )
    raise CalibrationRefused(
        Fault.IMPLAUSIBLE,
        f'the reprojection error of half of the samples is over {error_px:.1f} px: the arm poses '
        "do not belong to the images, or camera_info is not this camera's",
    )


def _check_dropped(kept: Sequence[Seen], bad: Sequence[int], seen: Sequence[Seen]) -> None:
    if len(kept) >= FEWEST_SAMPLES and len(bad) <= _MOST_BAD_SHARE * len(seen):
        return
    bad_names = ', '.join(seen[i].sample.name for i in bad)
    raise CalibrationRefused(
        Fault.IMPLAUSIBLE,
        f'{len(bad)} of {len(seen)} samples do not fit the others: {bad_names}',
    )


def _check_certainty(found: Calibration) -> None:
    is_near = found.deviation_m < _LARGEST_DEVIATION_M
    if is_near and found.deviation_rad < _LARGEST_DEVIATION_RAD:
        return
    raise CalibrationRefused(
        Fault.UNCERTAIN,
        f'the camera is known to {1000 * found.deviation_m:.1f} mm and '
        f'{np.rad2deg(found.deviation_rad):.2f} degrees only, with a reprojection error of '
        f'{found.rms_px:.1f} px: the arm is not where it says, or more samples with more turn '
        'are needed',
    )
