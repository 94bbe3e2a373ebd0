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

    answer    = steps | "unsupported" | "answer" reply
    steps     = step (";" step)*
    step      = "pick" things | "place" relation things | "push" direction things | missing
    things    = anchor? thing ("or" thing)* | thing missing
    missing   = "missing" word*
    anchor    = "from" point
    relation  = "in" | "on" | "beside"
    direction = "left" | "right" | "forward" | "back"
    reply     = thing ("," thing)* ("count" number)? | "count" number | word*
    thing     = point word*
    point     = "<x_" bin ">" "<y_" bin ">"

A step with several things is ambiguous. What is missing is not there; a thing before it is
only what comes nearest. Either is the last that the model says. The anchor is what the words start
from: the bowl in "the cube left of the bowl".
A bin is one of 256 equal parts of the image's width or height; its point is the part's centre.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from vlm_robot.core.outcome import Outcome, Verdict
from vlm_robot.core.skills import Direction, Relation, Skill
from vlm_robot.core.values import Pixel, Step, Target
from vlm_robot.models.answer import ImageSize, Parsed, ParseStatus, Pointed
from vlm_robot.models.units import Units

BINS = 256

_T = TypeVar('_T')

RELATIONS = {'in': Relation.IN, 'on': Relation.ON, 'beside': Relation.NEXT_TO}
"""The words for relations; the syntax has none for the others."""

_DIRECTIONS = {d.name.lower(): d for d in Direction if d is not Direction.NONE}
_POINT = re.compile(r'\s*<x_(\d{1,3})>\s*<y_(\d{1,3})>')
_LABEL = re.compile(r'(?:\s+(?!or\b|count\b|missing\b)[a-z0-9]+)*')
_WORD = re.compile(r'\s*([a-z]+)')


class _MalformedError(Exception):
    """The text does not follow the grammar; the message says where."""


class TabletopConvention:
    """Reads and writes the syntax of this module's docstring."""

    def __init__(self, units: Units | None = None) -> None:
        """Take units as every convention does; this syntax has its own."""

    def parse(self, text: str, size: ImageSize) -> Parsed:
        """Read an answer; see `Convention.parse`."""
        reader = _Reader(text.removesuffix('</s>'), size)
        try:
            return reader.answer()
        except _MalformedError as err:
            return Parsed(ParseStatus.MALFORMED, str(err))

    def render(self, steps: tuple[Step, ...], size: ImageSize) -> str:
        """
        Write steps so that `parse` reads them back, points moved to the centres of their bins.

        :raises ValueError: for a target without a pixel, and a relation without a word.
        """
        return ' ; '.join(_render(step, size) for step in steps)


def to_bins(pixel: Pixel, size: ImageSize) -> tuple[int, int]:
    """Return the bins (x, y) of a pixel of the original image."""
    shares = ((pixel[0] + 0.5) / size.width, (pixel[1] + 0.5) / size.height)
    x, y = (min(max(int(share * BINS), 0), BINS - 1) for share in shares)
    return x, y


def to_pixel(bins: tuple[int, int], size: ImageSize) -> Pixel:
    """Return the pixel of the original image at the centre of bins (x, y)."""
    u, v = (
        (b + 0.5) / BINS * n - 0.5 for b, n in zip(bins, (size.width, size.height), strict=True)
    )
    return u, v


def _render(step: Step, size: ImageSize) -> str:
    if step.target.pixel is None:
        raise ValueError(
            f'target {step.target.label!r} has no pixel: only pointed targets can be written'
        )
    words = [step.skill.name.lower()]
    if step.skill is Skill.PLACE:
        words.append(_word_for(step.relation))
    if step.skill is Skill.PUSH:
        words.append(step.direction.name.lower())
    x, y = to_bins(step.target.pixel, size)
    return ' '.join([*words, f'<x_{x}>', f'<y_{y}>', step.target.label]).rstrip()


def _word_for(relation: Relation) -> str:
    for word, meaning in RELATIONS.items():
        if meaning is relation:
            return word
    raise ValueError(f'{relation.name!r} has no word here: expected {", ".join(RELATIONS)}')


