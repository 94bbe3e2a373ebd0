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

"""What can stand on the simulated table: kinds, sizes and colours, each written once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A kind of object; the value is the noun that people use."""

    CUBE = 'cube'
    BALL = 'ball'
    CYLINDER = 'cylinder'
    MUG = 'mug'
    BOWL = 'bowl'
    PLATE = 'plate'
    TRAY = 'tray'


class Size(StrEnum):
    """A size; the value is the adjective that people use."""

    SMALL = 'small'
    LARGE = 'large'


@dataclass(frozen=True)
class Shape:
    """Outer dimensions in metres; `length` is along the object's x axis, `width` along y."""

    length: float
    width: float
    height: float

    @property
    def reach(self) -> float:
        """Half of the longer side: the radius that the object needs on the table."""
        return max(self.length, self.width) / 2


SHAPES: dict[tuple[Kind, Size], Shape] = {
    (Kind.CUBE, Size.SMALL): Shape(0.040, 0.040, 0.040),
    (Kind.CUBE, Size.LARGE): Shape(0.055, 0.055, 0.055),
    (Kind.BALL, Size.SMALL): Shape(0.044, 0.044, 0.044),
    (Kind.BALL, Size.LARGE): Shape(0.060, 0.060, 0.060),
    (Kind.CYLINDER, Size.SMALL): Shape(0.040, 0.040, 0.052),
    (Kind.CYLINDER, Size.LARGE): Shape(0.055, 0.055, 0.070),
    (Kind.MUG, Size.SMALL): Shape(0.056, 0.056, 0.060),
    (Kind.MUG, Size.LARGE): Shape(0.068, 0.068, 0.078),
    (Kind.BOWL, Size.SMALL): Shape(0.125, 0.125, 0.045),
    (Kind.BOWL, Size.LARGE): Shape(0.160, 0.160, 0.055),
    (Kind.PLATE, Size.SMALL): Shape(0.140, 0.140, 0.012),
    (Kind.PLATE, Size.LARGE): Shape(0.180, 0.180, 0.014),
    (Kind.TRAY, Size.SMALL): Shape(0.165, 0.125, 0.018),
    (Kind.TRAY, Size.LARGE): Shape(0.205, 0.155, 0.022),
}
"""Outer dimensions. A mug's are those of its body; the handle adds a quarter of them on +x."""

COLOURS: dict[str, tuple[float, float, float]] = {
    'red': (0.80, 0.08, 0.08),
    'orange': (0.95, 0.45, 0.05),
    'yellow': (0.93, 0.83, 0.10),
    'green': (0.10, 0.55, 0.16),
    'blue': (0.08, 0.22, 0.80),
    'purple': (0.42, 0.12, 0.58),
    'pink': (0.96, 0.52, 0.70),
    'brown': (0.38, 0.20, 0.09),
    'white': (0.94, 0.94, 0.92),
    'black': (0.06, 0.06, 0.07),
}
"""Linear RGB of each colour word, 0 to 1."""

GRASPABLE = frozenset({Kind.CUBE, Kind.BALL, Kind.CYLINDER, Kind.MUG})
"""Kinds that fit between the fingers in both sizes."""

CONTAINERS = frozenset({Kind.BOWL, Kind.TRAY})
"""Kinds that things are put in."""

SURFACES = frozenset({Kind.PLATE, Kind.CUBE, Kind.CYLINDER})
"""Kinds that things are put on."""

WIDE = frozenset({Kind.BOWL, Kind.PLATE, Kind.TRAY})
"""Kinds that take much of the table."""
