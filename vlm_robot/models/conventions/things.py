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

"""Things with labels and places among the lists and objects of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from vlm_robot.models.conventions.collector import BROKEN_OFF, Collector
from vlm_robot.models.conventions.coordinates import (
    Kind,
    Shape,
    kind_of,
    normal,
    of_axes,
    shapes,
)  # fmt: skip
from vlm_robot.models.conventions.json_reader import Array, Atom, Table, Value, read

LABEL_KEYS = (
    'label', 'labels', 'bboxeslabels', 'name', 'objectname', 'object', 'class', 'classname',
    'category', 'description', 'caption', 'alt', 'textcontent', 'text', 'item', 'title',
)  # fmt: skip

# Keys of lists in objects without a label that hold things of any name.
_GENERIC = frozenset({
    'objects', 'detections', 'items', 'results', 'points', 'boxes', 'bboxes', 'answer',
    'answers', 'annotations', 'predictions', 'data', 'targets', 'output', 'response',
    'instances', 'elements', 'regions', 'things', 'candidates', 'steps',
})  # fmt: skip
# Keys that hold numbers, but no place in the image.
_OTHER = frozenset({
    'size', 'imagesize', 'resolution', 'color', 'colour', 'rgb', 'dimensions', 'dimension',
    'confidence', 'score', 'rotation', 'orientation', 'count', 'id', 'index', 'mask', 'frame',
    'time', 'timestamp', 'depth', 'distance', 'bbox3d', 'box3d', 'point3d', 'quadbox',
    'quadboxes', 'polygon', 'polygons',
})  # fmt: skip
_SOLID = frozenset({'bbox3d', 'box3d', 'point3d'})

Group = Mapping[str, Value]
"""A thing's values by normal key."""


class _Named(dict[str, Value]):
    """A group that knows how its keys were written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: dict[str, str] = {}


def add_documents(found: Collector, text: str, *, label: str = '', kind: Kind = 'either') -> None:
    """
    Add the things of every list and object in a text.

    Where one is an object with keys, bare numbers around it are prose.
    """
    documents = read(text)
    keyed = [document for document in documents if has_table(document)]
    for document in keyed or [d for d in documents if not _is_prose(d)]:
        add_things(found, document, label=label, kind=kind)


def add_things(found: Collector, value: Value, *, label: str = '', kind: Kind = 'either') -> None:
    """Add the things in a value; `label` is for those that have none of their own."""
    if isinstance(value, Table):
        for group in groups(value):
            _add_group(found, group, label, whole=value.whole)
    elif isinstance(value, Array) and has_table(value):
        for item in value.items:
            add_things(found, item, label=label, kind=kind)
        if not value.whole:
            found.trouble(BROKEN_OFF)
    elif isinstance(value, Array):
        _add_list(found, value, label, kind)


def groups(table: Table) -> Iterator[_Named]:
    """Yield an object's values by normal key; where a key comes again, the next thing begins."""
    group = _Named()
    for i, (key, value) in enumerate(table.pairs):
        name = normal(key) or key or f' {i}'  # what has no key is no other thing's
        if name in group:
            yield group
            group = _Named()
        group[name] = value
        group.written[name] = key
    yield group


def has_table(value: Value) -> bool:
    """Return whether an object with keys is in a value."""
    if isinstance(value, Array):
        return any(has_table(item) for item in value.items)
    return isinstance(value, Table)


def label_of(group: Group) -> Atom | None:
    """Return the label of a thing."""
    for key in LABEL_KEYS:
        value = group.get(key)
        if isinstance(value, Atom) and not value.is_null and value.text.strip():
            return value
    return None


def place_of(found: Collector, group: Group, *, whole: bool = True) -> list[tuple[Shape, Kind]]:
    """Return the points and boxes of a thing, and what their keys call them."""
    shape = of_axes(found, group, whole=whole)
    if shape is not None:
        return [(shape, 'either')]
    return [
        (shape, kind)
        for key, value in group.items()
        if (kind := kind_of(key)) is not None and not _has_things(value)
        for shape in shapes(found, value, kind)
    ]