@dataclass
class _Reader:
    """A cursor over the text."""

    text: str
    size: ImageSize
    at: int = 0

    def answer(self) -> Parsed:
        if self._accepts('unsupported'):
            verdict = Verdict(Outcome.UNSUPPORTED, 'I have no skill for that')
            return Parsed(ParseStatus.NONE, verdict.message, verdict)
        if self._accepts('answer'):
            return self._reply()
        return self._plan()

    def _reply(self) -> Parsed:
        things: tuple[Pointed, ...] = ()
        if _POINT.match(self.text, self.at):
            things = self._things(',')
        words = ', '.join(thing.target.label for thing in things)
        if self._accepts('count') or not things:
            words, self.at = self.text[self.at :].strip(), len(self.text)
        self._expect_end()
        return Parsed(ParseStatus.OK, pointed=things, words=words)

    def _plan(self) -> Parsed:
        steps: list[Step] = []
        pointed: list[Pointed] = []
        while True:
            if self._accepts('missing'):
                return self._missing()
            word = self._word()
            relation, direction = self._modifier(word)
            things, sure = self._choice()
            if self._accepts('missing'):
                return self._missing()
            if not sure:
                verdict = Verdict(Outcome.AMBIGUOUS, 'several things match')
                return Parsed(ParseStatus.OK, verdict=verdict, pointed=things)
            pointed.extend(things)
            steps.append(Step(Skill[word.upper()], things[0].target, relation, direction))
            if self._ended():
                return Parsed(ParseStatus.OK, steps=tuple(steps), pointed=tuple(pointed))
            self._expect(';')

    def _missing(self) -> Parsed:
        what = self.text[self.at :].strip()
        # words that the model does not know are missing from its answer
        sought = f'{what!r}' if what else 'the instruction'
        verdict = Verdict(Outcome.NOT_FOUND, f'I see nothing that fits {sought}')
        return Parsed(ParseStatus.NONE, verdict.message, verdict, words=what)

    def _modifier(self, word: str) -> tuple[Relation, Direction]:
        if word == 'pick':
            return Relation.NONE, Direction.NONE
        if word == 'place':
            return self._one_of(RELATIONS), Direction.NONE
        if word == 'push':
            return Relation.NONE, self._one_of(_DIRECTIONS)
        raise _MalformedError(
            f'{word!r} begins no answer: expected pick, place, push or an outcome'
        )

    def _choice(self) -> tuple[tuple[Pointed, ...], bool]:
        """Read the things that a step may mean, and whether the model named one without an or."""
        if self._accepts('from'):
            self._point()
        start = self.at
        things = self._things('or')
        return things, not re.search(r'\bor\b', self.text[start : self.at])

    def _things(self, mark: str) -> tuple[Pointed, ...]:
        """Read a list; small models fall into loops, so that what is named again is one thing."""
        things = [self._thing()]
        while self._accepts(mark):
            things.append(self._thing())
        first = {thing.target.pixel: thing for thing in reversed(things)}
        return tuple(thing for thing in things if first[thing.target.pixel] is thing)

    def _thing(self) -> Pointed:
        pixel, start, end = self._point()
        label = _LABEL.match(self.text, self.at)
        assert label is not None  # it may be empty
        self.at = label.end()
        return Pointed(Target(' '.join(label[0].split()), pixel), start, end)

    def _point(self) -> tuple[Pixel, int, int]:
        match = _POINT.match(self.text, self.at)
        if match is None:
            raise _MalformedError(f'{self._rest()!r} is no point: expected <x_i> <y_i>')
        bins = int(match[1]), int(match[2])
        if max(bins) >= BINS:
            raise _MalformedError(
                f'bin {max(bins)!r} is outside the image: expected 0 to {BINS - 1}'
            )
        self.at = match.end()
        return to_pixel(bins, self.size), match.start(), match.end()

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
        if not self._accepts(mark):
            raise _MalformedError(f'{self._rest()!r} goes on where {mark!r} was expected')

    def _expect_end(self) -> None:
        if not self._ended():
            raise _MalformedError(f'{self._rest()!r} goes on where the answer should end')

    def _accepts(self, mark: str) -> bool:
        """Read a mark or word if it comes next."""
        match = re.compile(rf'\s*{re.escape(mark)}(?![a-z0-9])').match(self.text, self.at)
        if match:
            self.at = match.end()
        return match is not None

    def _ended(self) -> bool:
        return not self.text[self.at :].strip()

    def _rest(self) -> str:
        return self.text[self.at : self.at + 30]
