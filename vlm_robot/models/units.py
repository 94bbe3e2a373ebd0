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

"""What the numbers of a model's answer mean, and the way to pixels and back."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from vlm_robot.core.values import Pixel
from vlm_robot.models.answer import ImageSize


class Units(BaseModel):
    """
    Unit and axis order of an answer's numbers; a profile declares them, nothing guesses them.

    An image of size n has n pixels, its left edge at -0.5 and its right edge at n - 0.5.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    scale: Literal['share', 'seen', 'original'] = 'share'
    """Shares of the sides, or pixels of the image that the model saw or of the original."""
    divisor: float = Field(default=1000.0, gt=0)  # numbers a side, for shares
    first: Literal['x', 'y'] = 'x'
    offset: float = 0.0  # added to a number first: 0.5 where it names a bin

    def to_pixel(self, pair: tuple[float, float], size: ImageSize) -> Pixel:
        """
        Return the pixel of the original image.

        :raises ValueError: for numbers that are not finite or outside the image; a clipped point
            would move an arm to the wrong place.
        """
        x, y = pair if self.first == 'x' else pair[::-1]
        sides = self._sides(size)
        shares = [
            (number + self.offset) / side for number, side in zip((x, y), sides, strict=True)
        ]
        for number, share, side in zip((x, y), shares, sides, strict=True):
            if not math.isfinite(share) or not 0 <= share <= 1:
                raise ValueError(f'{number!r} is outside the image: expected 0 to {side:g}')
        u, v = (
            share * n - 0.5 for share, n in zip(shares, (size.width, size.height), strict=True)
        )
        return u, v

    def from_pixel(self, pixel: Pixel, size: ImageSize) -> tuple[float, float]:
        """Return the two numbers, in the order of the answer, of a pixel of the original image."""
        x, y = (
            (place + 0.5) / n * side - self.offset
            for place, n, side in zip(
                pixel, (size.width, size.height), self._sides(size), strict=True
            )
        )
        return (x, y) if self.first == 'x' else (y, x)

    def _sides(self, size: ImageSize) -> tuple[float, float]:
        if self.scale == 'share':
            return self.divisor, self.divisor
        return size.seen if self.scale == 'seen' else (size.width, size.height)
