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
Boxes between marks, with a name before them.

::

    <ref>red cube</ref><box>[[x1, y1, x2, y2], ...]</box>                        InternVL
    <ref>red cube</ref><box>x1 y1 x2 y2</box>                                    MiniCPM-V
    <|ref|>red cube<|/ref|><|det|>[[x1, y1, x2, y2], ...]<|/det|>                DeepSeek-VL2
    The cube is at <|begin_of_box|>[[x1, y1, x2, y2]]<|end_of_box|>.             GLM
    <|object_ref_start|>cube<|object_ref_end|><|box_start|>(x1,y1),(x2,y2)<|box_end|>  Qwen2-VL

GLM's brackets vary: [], [[]], (), <> and {}. A decoder that skips special tokens loses the marks:
then bare lists are read. Two numbers are a point.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vlm_robot.models.answer import ImageSize, Parsed, Pointed
from vlm_robot.models.conventions.answer_text import unfenced
from vlm_robot.models.conventions.collector import BROKEN_OFF, Collector
from vlm_robot.models.conventions.coordinates import Kind, of_numbers
from vlm_robot.models.conventions.json_reader import Array, Atom, read
from vlm_robot.models.conventions.rendering import Writer, listed
from vlm_robot.models.conventions.things import add_documents, add_things
from vlm_robot.models.units import Units

_WORD = re.compile(r'[^\s,;]+')
_SQUARE = str.maketrans('<>{}()', '[][][]')


@dataclass(frozen=True)
class Tags:
    """The marks around names and boxes; without marks a name is empty."""

    name: tuple[str, str]
    box: tuple[str, str]
    spaced: bool = False  # whether numbers are written without brackets and commas

    def pattern(self) -> re.Pattern[str]:
        """Return what finds a mark; its group is the mark's kind."""
        kinds = zip(('name', 'name_end', 'box', 'box_end'), (*self.name, *self.box), strict=True)
        return re.compile('|'.join(f'(?P<{kind}>{re.escape(m)})' for kind, m in kinds if m))


REF_BOX = Tags(('<ref>', '</ref>'), ('<box>', '</box>'))
REF_SPACED = Tags(('<ref>', '</ref>'), ('<box>', '</box>'), spaced=True)
REF_DET = Tags(('<|ref|>', '<|/ref|>'), ('<|det|>', '<|/det|>'))
GLM = Tags(('', ''), ('<|begin_of_box|>', '<|end_of_box|>'))
QWEN2 = Tags(('<|object_ref_start|>', '<|object_ref_end|>'), ('<|box_start|>', '<|box_end|>'))


class TaggedBoxes:
    """Reads and writes boxes between one family's marks; a subclass says which."""

    tags: Tags

    def __init__(self, units: Units) -> None:
        self._units = units

    def parse(self, text: str, size: ImageSize) -> Parsed:
        """Read an answer; see `Convention.parse`."""
        found = Collector(text, self._units, size)
        answer = unfenced(found.answer)
        if not add_tagged(found, answer, self.tags):
            add_documents(found, answer)
        return found.parsed()

    def render(self, pointed: Sequence[Pointed], size: ImageSize) -> str:
        """Write things so that `parse` reads them back, rounded to the unit."""
        writer = Writer(self._units, size)
        return '\n'.join(self._rendered(p, writer.numbers(p)) for p in pointed) or 'None'

    def _rendered(self, pointed: Pointed, numbers: list[str]) -> str:
        name = pointed.target.label.join(self.tags.name) if self.tags.name[0] else ''
        inside = ' '.join(numbers) if self.tags.spaced else f'[{listed(numbers)}]'
        return name + inside.join(self.tags.box)


class RefBoxConvention(TaggedBoxes):
    """InternVL's."""

    tags = REF_BOX


class RefSpacedBoxConvention(TaggedBoxes):
    """MiniCPM-V's."""

    tags = REF_SPACED


class RefDetConvention(TaggedBoxes):
    """DeepSeek-VL2's."""

    tags = REF_DET


class GlmBoxConvention(TaggedBoxes):
    """GLM's."""

    tags = GLM


def add_tagged(found: Collector, answer: str, tags: Tags) -> bool:
    """Add what stands between marks; return whether there is a mark of a box."""
    windows = list(_windows(answer, tags))
    plain = answer.translate(_SQUARE) if windows else ''
    name = ''
    for kind, start, end in windows:
        if kind == 'name':
            name = answer[start:end]
        else:
            is_json = '"' in answer[start:end]
            add_window(found, answer if is_json else plain, start, end, label=name, kind='box')
    return any(kind == 'box' for kind, _, _ in windows)


def add_window(
    found: Collector, answer: str, start: int, end: int, *, label: str = '', kind: Kind
) -> None:
    """Add the numbers of `answer[start:end]`, with or without brackets."""
    documents = read(answer, start, end)
    pairs = tuple(d for d in documents if isinstance(d, Array))
    if kind == 'box' and len(documents) == len(pairs) == 2:  # (x1, y1), (x2, y2)
        documents = [Array(pairs, pairs[0].start, pairs[1].end, pairs[1].whole)]
    for document in documents:
        add_things(found, document, label=label, kind=kind)
    if documents:
        return
    atoms = [Atom(word[0], *word.span()) for word in _WORD.finditer(answer, start, end)]
    is_open = not answer[end : end + 1].strip()  # else a mark follows
    if is_open and any(atom.number is not None for atom in atoms):
        found.trouble(BROKEN_OFF)
        return
    for shape in of_numbers(found, atoms, kind):
        found.add(shape.numbers, shape.span, label=label)


def _windows(answer: str, tags: Tags) -> Iterator[tuple[str, int, int]]:
    """Yield the kind of each pair of marks and what is between; any mark ends what is open."""
    opened, start = '', 0
    for mark in tags.pattern().finditer(answer):
        kind = mark.lastgroup or ''
        if opened and (kind != 'name' or opened == 'box'):
            yield opened, start, mark.start()
        opened, start = ('' if kind.endswith('_end') else kind), mark.end()
    if opened == 'box':
        yield opened, start, len(answer.rstrip())
