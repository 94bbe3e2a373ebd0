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
Boxes as location tokens: the bins of their corners.

::

    <loc0051><loc0309><loc0708><loc0646> shoe ; <loc...> ...        PaliGemma: name behind
    </s><s>car<loc_53><loc_333><loc_933><loc_774>wheel<loc_...      Florence-2: name in front

PaliGemma has 1024 bins a side, y first, and may repeat the prompt ("detect shoe") in front; its
segmentation tokens are read over. Florence-2 has 1000 bins, x first, and names several boxes at
once; a bin's number stands for its centre. Nothing found is no token at all. Formats: model cards
of google/paligemma2-3b-mix-448 and microsoft/Florence-2-large, processing_florence2.py of
transformers.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

from vlm_robot.models.answer import ImageSize, Parsed, Pointed
from vlm_robot.models.conventions.collector import BROKEN_OFF, Collector
from vlm_robot.models.conventions.rendering import Writer
from vlm_robot.models.units import Units

_ECHO = re.compile(r'\s*+(?:(?:detect|segment|point)\b[^\n<]*+)?+\s*+', re.IGNORECASE)


class _LocTokens(ABC):
    """Reads runs of location tokens; a subclass says how they look."""

    token: re.Pattern[str]
    run: re.Pattern[str]  # of tokens
    cut: re.Pattern[str]  # half a token at the end of a text

    def __init__(self, units: Units) -> None:
        self._units = units

    def parse(self, text: str, size: ImageSize) -> Parsed:
        """Read an answer; see `Convention.parse`."""
        found = Collector(text, self._units, size)
        runs = list(self.run.finditer(found.answer))
        at = 0
        for run in runs:
            self._add(found, run, self._label(found.answer[at : run.start()], run).strip())
            at = run.end()
        if self.cut.search(found.answer):
            found.trouble(BROKEN_OFF)
        found.empty = not runs and _ECHO.fullmatch(found.answer) is not None
        return found.parsed()

    @abstractmethod
    def _label(self, before: str, run: re.Match[str]) -> str:
        """Return the label of a run, which stands before or behind it."""

    def _count(self, tokens: int) -> bool:
        """Return whether a run of so many tokens is boxes."""
        return tokens % 4 == 0

    def _add(self, found: Collector, run: re.Match[str], label: str) -> None:
        tokens = list(self.token.finditer(found.answer, *run.span('locs')))
        if not self._count(len(tokens)):
            found.trouble(f'{label[:40]!r} has {len(tokens)} location tokens: expected 4 a box')
            return
        for i in range(0, len(tokens), 4):
            four = tokens[i : i + 4]
            bins = tuple(float(token[1]) for token in four)
            if max(bins) >= found.units.divisor:
                found.trouble(
                    f'bin {max(bins):g} does not exist: expected 0 to {found.units.divisor - 1:g}'
                )
            else:
                found.add(bins, (four[0].start(), four[-1].end()), label=label)


class PaliGemmaConvention(_LocTokens):
    """PaliGemma's."""

    token = re.compile(r'<loc(\d{4})>')
    run = re.compile(r'(?P<locs>(?:<loc\d{4}>)++)(?:<seg\d{3}>)*+[ \t]*(?P<behind>[^;<\n]*+)')
    cut = re.compile(r'<l?o?c?\d{0,4}\s*\Z')

    def render(self, pointed: Sequence[Pointed], size: ImageSize) -> str:
        """Write boxes so that `parse` reads them back, rounded to bins."""
        writer = Writer(self._units, size)
        return ' ; '.join(
            ''.join(f'<loc{bin_:04d}>' for bin_ in writer.bins(p)) + f' {p.target.label}'
            for p in pointed
        )

    def _label(self, before: str, run: re.Match[str]) -> str:
        return run['behind']

    def _count(self, tokens: int) -> bool:
        return tokens == 4


class Florence2Convention(_LocTokens):
    """Florence-2's."""

    token = re.compile(r'<loc_(\d{1,4})>')
    run = re.compile(r'(?P<locs>(?:<loc_\d{1,4}>)++)')
    cut = re.compile(r'<l?o?c?_?\d{0,4}\s*\Z')

    def render(self, pointed: Sequence[Pointed], size: ImageSize) -> str:
        """Write boxes so that `parse` reads them back, rounded to bins."""
        writer = Writer(self._units, size)
        boxes = (
            p.target.label + ''.join(f'<loc_{bin_}>' for bin_ in writer.bins(p)) for p in pointed
        )
        return f'</s><s>{"".join(boxes)}</s>'

    def _label(self, before: str, run: re.Match[str]) -> str:
        return before.rpartition('>')[2]
