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

"""Reads the numbers of an answer, also those that lie outside the image."""

from __future__ import annotations

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.values import Pixel
from vlm_robot.models.answer import ImageSize, Parsed, Request, Task
from vlm_robot.models.backends.base import Backend
from vlm_robot.models.conventions.registry import make_convention
from vlm_robot.models.planner import Planner
from vlm_robot.models.pointer import Pointer
from vlm_robot.models.selftest.cards import Card
from vlm_robot.models.selftest.diagnosis import Sight
from vlm_robot.models.units import Units

_WIDE = 1e6  # numbers a side: none that a model writes is outside


def sight(
    subject: Planner | Pointer, card: Card, *, cancel: Cancel | None = None, deadline_s: float
) -> Sight:
    """
    Ask the model that points, and read its answer without regard to the image's edges.

    :raises Refusal: of the backend.
    """
    backend, task = pointing(subject)
    words = f'pick up the {card.words}' if task is Task.PLAN else card.words
    answer = backend.answer(Request(words, (card.rgb,), task, deadline_s), cancel=cancel)
    height, width = card.rgb.shape[:2]
    size = answer.size or ImageSize(width, height)
    profile = backend.profile
    syntax = profile.plan if task is Task.PLAN else profile.point
    point, sides = _read(syntax, profile.units, answer.text, size)
    return Sight(size, card.true, card.radius, point, sides)


def pointing(subject: Planner | Pointer) -> tuple[Backend, Task]:
    """Return what runs the model that points, and the task in which it does."""
    pointer = subject.grounder if isinstance(subject, Planner) else subject
    return (subject.backend, Task.PLAN) if pointer is None else (pointer.backend, Task.POINT)


def _read(
    syntax: str, units: Units, text: str, size: ImageSize
) -> tuple[Pixel | None, tuple[float, float] | None]:
    """Return the point, and the sides that the units take; None where the syntax fixes them."""
    wide = Units(scale='share', divisor=_WIDE, first=units.first, offset=units.offset)
    declared = _point(make_convention(syntax, units).parse(text, size))
    point = _point(make_convention(syntax, wide).parse(text, size))
    if point is None or point == declared:
        return declared, None
    sides = _sides(units, size)
    u, v = (
        (place + 0.5) / n * _WIDE / side * n - 0.5
        for place, n, side in zip(point, (size.width, size.height), sides, strict=True)
    )
    return (u, v), sides


def _sides(units: Units, size: ImageSize) -> tuple[float, float]:
    """Return the numbers x and y of the lower right corner."""
    plain = units.model_copy(update={'first': 'x', 'offset': 0.0})
    return plain.from_pixel((size.width - 0.5, size.height - 0.5), size)


def _point(parsed: Parsed) -> Pixel | None:
    """Return the one point of an answer; several are none."""
    if parsed.steps:
        return parsed.steps[0].target.pixel
    return parsed.pointed[0].target.pixel if len(parsed.pointed) == 1 else None
