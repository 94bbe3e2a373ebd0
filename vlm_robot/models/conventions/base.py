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

"""What an answer syntax is."""

from __future__ import annotations

from typing import Protocol

from vlm_robot.models.answer import ImageSize, Parsed


class Convention(Protocol):
    """
    Reads one syntax in the units of one profile.

    Pure text: never raises for any text, never drops a step or a point silently.
    """

    def parse(self, text: str, size: ImageSize) -> Parsed:
        """
        Read an answer.

        :param text: the raw answer.
        :param size: of the image that its points refer to.
        """
