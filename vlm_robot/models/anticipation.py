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
Speculative perception: a model looks at the scene before anybody says anything.

While nothing is asked, the newest frame is shown to the model whenever the scene has changed and
come to rest. An instruction about the same scene then pays for its own words only.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.likeness import alike


class Anticipation:
    """
    Remembers what the model has looked at.

    :param look: shows an image to the model, see `Backend.look`.
    """

    def __init__(self, look: Callable[[NDArray[np.uint8]], None]) -> None:
        self._look = look
        self._seen: NDArray[np.uint8] | None = None
        self._last: NDArray[np.uint8] | None = None

    def prepare(self, rgb: NDArray[np.uint8]) -> bool:
        """
        Take the newest image; show it to the model if it has not seen the scene.

        An image in which things have moved since the one before is not worth a look: the arm is
        at work, and the next image shows something else again.

        :return: whether the model looked.
        """
        at_rest = self._last is not None and alike(self._last, rgb)
        self._last = rgb
        if not at_rest or self._knows(rgb):
            return False
        self._look(rgb)
        self._seen = rgb
        return True

    def known(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """
        Return the image that the model has looked at, if it shows the same scene as `rgb`.

        Nothing has moved by a pixel between the two, so that points hold in both.
        """
        return self._seen if self._seen is not None and self._knows(rgb) else rgb

    def _knows(self, rgb: NDArray[np.uint8]) -> bool:
        return self._seen is not None and alike(self._seen, rgb)
