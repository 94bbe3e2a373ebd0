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

"""
The embedded model's answer syntax.

::

    answer    = steps | "missing" word* | "ambiguous" thing ("," thing)* | "unsupported" | reply
    steps     = step (";" step)*
    step      = "pick" thing | "place" relation thing | "push" direction thing
    reply     = "answer" (thing ("," thing)* | word*)
    relation  = "in" | "on" | "beside"
    direction = "left" | "right" | "forward" | "back"
    thing     = "<x_" bin ">" "<y_" bin ">" word*

A bin is one of 256 equal parts of the image's width or height; its point is the part's centre.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import Pixel, Step, Target
from vlm_robot.models.answer import Parsed, ParseStatus, Pointed

BINS = 256

_T = TypeVar('_T')

_RELATIONS = {'in': Relation.IN, 'on': Relation.ON, 'beside': Relation.NEXT_TO}
_DIRECTIONS = {d.name.lower(): d for d in Direction if d is not Direction.NONE}
_THING = re.compile(r'\s*<x_(\d{1,3})>\s*<y_(\d{1,3})>((?:\s+[a-z0-9]+)*)\s*')
_WORD = re.compile(r'\s*([a-z]+)')


class _MalformedError(Exception):
    """The text does not follow the grammar; the message says where."""


class TabletopConvention:
    """Reads and writes the syntax of this module's docstring."""

    def parse(self, text: str, *, width: int, height: int) -> Parsed:
        """Read an answer; see `Convention.parse`."""
        reader = _Reader(text.removesuffix('</s>'), width, height)
        try:
            return reader.answer()
        except _MalformedError as err:
            return Parsed(ParseStatus.MALFORMED, str(err))

    def render(self, steps: tuple[Step, ...], *, width: int, height: int) -> str:
        """
        Write steps so that `parse` reads them back, points moved to the centres of their bins.

        :raises ValueError: for a target without a pixel.
        """
        return ' ; '.join(_render(step, width, height) for step in steps)


def to_bins(pixel: Pixel, *, width: int, height: int) -> tuple[int, int]:
    """Return the bins (x, y) of a pixel of the original image."""
    shares = ((pixel[0] + 0.5) / width, (pixel[1] + 0.5) / height)
    x, y = (min(max(int(share * BINS), 0), BINS - 1) for share in shares)
    return x, y


def to_pixel(bins: tuple[int, int], *, width: int, height: int) -> Pixel:
    """Return the pixel of the original image at the centre of bins (x, y)."""
    u, v = ((b + 0.5) / BINS * n - 0.5 for b, n in zip(bins, (width, height), strict=True))
    return u, v


def _render(step: Step, width: int, height: int) -> str:
    if step.target.pixel is None:
        raise ValueError(
            f'target {step.target.label!r} has no pixel: only pointed targets can be written'
        )
    words = [step.skill.name.lower()]
    if step.skill is Skill.PLACE:
        words += [word for word, relation in _RELATIONS.items() if relation is step.relation]
    if step.skill is Skill.PUSH:
        words.append(step.direction.name.lower())
    x, y = to_bins(step.target.pixel, width=width, height=height)
    return ' '.join([*words, f'<x_{x}>', f'<y_{y}>', step.target.label]).rstrip()


@dataclass
class _Reader:
    """A cursor over the text."""

    text: str
    width: int
    height: int
    at: int = 0

    def answer(self) -> Parsed:
        word = self._word()
        if word == 'missing':
            what = self.text[self.at :].strip()
            # words that the model does not know are missing from its answer
            sought = f'{what!r}' if what else 'the instruction'
            verdict = Verdict(Outcome.NOT_FOUND, f'I see nothing that fits {sought}')
            return Parsed(ParseStatus.NONE, verdict.message, verdict, words=what)
        if word == 'unsupported':
            verdict = Verdict(Outcome.UNSUPPORTED, 'I have no skill for that')
            return Parsed(ParseStatus.NONE, verdict.message, verdict)
        if word == 'ambiguous':
            verdict = Verdict(Outcome.AMBIGUOUS, 'several things match')
            return Parsed(ParseStatus.OK, verdict=verdict, pointed=self._things())
        if word == 'answer':
            return self._reply()
        return self._steps(word)

    def _reply(self) -> Parsed:
        if _THING.match(self.text, self.at):
            things = self._things()
            return Parsed(
                ParseStatus.OK, pointed=things, words=', '.join(t.target.label for t in things)
            )
        return Parsed(ParseStatus.OK, words=self.text[self.at :].strip())

    def _steps(self, word: str) -> Parsed:
        steps: list[Step] = []
        pointed: list[Pointed] = []
        while True:
            relation, direction = self._modifier(word)
            thing = self._thing()
            pointed.append(thing)
            steps.append(Step(Skill[word.upper()], thing.target, relation, direction))
            if self._ended():
                return Parsed(ParseStatus.OK, steps=tuple(steps), pointed=tuple(pointed))
            self._expect(';')
            word = self._word()

    def _modifier(self, word: str) -> tuple[Relation, Direction]:
        if word == 'pick':
            return Relation.NONE, Direction.NONE
        if word == 'place':
            return self._one_of(_RELATIONS), Direction.NONE
        if word == 'push':
            return Relation.NONE, self._one_of(_DIRECTIONS)
        raise _MalformedError(
            f'{word!r} begins no answer: expected pick, place, push or an outcome'
        )

    def _things(self) -> tuple[Pointed, ...]:
        """Read a list; small models fall into loops, so that what is named again is one thing."""
        things = [self._thing()]
        while not self._ended():
            self._expect(',')
            things.append(self._thing())
        first = {thing.target.pixel: thing for thing in reversed(things)}
        return tuple(thing for thing in things if first[thing.target.pixel] is thing)

    def _thing(self) -> Pointed:
        match = _THING.match(self.text, self.at)
        if match is None:
            raise _MalformedError(f'{self._rest()!r} is no point: expected <x_i> <y_i>')
        bins = int(match[1]), int(match[2])
        if max(bins) >= BINS:
            raise _MalformedError(
                f'bin {max(bins)!r} is outside the image: expected 0 to {BINS - 1}'
            )
        self.at = match.end()
        pixel = to_pixel(bins, width=self.width, height=self.height)
        return Pointed(Target(match[3].strip(), pixel), match.start(), match.end(2) + 1)

    def _word(self) -> str:
        match = _WORD.match(self.text, self.at)
        if match is None:
            raise _MalformedError(f'{self._rest()!r} is no word')
        self.at = match.end()
        return match[1]

    def _one_of(self, known: dict[str, _T]) -> _T:
        word = self._word()
        if word not in known:
            raise _MalformedError(f'{word!r} is not one of {", ".join(known)}')
        return known[word]

    def _expect(self, mark: str) -> None:
        rest = self.text[self.at :].lstrip()
        if not rest.startswith(mark):
            raise _MalformedError(f'{self._rest()!r} goes on where {mark!r} was expected')
        self.at = len(self.text) - len(rest) + len(mark)

    def _ended(self) -> bool:
        return not self.text[self.at :].strip()

    def _rest(self) -> str:
        return self.text[self.at : self.at + 30]
