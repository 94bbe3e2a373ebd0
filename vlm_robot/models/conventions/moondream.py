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
Moondream's points and boxes, in shares of the image's sides; without labels.

::

    {'points': [{'x': 0.51, 'y': 0.44}]}
    {'objects': [{'x_min': 0.4, 'y_min': 0.3, 'x_max': 0.6, 'y_max': 0.6}]}

Format: docs.moondream.ai. A dictionary may be JSON or Python.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from vlm_robot.models.answer import ImageSize, Pointed
from vlm_robot.models.conventions.documents import Documents
from vlm_robot.models.conventions.rendering import Writer


class MoondreamConvention(Documents):
    """Reads and writes the syntax of this module's docstring."""

    def render(self, pointed: Sequence[Pointed], size: ImageSize) -> str:
        """Write things without labels so that `parse` reads them back, rounded."""
        writer = Writer(self._units, size)
        points = [_keyed(('x', 'y'), writer.point(p)) for p in pointed if p.box is None]
        boxes = [
            _keyed(('x_min', 'y_min', 'x_max', 'y_max'), writer.numbers(p))
            for p in pointed
            if p.box is not None
        ]
        return json.dumps({'points': points, 'objects': boxes} if boxes else {'points': points})


def _keyed(names: tuple[str, ...], numbers: list[str]) -> dict[str, float]:
    return {name: float(number) for name, number in zip(names, numbers, strict=True)}
