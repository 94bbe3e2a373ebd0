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

"""A model of a few lines that sees coloured figures and points at them, rightly or wrongly."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.core.skills import Skill
from vlm_robot.core.values import Step, Target
from vlm_robot.models.answer import Answer, ImageSize, Request, Task
from vlm_robot.models.backends.watch import Watch, check_images
from vlm_robot.models.conventions.tabletop import TabletopConvention
from vlm_robot.models.profile import Profile

Share = tuple[float, float]
_COLOURFUL = 60  # difference between the channels of a figure; the table's is less


class Eye:
    """
    A backend whose model points at the one colourful figure of an image.

    :param distort: takes shares of the image's sides to where the model points instead, None for
        an answer that says that there is nothing.
    :param profile: how its answers are to be read; it writes thousandths, x first, as JSON where
        its syntax is not the embedded model's.
    """

    def __init__(
        self,
        distort: Callable[[Share], Share | None] = lambda share: share,
        profile: Profile | None = None,
    ) -> None:
        self.profile = profile or Profile(name='eye', source='', plan='tabletop')
        self.asked: list[Request] = []
        self._distort = distort

    def answer(
        self,
        request: Request,
        *,
        cancel: Cancel | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Look at the image; see `Backend.answer`."""
        self.asked.append(request)
        Watch(request, cancel).check()
        check_images(request)
        image = request.images[0]
        place = self._distort(_look(image))
        return Answer(self._write(place, image, request.task))

    def look(self, images: Sequence[NDArray[np.uint8]]) -> None:
        """Do nothing."""

    def memory_bytes(self) -> int:
        """Return 0."""
        return 0

    def close(self) -> None:
        """Do nothing."""

    def _write(self, place: Share | None, image: NDArray[np.uint8], task: Task) -> str:
        height, width = image.shape[:2]
        if self.profile.plan == 'tabletop' and task is Task.PLAN:
            return 'missing' if place is None else _tabletop(place, ImageSize(width, height))
        if place is None:
            return '{"outcome":"not_found","label":"figure"}'
        x, y = (round(1000 * share) for share in place)
        point = f'"point":[{x},{y}],"label":"figure"'
        if task is Task.PLAN:
            return '{"outcome":"ok","steps":[{"skill":"pick",' + point + '}]}'
        return f'[{{"point_2d":[{x},{y}],"label":"figure"}}]'


def _look(image: NDArray[np.uint8]) -> Share:
    red, green, blue = (image[..., channel] for channel in range(3))
    chroma = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    rows, columns = np.nonzero(chroma > _COLOURFUL)
    height, width = image.shape[:2]
    return (columns.mean() + 0.5) / width, (rows.mean() + 0.5) / height


def _tabletop(place: Share, size: ImageSize) -> str:
    pixel = place[0] * size.width - 0.5, place[1] * size.height - 0.5
    return TabletopConvention().render((Step(Skill.PICK, Target('figure', pixel)),), size)
