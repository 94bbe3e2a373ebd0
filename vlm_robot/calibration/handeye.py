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

"""A first guess of the unknown poses, in closed form."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from vlm_robot.calibration.equations import Equations, Poses
from vlm_robot.calibration.mounting import rotation_vector
from vlm_robot.core.geometry import inverse

_FEWEST = 4
_SUBSETS = 24


def first_guess(
    equations: Equations, seen: Sequence[NDArray[np.float64]], *, seed: int = 0
) -> Poses | None:
    """
    Return the best of the guesses from all looks and from subsets of them.

    Closed forms have no defence against a bad sample; some subset has none, and the guess of the
    least median error is of such a one.

    :param seen: T_camera_board of each look.
    :return: None when no closed form has a solution.
    """
    guesses = [
        guess
        for subset in _subsets(len(seen), seed)
        if (guess := _closed_form(equations, seen, subset)) is not None
    ]
    if not guesses:
        return None
    return min(guesses, key=lambda guess: float(np.median(equations.rms(guess))))


def _subsets(count: int, seed: int) -> Iterator[list[int]]:
    everything = list(range(count))
    yield everything
    if count > _FEWEST:
        random = np.random.default_rng(seed)
        for _ in range(_SUBSETS):
            yield sorted(random.choice(count, max(_FEWEST, count // 2), replace=False).tolist())


def _closed_form(
    equations: Equations, seen: Sequence[NDArray[np.float64]], subset: Sequence[int]
) -> Poses | None:
    moves = [inverse(equations.looks[i].T_mount_holder) for i in subset]
    boards = [seen[i] for i in subset]
    try:
        T_mount_camera = park_martin(moves, boards)
    except np.linalg.LinAlgError:
        return None
    candidates = [
        Poses(T_mount_camera, move @ T_mount_camera @ board)
        for move, board in zip(moves, boards, strict=True)
    ]
    return min(candidates, key=lambda guess: float(np.median(equations.rms(guess))))


def park_martin(
    T_holder_mount: Sequence[NDArray[np.float64]], T_camera_board: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """
    Return T_mount_camera for which T_holder_mount @ it @ T_camera_board is the same for all.

    Park and Martin, "Robot sensor calibration: solving AX = XB on the Euclidean group", 1994:
    the rotation aligns the axes of all relative motions, the translation is linear then. OpenCV's
    `calibrateHandEye` has it, but its wheels of version 5 do not.

    :raises numpy.linalg.LinAlgError: without a solution.
    """
    pairs = list(itertools.combinations(range(len(T_holder_mount)), 2))
    A = [inverse(T_holder_mount[j]) @ T_holder_mount[i] for i, j in pairs]
    B = [T_camera_board[j] @ inverse(T_camera_board[i]) for i, j in pairs]
    aligned = sum(
        np.outer(rotation_vector(a), rotation_vector(b)) for a, b in zip(A, B, strict=True)
    )
    u, _, vt = np.linalg.svd(aligned)
    T = np.eye(4)
    T[:3, :3] = u @ np.diag([1, 1, np.linalg.det(u @ vt)]) @ vt
    left = np.concatenate([a[:3, :3] - np.eye(3) for a in A])
    right = np.concatenate([T[:3, :3] @ b[:3, 3] - a[:3, 3] for a, b in zip(A, B, strict=True)])
    T[:3, 3] = np.linalg.lstsq(left, right, rcond=None)[0]
    return T
