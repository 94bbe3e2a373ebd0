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

"""Points as marks with attributes: <point x="32.0" y="62.8" alt="cup">cup</point>."""

from __future__ import annotations

import re

from vlm_robot.models.conventions.collector import BROKEN_OFF, Collector

_OPEN = re.compile(r'<(points?)\s([^<>]*+)(>|\Z|(?=<))', re.IGNORECASE)
_ATTRIBUTE = re.compile(r'\b([a-z]+)(\d*)\s*=\s*(?:"([^"]*+)"|\'([^\']*+)\')', re.IGNORECASE)
_NUMBER = re.compile(r'\s*([+-]?(?:\d++\.?+\d*+|\.\d++))\s*')
_NUMERIC = re.compile(r'\s*[+.\d-]')
_INNER = re.compile(r'([^<>]*+)</')


def add_xml_points(found: Collector, text: str) -> bool:
    """Add the points of all such marks; return whether there were any."""
    marks = list(_OPEN.finditer(text))
    for mark in marks:
        attributes = {
            (name[1].lower(), name[2]): name for name in _ATTRIBUTE.finditer(text, *mark.span(2))
        }
        _add_mark(found, attributes, _label(text, mark, attributes))
        if not mark[3]:
            found.trouble(BROKEN_OFF)
    return bool(marks)


def _label(
    text: str, mark: re.Match[str], attributes: dict[tuple[str, str], re.Match[str]]
) -> str:
    alt = attributes.get(('alt', ''))
    if alt is not None and _value(alt).strip():
        return _value(alt)
    inner = _INNER.match(text, mark.end()) if mark[3] else None
    return inner[1] if inner else ''


def _add_mark(
    found: Collector, attributes: dict[tuple[str, str], re.Match[str]], label: str
) -> None:
    """Add a mark's points; they share its one label."""
    counts = [count for name, count in attributes if name == 'x']
    counts += [c for name, c in attributes if name == 'y' and ('x', c) not in attributes]
    for count in counts:
        pair = attributes.get(('x', count)), attributes.get(('y', count))
        if pair[0] is None or pair[1] is None:
            found.trouble(f'point {count or "1"} of {label[:40]!r} lacks an x or a y')
            continue
        x, y = _NUMBER.fullmatch(_value(pair[0])), _NUMBER.fullmatch(_value(pair[1]))
        if x is None or y is None:
            if _NUMERIC.match(_value(pair[0])):  # else a placeholder
                found.trouble(
                    f'{_value(pair[0])[:40]!r} and {_value(pair[1])[:40]!r} are no point'
                )
            continue
        (start, end), (start2, end2) = _place(pair[0]), _place(pair[1])
        span = min(start, start2), max(end, end2)
        found.add(found.by_axis(float(x[1]), float(y[1])), span, label=label)


def _value(attribute: re.Match[str]) -> str:
    return attribute[3] if attribute[3] is not None else attribute[4]


def _place(attribute: re.Match[str]) -> tuple[int, int]:
    return attribute.span(3 if attribute[3] is not None else 4)
