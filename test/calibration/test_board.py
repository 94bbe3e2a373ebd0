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

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from board_pictures import BOARD, FISHEYE, PLUMB_BOB, RATIONAL, photograph, views

from vlm_robot.calibration.board import Board
from vlm_robot.calibration.optics import Optics
from vlm_robot.calibration.printing import caption, write_board
from vlm_robot.calibration.sighting import board_pose, find_corners
from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.geometry import transform_points


@pytest.mark.parametrize('optics', [PLUMB_BOB, RATIONAL, FISHEYE], ids=lambda o: o.model)
def test_corners_are_seen_to_a_fraction_of_a_pixel(optics: Optics) -> None:
    (view,) = views(1, seed=8)
    sighting = find_corners(BOARD, photograph(view, optics))

    assert sighting is not None
    assert len(sighting.ids) == len(BOARD.corners)
    expected = optics.project(transform_points(view, BOARD.corners[sighting.ids]))
    assert np.abs(sighting.pixels - expected).max() < 1.0
    T_camera_board = board_pose(BOARD, sighting, optics)
    np.testing.assert_allclose(T_camera_board, view, atol=0.02)


def test_an_image_with_too_little_of_the_board_has_no_sighting() -> None:
    (view,) = views(1, seed=8)
    image = photograph(view, PLUMB_BOB)
    sighting = find_corners(BOARD, image)
    assert sighting is not None
    image[:, round(np.sort(sighting.pixels[:, 0])[2]) :] = 110
    assert find_corners(BOARD, image) is None


@pytest.mark.parametrize('dpi', [100, 300])
def test_a_printed_board_has_its_true_size_and_is_its_own_board(tmp_path: Path, dpi: int) -> None:
    path = tmp_path / 'deep' / 'board.png'

    resolution = write_board(BOARD, path, dpi=dpi)

    data = path.read_bytes()
    at = data.index(b'pHYs')
    x, y, unit = struct.unpack('>IIB', data[at + 4 : at + 13])
    assert (x, unit) == (y, 1)
    assert x * 0.0254 == pytest.approx(resolution, rel=1e-3)
    sighting = find_corners(BOARD, cv2.imread(str(path)))
    assert sighting is not None
    places_m = (sighting.pixels - sighting.pixels[0]) / x
    expected_m = (BOARD.corners - BOARD.corners[0])[sighting.ids, :2]
    np.testing.assert_allclose(places_m, expected_m, atol=2e-4)
    assert '--squares 7x5' in caption(BOARD)


@pytest.mark.parametrize(
    ('squares', 'others', 'sentence'),
    [
        ('seven', {}, "'seven': expected for example 7x5"),
        ('2x5', {}, '2 x 5 squares'),
        ('7x5', {'marker_m': 0.04}, 'the markers smaller'),
        ('7x5', {'square_m': 30.0, 'marker_m': 22.0}, 'expected metres'),
        ('7x5', {'dictionary': 'DICT_5X5_10'}, 'did you mean'),
        ('30x20', {}, 'has 100 markers: the board needs 300'),
    ],
)
def test_a_board_that_cannot_be_is_refused(
    squares: str, others: dict[str, float | str], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        Board.sized(squares, **others)


def test_a_board_that_is_too_large_to_print_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='too large'):
        write_board(Board(square_m=0.5, marker_m=0.4), tmp_path / 'a.png', dpi=1200)
