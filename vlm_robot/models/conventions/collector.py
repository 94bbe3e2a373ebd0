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

"""Gathers what a syntax finds in an answer, in original pixels, and says how much that was."""

from __future__ import annotations

import html
import math
import re

from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.values import Pixel, Target
from vlm_robot.models.answer import Box, ImageSize, Parsed, ParseStatus, Pointed
from vlm_robot.models.conventions.answer_text import answer_of, says_nothing
from vlm_robot.models.units import Units

NOTHING = Verdict(Outcome.NOT_FOUND, 'the model sees nothing like that')
BROKEN_OFF = 'the text breaks off'

_LABEL = 120  # characters
_LINK = re.compile(r'\[([^\[\]]{1,80})\]\([^()]{0,200}\)')  # markdown: [apple](apple)
_TAG = re.compile(r'</?[a-z_|]{1,24}>')


class Collector:
    """
    The things of one answer.

    What is named again at the same place is one thing: small models fall into loops.

    :param text: the raw answer; `answer` is what of it counts, with the same places.
    """

    def __init__(self, text: str, units: Units, size: ImageSize) -> None:
        self.text = text
        self.answer = answer_of(text)
        self.units = units
        self.pointed: list[Pointed] = []
        self.troubles: list[str] = []
        self.empty = False  # whether the answer says in its syntax that there is nothing
        self._size = size
        self._seen: set[tuple[object, ...]] = set()

    def add(
        self,
        numbers: tuple[float, ...],
        span: tuple[int, int],
        *,
        label: str = '',
        box: tuple[float, ...] = (),
        image: int = 0,
    ) -> Target | None:
        """
        Add a thing; one that is outside the image is a trouble and None.

        :param numbers: a point's two or a box's four, in the order of the units' axes.
        :param span: where they stand in the text.
        :param box: the thing's box where the numbers are a point.
        """
        label = clean_label(label)
        try:
            outline = self._box(box or numbers) if len(box or numbers) == 4 else None
            pixel = self._pixel(numbers) if len(numbers) == 2 else _centre(outline)
        except ValueError as err:
            self.trouble(f'{label!r}: {err}' if label else str(err))
            return None
        target = Target(label, pixel)
        key = (image, label, pixel, outline)
        if key not in self._seen:
            self._seen.add(key)
            self.pointed.append(Pointed(target, *span, outline, image))
        return target

    def trouble(self, reason: str) -> None:
        """Note what cannot be read."""
        self.troubles.append(reason)

    def by_axis(self, x: float, y: float) -> tuple[float, float]:
        """Return numbers that are named x and y in the order of the units' axes."""
        return (x, y) if self.units.first == 'x' else (y, x)

    def parsed(self) -> Parsed:
        """Return what was gathered."""
        pointed = tuple(self.pointed)
        if pointed and not self.troubles:
            return Parsed(ParseStatus.OK, pointed=pointed)
        if pointed:
            return Parsed(ParseStatus.PARTIAL, self.troubles[0], pointed=pointed)
        if self.troubles:
            return Parsed(ParseStatus.MALFORMED, self.troubles[0])
        words = ' '.join(self.answer.split())
        if self.empty:
            return Parsed(ParseStatus.NONE, NOTHING.message, NOTHING)
        if says_nothing(self.answer):
            return Parsed(ParseStatus.NONE, NOTHING.message, NOTHING, words=words)
        return Parsed(ParseStatus.MALFORMED, self._unread(words))

    def _unread(self, words: str) -> str:
        if words:
            return f'{words[:60]!r} holds no point'
        return 'the text ends within thoughts' if self.text.strip() else 'the answer is empty'

    def _pixel(self, pair: tuple[float, ...]) -> Pixel:
        return self.units.to_pixel((pair[0], pair[1]), self._size)

    def _box(self, four: tuple[float, ...]) -> Box:
        (u, v), (u2, v2) = self._pixel(four[:2]), self._pixel(four[2:])
        if u == u2 and v == v2:
            raise ValueError(f'the box {_written(four)} has no area')
        return min(u, u2), min(v, v2), max(u, u2), max(v, v2)


def clean_label(label: str) -> str:
    """Return a label in one line, without marks and of a length that can be shown."""
    label = html.unescape(_LINK.sub(r'\1', label[: 4 * _LABEL]))
    label = ' '.join(_TAG.sub(' ', label).split())[:_LABEL]
    return label.encode('utf-8', 'replace').decode('utf-8')


def _centre(box: Box | None) -> Pixel:
    if box is None or not all(math.isfinite(side) for side in box):
        raise ValueError('it is neither two numbers nor four')
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _written(numbers: tuple[float, ...]) -> str:
    return f'[{", ".join(f"{number:g}" for number in numbers)}]'
