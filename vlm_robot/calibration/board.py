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

"""The ChArUco board."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import ConfigurationError, UnknownNameError

_QUIET_SQUARES = 0.5  # white around the board


@dataclass(frozen=True)
class Board:
    """
    A chessboard with ArUco markers in its white squares.

    Its frame has its origin at a corner of the board, x along the columns, y along the rows.

    :raises ConfigurationError: when there is no such board.
    """

    columns: int = 7
    rows: int = 5
    square_m: float = 0.03
    marker_m: float = 0.022
    dictionary: str = 'DICT_5X5_100'
    legacy: bool = False  # the pattern before OpenCV 4.6, for an even number of rows

    def __post_init__(self) -> None:
        if not hasattr(getattr(cv2.aruco, 'CharucoBoard', None), 'setLegacyPattern'):
            raise ConfigurationError(
                f'OpenCV is {cv2.__version__!r}: expected 4.8 or newer, pip install opencv-python'
            )
        if not (3 <= self.columns <= 40 and 3 <= self.rows <= 40):
            raise ConfigurationError(
                f'the board has {self.columns} x {self.rows} squares: expected 3 to 40 each way'
            )
        if not 0 < self.marker_m < self.square_m < 1:
            raise ConfigurationError(
                f'markers of {self.marker_m!r} m in squares of {self.square_m!r} m: '
                'expected metres, the markers smaller'
            )
        known = len(self._dictionary().bytesList)
        if (needed := self.columns * self.rows // 2) > known:
            raise ConfigurationError(
                f'{self.dictionary!r} has {known} markers: the board needs {needed}'
            )

    @classmethod
    def sized(cls, squares: str, **others: float | str | bool) -> Board:
        """Return a board of for example '7x5' squares: columns, then rows."""
        match = re.fullmatch(r'(\d{1,3})[xX](\d{1,3})', squares.strip())
        if match is None:
            raise ConfigurationError(f'squares are {squares!r}: expected for example 7x5')
        return cls(int(match[1]), int(match[2]), **others)  # type: ignore[arg-type]

    @cached_property
    def pattern(self) -> cv2.aruco.CharucoBoard:
        """OpenCV's board."""
        size = (self.columns, self.rows)
        board = cv2.aruco.CharucoBoard(size, self.square_m, self.marker_m, self._dictionary())
        board.setLegacyPattern(self.legacy)
        return board

    @cached_property
    def corners(self) -> NDArray[np.float64]:
        """The inner corners by their id, (n, 3) m."""
        return np.asarray(self.pattern.getChessboardCorners(), dtype=np.float64)

    @property
    def size_m(self) -> tuple[float, float]:
        """Width and height."""
        return self.columns * self.square_m, self.rows * self.square_m

    def picture(self, pixels_per_square: int) -> NDArray[np.uint8]:
        """Return the board with white around it, (h, w)."""
        margin = round(_QUIET_SQUARES * pixels_per_square)
        width, height = (n * pixels_per_square for n in (self.columns, self.rows))
        drawn = self.pattern.generateImage((width, height), marginSize=0)
        padded = np.pad(drawn, margin, constant_values=255)
        return np.asarray(padded, dtype=np.uint8)

    def _dictionary(self) -> cv2.aruco.Dictionary:
        if self.dictionary not in dictionaries():
            raise UnknownNameError('dictionary', self.dictionary, dictionaries())
        return cv2.aruco.getPredefinedDictionary(dictionaries()[self.dictionary])


def dictionaries() -> dict[str, int]:
    """Return OpenCV's dictionaries of square markers by name."""
    names = (name for name in dir(cv2.aruco) if re.fullmatch(r'DICT_\dX\d_\d+', name))
    return {name: int(getattr(cv2.aruco, name)) for name in names}
