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

"""Passes that compute only what no earlier pass has computed: the prefix cache."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vlm_robot.models.decode.family import Family, Memory, Prompt


class PrefixCache:
    """
    Keys and values of the latest prompt and answer.

    What the next sequence shares with them from the first token on is not computed again: drafts
    that were accepted, the system's words with the images where the next instruction is about
    the same images, and the system's words alone where it is about others. What it does not share
    is forgotten.

    :param reuse: whether another prompt may share anything; without, each begins anew.
    """

    def __init__(self, family: Family, *, reuse: bool = True) -> None:
        self.passes = 0  # since construction
        self._family = family
        self._reuse = reuse
        self._prompt: Prompt | None = None
        self._memory: Memory | None = None
        self._held: list[int] = []  # whose keys and values are in memory

    def run(
        self, prompt: Prompt, answer: Sequence[int], draft: Sequence[int] = ()
    ) -> tuple[int, Tensor]:
        """
        Run one pass over what is not held of a prompt, an answer so far and a draft of the rest.

        :return: the place in the answer that the first row predicts, not behind the answer so far,
            and (rows, vocabulary) logits: that row and all after it, up to the one of what comes
            behind the draft.
        """
        sequence = [*prompt.ids, *answer, *draft]
        asked = len(prompt.ids) - 1
        start = self._shared(prompt, sequence, asked + len(answer))
        memory = self._memory_for(prompt, start)
        first = max(start, asked)
        try:
            rows = self._family.run(
                prompt, memory, sequence[start:], start=start, keep=len(sequence) - first
            )
        except BaseException:
            self.forget()  # some layers may have got further than others
            raise
        self.passes += 1
        self._held = sequence
        return first - asked, rows

    def forget(self) -> None:
        """Drop everything."""
        self._prompt, self._memory, self._held = None, None, []

    def memory_bytes(self) -> int:
        """Return the size of the keys and values."""
        layers = getattr(self._memory and self._memory.cache, 'layers', ())
        held = (t for layer in layers for t in (layer.keys, layer.values) if t is not None)
        return sum(tensor.nbytes for tensor in held)

    def _shared(self, prompt: Prompt, sequence: list[int], most: int) -> int:
        """Return how many of the first `most` tokens need no pass."""
        before = self._prompt
        if before is None or not self._may_share(prompt, before):
            return 0
        shared = min(common_prefix(self._held, sequence), most)
        traits = self._family.traits
        if traits.both_ways and shared < len(prompt.ids):
            return 0
        if not traits.crops and shared < len(self._held):
            return 0
        if prompt.images == before.images and shared >= prompt.image_end:
            return shared
        return min(shared, prompt.image_start) if traits.splits else 0

    def _may_share(self, prompt: Prompt, before: Prompt) -> bool:
        if prompt is before:
            return True
        if self._memory is None or prompt.longest > self._memory.room:
            return False
        if self._family.traits.both_ways and prompt.ids != before.ids:
            return False
        return self._reuse

    def _memory_for(self, prompt: Prompt, start: int) -> Memory:
        """Return a memory of the first `start` tokens."""
        before, memory = self._prompt, self._memory
        known = self._reuse and before is not None and before.images == prompt.images
        if start == 0 or memory is None:
            memory = self._family.memory(prompt, memory.seen if memory and known else None)
        elif start < len(self._held):
            self._family.crop(memory, len(self._held), start)
        if not known and prompt is not before:
            memory.seen = None  # it was in other images
        self._prompt, self._memory, self._held = prompt, memory, self._held[:start]
        return memory


def name_images(images: Sequence[NDArray[np.uint8]]) -> bytes:
    """Return what tells images apart: the same for equal content alone."""
    digest = hashlib.blake2b()
    for image in images:
        digest.update(repr(image.shape).encode())
        digest.update(np.ascontiguousarray(image).data)
    return digest.digest()


def common_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    """Return how many tokens two sequences share from the first on."""
    for at, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return at
    return min(len(left), len(right))
