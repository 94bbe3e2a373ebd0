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

"""Frames of the simulated tabletop, and instructions about them."""

from __future__ import annotations

from collections.abc import Iterator

from subjects import Image, Subject

from vlm_robot.core.values import Frame
from vlm_robot.sim.tabletop import Tabletop
from vlm_robot.tuning.episodes import sample_episode

_TRIES = 20  # scenes for each that is wanted


def case(seed: int, form: str) -> tuple[Frame, str]:
    """Return a frame and an instruction about it."""
    episode = sample_episode(seed, form)
    tabletop = Tabletop(episode.scene)
    try:
        return tabletop.look(), episode.instruction
    finally:
        tabletop.close()


def two_step_cases(subject: Subject, count: int) -> Iterator[tuple[str, Image]]:
    """Yield instructions and images that the embedded model answers with a plan of two steps."""
    found = 0
    for seed in range(_TRIES * count):
        frame, text = case(seed, 'colour kind')
        if len(subject.read(subject.ours(text, frame.rgb), frame.rgb).steps) == 2:
            found += 1
            yield text, frame.rgb
        if found == count:
            return
    raise RuntimeError(f'{found} of {_TRIES * count} instructions gave two steps, not {count}')
