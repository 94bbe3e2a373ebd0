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

"""The numbers of one axis of a point, as text."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_robot.models.answer import ImageSize
from vlm_robot.models.units import Units

_FINE = 500  # numbers a side that point finely enough


@dataclass(frozen=True)
class Numbers:
    """The numbers from 0 to `last / 10**decimals`, each written in one way."""

    last: int
    decimals: int = 0

    @property
    def pattern(self) -> str:
        """A regular expression for them."""
        whole, rest = divmod(self.last, 10**self.decimals)
        if not self.decimals:
            return _up_to(whole)
        fraction = rf'\.[0-9]{{{self.decimals}}}'
        below = f'({_up_to(whole - 1)}){fraction}|' if whole else ''
        return rf'{below}{whole}\.({_padded_up_to(rest, self.decimals)})'

    @property
    def length(self) -> int:
        """The characters of the longest."""
        return len(self.text(self.last))

    def text(self, index: int) -> str:
        """Write the number `index / 10**decimals`."""
        whole, rest = divmod(index, 10**self.decimals)
        return f'{whole}.{rest:0{self.decimals}d}' if self.decimals else str(whole)

    def texts(self) -> list[str]:
        """Write all of them."""
        return [self.text(index) for index in range(self.last + 1)]


def numbers(units: Units, size: ImageSize) -> tuple[Numbers, Numbers]:
    """Return the numbers of the first and the second axis of points in an image."""
    if units.scale == 'share':
        sides: tuple[float, float] = (units.divisor, units.divisor)
    else:
        sides = size.seen if units.scale == 'seen' else (size.width, size.height)
    x, y = (_side(side, units.offset, fine=units.scale != 'share') for side in sides)
    return (x, y) if units.first == 'x' else (y, x)


def _side(side: float, offset: float, *, fine: bool) -> Numbers:
    decimals = 0
    while not fine and side * 10**decimals < _FINE:
        decimals += 1
    return Numbers(int((side - offset) * 10**decimals), decimals)


def _up_to(last: int) -> str:
    """Match the whole numbers from 0 to `last`, without leading zeros."""
    length = len(str(last))
    shorter = ['[0-9]'] if length > 1 else []
    shorter += [f'[1-9][0-9]{{{n}}}' for n in range(1, length - 1)]
    return '|'.join([*shorter, *_same_length(str(last), first='1' if length > 1 else '0')])


def _padded_up_to(last: int, length: int) -> str:
    return '|'.join(_same_length(f'{last:0{length}d}', first='0'))


def _same_length(last: str, *, first: str) -> list[str]:
    """Match the numbers of as many digits as `last`, up to it; `first` is the least digit."""
    patterns = [last]
    for place, digit in enumerate(last):
        least = first if place == 0 else '0'
        if digit > least:
            more = f'[0-9]{{{len(last) - place - 1}}}' if place + 1 < len(last) else ''
            patterns.append(f'{last[:place]}[{least}-{chr(ord(digit) - 1)}]{more}')
    return patterns
