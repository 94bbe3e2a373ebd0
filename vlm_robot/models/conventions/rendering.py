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

"""Numbers of pixels, as models write them."""

from __future__ import annotations

from collections.abc import Sequence

from vlm_robot.core.values import Pixel
from vlm_robot.models.answer import ImageSize, Pointed
from vlm_robot.models.units import Units


class Writer:
    """Writes the numbers of one image's pixels in one unit, rounded as models do."""

    def __init__(self, units: Units, size: ImageSize) -> None:
        self._units = units
        self._size = size

    def numbers(self, pointed: Pointed) -> list[str]:
        """Return a box's four numbers, or a point's two, in the order of the units' axes."""
        if pointed.box is None:
            return self.pair(_pixel(pointed))
        return self.pair(pointed.box[:2]) + self.pair(pointed.box[2:])

    def point(self, pointed: Pointed) -> list[str]:
        """Return a point's two numbers, also of a thing that has a box."""
        return self.pair(_pixel(pointed))

    def pair(self, pixel: Pixel) -> list[str]:
        """Return a pixel's two numbers."""
        digits = self._digits()
        return [f'{number:.{digits}f}' for number in self._units.from_pixel(pixel, self._size)]

    def bins(self, pointed: Pointed) -> list[int]:
        """Return a box's four numbers as bins, the last of which holds the image's edge."""
        box = pointed.box or (*_pixel(pointed), *_pixel(pointed))
        numbers = (*self._pair(box[:2]), *self._pair(box[2:]))
        return [min(max(round(n), 0), int(self._units.divisor) - 1) for n in numbers]

    def _pair(self, pixel: Pixel) -> tuple[float, float]:
        return self._units.from_pixel(pixel, self._size)

    def _digits(self) -> int:
        if self._units.scale != 'share' or self._units.divisor > 100:
            return 0
        return 1 if self._units.divisor > 1 else 3


def listed(numbers: Sequence[str]) -> str:
    """Return numbers as a list."""
    return f'[{", ".join(numbers)}]'


def _pixel(pointed: Pointed) -> Pixel:
    if pointed.target.pixel is None:
        raise ValueError(f'{pointed.target.label!r} has no pixel: only what has one is written')
    return pointed.target.pixel
