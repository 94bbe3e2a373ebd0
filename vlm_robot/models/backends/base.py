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

"""What a backend is: it runs a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vlm_robot.core.cancel import Cancel
from vlm_robot.models.answer import Answer, Request
from vlm_robot.models.profile import Profile


class Backend(Protocol):
    """Runs one model, which is loaded when the backend is constructed. One answer at a time."""

    profile: Profile

    def answer(
        self,
        request: Request,
        *,
        cancel: Cancel | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """
        Answer one request.

        :param on_text: called with each piece of the answer as it comes.
        :raises Refusal: CANCELED, TIMEOUT, BAD_FRAME, MODEL_ERROR or INVALID_ANSWER.
        """

    def look(self, images: Sequence[NDArray[np.uint8]]) -> None:
        """
        Prepare for an instruction about images, so that it has less to wait for.

        Changes no answer; a backend that cannot prepare does nothing.
        """

    def memory_bytes(self) -> int:
        """Return how much memory weights and caches take in this process or on its device."""

    def close(self) -> None:
        """Free what the model holds."""
