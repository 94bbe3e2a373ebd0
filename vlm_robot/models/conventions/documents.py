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

"""What syntaxes share whose answers are lists and objects, as JSON or Python writes them."""

from __future__ import annotations

from vlm_robot.models.answer import ImageSize, Parsed
from vlm_robot.models.conventions.answer_text import unfenced
from vlm_robot.models.conventions.collector import Collector
from vlm_robot.models.conventions.things import add_documents
from vlm_robot.models.units import Units


class Documents:
    """Reads every thing with a place; see `vlm_robot.models.conventions.things`."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def parse(self, text: str, size: ImageSize) -> Parsed:
        """Read an answer; see `Convention.parse`."""
        found = Collector(text, self._units, size)
        add_documents(found, unfenced(found.answer))
        return found.parsed()
