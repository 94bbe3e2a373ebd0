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

"""The images of the self-test: each has one thing that its words fit, and says where it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.errors import ConfigurationError
from vlm_robot.core.values import Pixel

IMAGES = Path(__file__).resolve().parents[1] / 'selftest_images'
INDEX = 'index.json'

_TABLE = (186, 170, 148)
_SHADE = 0.72  # of a thing's rim against its middle
_HALF = 0.08  # half of a thing's side, as a share of the image's shorter side
_DRAWN = (
    # width, height, shares of them, colour, words
    (640, 480, (0.21, 0.30), (200, 30, 30), 'red square'),
    (800, 500, (0.76, 0.17), (30, 60, 205), 'blue circle'),
    (480, 640, (0.34, 0.81), (30, 140, 45), 'green square'),
    (1000, 560, (0.86, 0.66), (235, 205, 30), 'yellow circle'),
    (560, 700, (0.13, 0.58), (120, 40, 150), 'purple square'),
    (720, 400, (0.64, 0.37), (240, 120, 20), 'orange circle'),
)
"""Places that no mirroring, exchange of axes, scale or shift takes to one another."""


@dataclass(frozen=True)
class Card:
    """One image."""

    words: str  # what is to be pointed at
    rgb: NDArray[np.uint8]  # (h, w, 3)
    true: Pixel  # the thing's middle
    radius: float  # pixels: a point within is on the thing


def drawn_cards() -> tuple[Card, ...]:
    """Draw one coloured figure on a plain table for each card, in images of several shapes."""
    return tuple(_draw(*card) for card in _DRAWN)


def tabletop_cards(folder: Path = IMAGES) -> tuple[Card, ...]:
    """
    Read the images of the simulated table that came with this package.

    :raises ConfigurationError: for an image or a list of them that cannot be read.
    """
    try:
        rows = json.loads((folder / INDEX).read_text(encoding='utf-8'))
        return tuple(_load(folder, row) for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise ConfigurationError(
            f'the images of the self-test in {str(folder)!r} cannot be read: {err}'
        ) from err


DECKS: dict[str, Callable[[], tuple[Card, ...]]] = {
    'drawn': drawn_cards,
    'tabletop': tabletop_cards,
}
"""The images by name, as a profile's `self_test` names them."""


def _draw(
    width: int, height: int, place: tuple[float, float], colour: tuple[int, int, int], words: str
) -> Card:
    rgb = np.full((height, width, 3), _TABLE, np.uint8)
    u, v = round(place[0] * width), round(place[1] * height)
    half = round(_HALF * min(width, height))
    rim = tuple(round(_SHADE * c) for c in colour)
    for reach, paint in ((half, rim), (round(0.9 * half), colour)):
        if words.endswith('square'):
            cv2.rectangle(rgb, (u - reach, v - reach), (u + reach, v + reach), paint, cv2.FILLED)
        else:
            cv2.circle(rgb, (u, v), reach, paint, cv2.FILLED, cv2.LINE_AA)
    return Card(words, rgb, (float(u), float(v)), float(half))


def _load(folder: Path, row: dict[str, str | float]) -> Card:
    path = folder / str(row['file'])
    bgr = cv2.imread(str(path))
    if bgr is None:
        raise ValueError(f'{path.name!r} is no image')
    rgb = np.ascontiguousarray(bgr[..., ::-1], dtype=np.uint8)
    true = float(row['u']), float(row['v'])
    return Card(str(row['words']), rgb, true, float(row['radius']))
