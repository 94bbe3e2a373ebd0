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

"""The board as a picture that prints in its true size."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.calibration.board import Board
from vlm_robot.core.errors import ConfigurationError

_INCH_M = 0.0254
_AFTER_HEADER = 33  # bytes of PNG's signature and its IHDR chunk


def write_board(board: Board, path: Path, *, dpi: int = 300) -> float:
    """
    Write the board as PNG, with a line of text that says what it is.

    A square is a whole number of pixels, and the file says how large a pixel is.

    :return: the resolution in dpi, close to the one that was asked for.
    :raises ConfigurationError: when the file cannot be written, or would be too large.
    """
    pixels_per_square = max(8, round(board.square_m / _INCH_M * dpi))
    if pixels_per_square * max(board.columns, board.rows) > 20_000:
        raise ConfigurationError(f'{dpi!r} dpi make a picture of this board too large to print')
    image = _captioned(board, board.picture(pixels_per_square))
    _, encoded = cv2.imencode('.png', image)
    pixels_per_m = pixels_per_square / board.square_m
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_with_resolution(encoded.tobytes(), pixels_per_m))
    except OSError as err:
        raise ConfigurationError(f'{str(path)!r} cannot be written: {err}') from err
    return pixels_per_m * _INCH_M


def caption(board: Board) -> str:
    """Say what to measure after printing, and what to call the board by."""
    width_m = board.size_m[0]
    return (
        f'--squares {board.columns}x{board.rows} --square-m {board.square_m:g} --marker-m '
        f'{board.marker_m:g} --dictionary {board.dictionary}   width {1000 * width_m:g} mm'
    )


def _captioned(board: Board, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    text, font = caption(board), cv2.FONT_HERSHEY_SIMPLEX
    (width, height), _ = cv2.getTextSize(text, font, 1.0, 1)
    scale = 0.8 * picture.shape[1] / width
    strip = np.full((round(3 * height * scale), picture.shape[1]), 255, np.uint8)
    at = (round(0.1 * picture.shape[1]), round(1.5 * height * scale))
    cv2.putText(strip, text, at, font, scale, 0, max(1, round(2 * scale)), cv2.LINE_AA)
    return np.vstack([picture, strip])


def _with_resolution(png: bytes, pixels_per_m: float) -> bytes:
    """Insert PNG's pHYs chunk, https://www.w3.org/TR/png-3/#11pHYs."""
    resolution = round(pixels_per_m)
    body = b'pHYs' + struct.pack('>IIB', resolution, resolution, 1)
    chunk = struct.pack('>I', 9) + body + struct.pack('>I', zlib.crc32(body))
    return png[:_AFTER_HEADER] + chunk + png[_AFTER_HEADER:]