def add_place(
    found: Collector, place: list[tuple[Shape, Kind]], label: str
) -> tuple[Shape, ...] | None:
    """Add a thing that has one box and one point; return None if it has not."""
    points = [shape for shape, _ in place if len(shape.numbers) == 2]
    boxes = [shape for shape, _ in place if len(shape.numbers) == 4]
    if len(points) != 1 or len(boxes) != 1:
        return None
    found.add(points[0].numbers, points[0].span, label=label, box=boxes[0].numbers)
    return points[0], boxes[0]


def _add_group(found: Collector, group: _Named, label: str, *, whole: bool) -> None:
    own = label_of(group)
    name = own.text if own is not None else label
    if own is not None and not (own.whole or whole):
        found.trouble(BROKEN_OFF)
        return
    if not whole:
        found.trouble(BROKEN_OFF)
    before = len(found.troubles)
    place = place_of(found, group, whole=whole)
    if not place and any(is_placeholder(value) for value in group.values()):
        return
    if add_place(found, place, name) is None:
        labels = _labels(group, name, len(place))
        for (shape, _), text in zip(place, labels, strict=True):
            found.add(shape.numbers, shape.span, label=text)
    nested = _add_nested(found, group, name)
    if own is not None and not (place or nested or found.empty or len(found.troubles) > before):
        found.trouble(f'{name[:40]!r} has no point')


def _add_nested(found: Collector, group: _Named, name: str) -> bool:
    """Add the things in lists and objects of a thing; return whether there are any."""
    nested = False
    has_label = any(key in group for key in LABEL_KEYS)
    for key, value in group.items():
        if isinstance(value, Atom) or (kind_of(key) is not None and not _has_things(value)):
            continue
        if key in _SOLID:
            found.trouble(f'{key!r} is no place in the image')
        elif _has_things(value) or not (has_label or key in _OTHER):
            # {"red cube": [[120, 80]]}
            add_things(found, value, label=name or _key_label(group, key))
        else:
            continue
        nested = True
    return nested


def _key_label(group: _Named, key: str) -> str:
    return '' if key in _GENERIC else group.written[key]


def _add_list(found: Collector, array: Array, label: str, kind: Kind) -> None:
    """Add a bare list; one with one word in it names what it lists: ["red cube", [120, 80]]."""
    words = [item for item in array.items if isinstance(item, Atom) and item.number is None]
    own = words[0].text if len(words) == 1 and re.search(r'\w', words[0].text) else ''
    inner = [item for item in array.items if not isinstance(item, Atom)]
    if not inner or (kind == 'box' and len(inner) == 2) or not _has_words(inner):
        for shape in shapes(found, array, kind):
            found.add(shape.numbers, shape.span, label=own or label)
        return
    for item in inner:
        add_things(found, item, label=own or label, kind=kind)
    if not array.whole:
        found.trouble(BROKEN_OFF)


def _labels(group: Group, name: str, count: int) -> list[str]:
    """Return a label for each of several places: one for all, or as many as there are places."""
    for key in LABEL_KEYS:
        value = group.get(key)
        if isinstance(value, Array):
            texts = [item.text for item in value.items if isinstance(item, Atom)]
            if len(texts) == 1:
                return texts * count
            return texts if len(texts) == count else [''] * count
    return [name] * count


def _has_things(value: Value) -> bool:
    """Return whether a value holds objects that are more than x and y."""
    if isinstance(value, Table):
        keys = {normal(key) for key, _ in value.pairs}
        return bool(keys & {*LABEL_KEYS} or any(kind_of(key) for key in keys))
    return isinstance(value, Array) and any(_has_things(item) for item in value.items)


def is_placeholder(value: Value) -> bool:
    """Return whether a list is the echo of an example: [x1, y1, x2, y2]."""
    return (
        isinstance(value, Array)
        and len(value.items) > 1
        and all(
            isinstance(item, Atom) and not item.quoted and item.number is None
            for item in value.items
        )
    )


def _has_words(values: list[Array | Table]) -> bool:
    return any(
        isinstance(item, Atom) and item.number is None
        for value in values
        if isinstance(value, Array)
        for item in value.items
    )


def _is_prose(value: Value) -> bool:
    """Return whether a bare list is one of prose, such as a [1] or a (2)."""
    return (
        isinstance(value, Array)
        and bool(value.items)
        and value.whole
        and not (
            has_table(value)
            or any(isinstance(item, Array) for item in value.items)
            or sum(isinstance(i, Atom) and i.number is not None for i in value.items) > 1
        )
    )
