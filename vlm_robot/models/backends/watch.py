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

"""Watches over one answer: whether it can be given, is still wanted, and is in time."""

from __future__ import annotations

import math
import time

import numpy as np

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.errors import Refusal
from vlm_robot.core.outcome import OK, Outcome, Verdict
from vlm_robot.models.answer import Request


class Watch:
    """The end of one request's time, counted from construction."""

    def __init__(self, request: Request, cancel: Cancel | None) -> None:
        self._deadline_s = request.deadline_s
        self._cancel = cancel
        self._start = time.monotonic()

    def verdict(self) -> Verdict:
        """Return OK while the answer is wanted, else CANCELED or TIMEOUT."""
        if self._cancel is not None and self._cancel.is_set():
            return Verdict(Outcome.CANCELED, 'the instruction was canceled before it was answered')
        if 0 < self._deadline_s < time.monotonic() - self._start:
            return Verdict(
                Outcome.TIMEOUT, f'the model gave no answer within {self._deadline_s:g} s'
            )
        return OK

    def left_s(self) -> float:
        """Return the seconds until the deadline, infinity without one."""
        if self._deadline_s <= 0:
            return math.inf
        return self._deadline_s - (time.monotonic() - self._start)

    def check(self) -> None:
        """:raises Refusal: CANCELED or TIMEOUT."""
        raise_unless_ok(self.verdict())


def raise_unless_ok(verdict: Verdict) -> None:
    """:raises Refusal: with the verdict, unless it is OK."""
    if not verdict.ok:
        raise Refusal(verdict.outcome, verdict.message)


def check_images(request: Request) -> None:
    """:raises Refusal: BAD_FRAME without an image, and for what is no (h, w, 3) uint8 image."""
    if not request.images:
        raise Refusal(Outcome.BAD_FRAME, 'there is no image: a model needs at least one')
    for image in request.images:
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise Refusal(
                Outcome.BAD_FRAME,
                f'the image has shape {image.shape!r} and type {str(image.dtype)!r}: expected '
                '(height, width, 3) of uint8',
            )
