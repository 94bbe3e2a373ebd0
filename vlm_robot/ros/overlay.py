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

"""Draws a plan on the image that it was made on."""

from __future__ import annotations

import math
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.targets import targets_of
from vlm_robot.core.values import Plan, Target

Colour = tuple[int, int, int]

STEP_COLOURS: tuple[Colour, ...] = ((255, 210, 0), (0, 220, 255), (255, 90, 200), (120, 255, 120))
"""RGB of the first, second, ... step; they repeat."""

ALARM: Colour = (255, 80, 60)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_plan(rgb: NDArray[np.uint8], plan: Plan) -> NDArray[np.uint8]:
    """
    Return a copy of the image with each target's point, label and confidence.

    A refused plan shows its code instead, and the candidates of an ambiguous one.
    """
    image = np.ascontiguousarray(rgb).copy()
    for index, step in enumerate(plan.steps):
        colour = STEP_COLOURS[index % len(STEP_COLOURS)]
        for target in targets_of((step,)):
            _draw_target(image, target, colour, f'{index + 1} {step.skill.name.lower()} ')
    for candidate in plan.candidates:
        _draw_target(image, candidate, ALARM, '? ')
    if not plan.verdict.ok:
        sentence = plan.question or plan.verdict.message
        draw_caption(image, [plan.outcome.name, sentence], colour=ALARM)
    return image


def draw_caption(
    image: NDArray[np.uint8], lines: Iterable[str], *, colour: Colour = (255, 255, 255)
) -> None:
    """Write lines into the top left corner of an image, on a dark bar, in place."""
    scale = max(0.45, image.shape[1] / 1280)
    height = round(34 * scale)
    texts = [line for line in lines if line]
    band = image[: height * len(texts) + round(8 * scale)]
    band[:] = (band * 0.35).astype(np.uint8)
    for row, text in enumerate(texts):
        at = (round(10 * scale), height * (row + 1) - round(8 * scale))
        cv2.putText(image, _ascii(text), at, _FONT, scale, colour, 1, cv2.LINE_AA)


def _draw_target(image: NDArray[np.uint8], target: Target, colour: Colour, prefix: str) -> None:
    if target.pixel is None or not all(math.isfinite(v) for v in target.pixel):
        return
    height, width = image.shape[:2]
    u = round(min(max(target.pixel[0], 0), width - 1))
    v = round(min(max(target.pixel[1], 0), height - 1))
    cv2.circle(image, (u, v), 9, (0, 0, 0), 4, cv2.LINE_AA)
    cv2.circle(image, (u, v), 9, colour, 2, cv2.LINE_AA)
    cv2.drawMarker(image, (u, v), colour, cv2.MARKER_CROSS, 14, 1, cv2.LINE_AA)
    _draw_tag(image, (u, v), prefix + _describe(target), colour)


def _describe(target: Target) -> str:
    known = math.isfinite(target.confidence)
    return f'{target.label} {target.confidence:.0%}' if known else target.label


def _draw_tag(image: NDArray[np.uint8], at: tuple[int, int], text: str, colour: Colour) -> None:
    text = _ascii(text)
    (wide, high), _ = cv2.getTextSize(text, _FONT, 0.5, 1)
    x = min(max(at[0] + 14, 0), max(image.shape[1] - wide - 6, 0))
    y = min(max(at[1] - 12, high + 4), image.shape[0] - 6)
    cv2.rectangle(image, (x - 3, y - high - 4), (x + wide + 3, y + 4), (20, 20, 20), cv2.FILLED)
    cv2.putText(image, text, (x, y), _FONT, 0.5, colour, 1, cv2.LINE_AA)


def _ascii(text: str) -> str:
    """Replace what OpenCV's fonts cannot draw."""
    return text.encode('ascii', 'replace').decode('ascii')
