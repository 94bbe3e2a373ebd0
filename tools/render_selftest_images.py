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

"""Renders the images of the self-test that show the simulated table; see `models.selftest`."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.models.selftest.cards import IMAGES, INDEX
from vlm_robot.sim.catalogue import SHAPES, Kind, Size
from vlm_robot.sim.scene import ObjectSpec, SceneSpec
from vlm_robot.sim.tabletop import Tabletop

Place = tuple[str, Kind, float, float]
"""Colour, kind, and x and y on the table in metres."""

SCENES: tuple[tuple[int, Place, Place], ...] = (
    # width of the image, the thing to point at, and another
    (640, ('red', Kind.CUBE, 0.62, 0.20), ('blue', Kind.BALL, 0.42, -0.05)),
    (320, ('blue', Kind.CUBE, 0.65, -0.24), ('yellow', Kind.MUG, 0.45, 0.10)),
    (480, ('green', Kind.BALL, 0.36, 0.12), ('red', Kind.CUBE, 0.55, -0.10)),
    (640, ('yellow', Kind.CYLINDER, 0.44, -0.26), ('purple', Kind.CUBE, 0.52, 0.05)),
    (400, ('purple', Kind.CUBE, 0.49, 0.26), ('green', Kind.CYLINDER, 0.40, -0.12)),
    (560, ('red', Kind.BALL, 0.56, -0.11), ('yellow', Kind.CUBE, 0.38, 0.10)),
)


def main() -> None:
    """Render every scene and write the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, default=IMAGES, help='folder to write')
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    rows = [_write(out, index, *scene) for index, scene in enumerate(SCENES)]
    (out / INDEX).write_text(json.dumps(rows, indent=1) + '\n', encoding='utf-8')


def _write(
    out: Path, index: int, width: int, thing: Place, other: Place
) -> dict[str, str | float]:
    rgb, mask = _render(SceneSpec(index, (_object('thing', thing), _object('other', other))))
    share = width / rgb.shape[1]
    size = width, round(rgb.shape[0] * share)
    name = f'{index}.png'
    image = cv2.resize(rgb[..., ::-1], size, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(out / name), image, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    rows, columns = np.nonzero(mask)
    return {
        'file': name,
        'words': f'{thing[0]} {thing[1].value}',
        'u': round(float(columns.mean() + 0.5) * share - 0.5, 2),
        'v': round(float(rows.mean() + 0.5) * share - 0.5, 2),
        'radius': round(math.sqrt(rows.size / math.pi) * share, 2),
    }


def _object(name: str, place: Place) -> ObjectSpec:
    colour, kind, x, y = place
    z = SHAPES[kind, Size.LARGE].height / 2
    return ObjectSpec(name, kind, Size.LARGE, colour, x, y, z, yaw=0.4)


def _render(scene: SceneSpec) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    tabletop = Tabletop(scene)
    try:
        return tabletop.look().rgb, tabletop.object_masks()['thing']
    finally:
        tabletop.close()


if __name__ == '__main__':
    main()
