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
Bare lists of points, and boxes.

::

    [(0.461, 0.527), (0.498, 0.521)]        RoboPoint, RoboBrain
    [x1, y1, x2, y2]                        RoboBrain's affordances
    [[x, y], [x, y], ...]                   RoboBrain's trajectories

Formats: repositories wentaoyuan/RoboPoint and FlagOpen/RoboBrain2.0.
"""

from __future__ import annotations

from collections.abc import Sequence

from vlm_robot.models.answer import ImageSize, Pointed
from vlm_robot.models.conventions.documents import Documents
from vlm_robot.models.conventions.rendering import Writer, listed


class PointTuplesConvention(Documents):
    """Reads and writes the syntax of this module's docstring."""

    def render(self, pointed: Sequence[Pointed], size: ImageSize) -> str:
        """Write things without labels so that `parse` reads them back, rounded."""
        writer = Writer(self._units, size)
        items = (
            f'({", ".join(writer.point(p))})' if p.box is None else listed(writer.numbers(p))
            for p in pointed
        )
        return f'[{", ".join(items)}]'
