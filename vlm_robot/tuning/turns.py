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

"""Batches of tokenised turns for instruction tuning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vlm_robot.models.tabletop.processor import ANSWER, IMAGE, TabletopProcessor
from vlm_robot.tuning.cache import Seen
from vlm_robot.tuning.instructions import Instructor
from vlm_robot.tuning.turn import Turn

_POOL = 24  # batches that are sorted by length together, so that little is padding
_PAD_LABEL = -100


@dataclass(frozen=True)
class Batch:
    """Inputs of the model's forward."""

    input_ids: Tensor
    attention_mask: Tensor
    labels: Tensor
    objects: Tensor


class Turns:
    """Draws batches of turns about random scenes, without end."""

    def __init__(
        self, processor: TabletopProcessor, seen: list[Seen], *, batch: int, seed: int
    ) -> None:
        self._processor = processor
        self._seen = seen
        self._batch = batch
        self._rng = np.random.default_rng(seed)

    def __iter__(self) -> Iterator[Batch]:
        while True:
            rows = [self._row() for _ in range(self._batch * _POOL)]
            rows.sort(key=lambda row: len(row[0]))
            for index in self._rng.permutation(_POOL):
                yield collate(rows[index * self._batch : (index + 1) * self._batch])

    def _row(self) -> tuple[list[int], int, Tensor]:
        while True:
            seen = self._seen[int(self._rng.integers(len(self._seen)))]
            if turn := Instructor(seen.facts, seen.points, self._rng).turn():
                return (*encode(self._processor, turn), seen.objects)


def encode(processor: TabletopProcessor, turn: Turn) -> tuple[list[int], int]:
    """Return a turn's token ids and how many of them are the prompt."""
    prompt = prompt_ids(processor, turn.instruction)
    answer = processor.tokenizer(turn.answer)['input_ids'] + [processor.tokenizer.eos_token_id]
    return prompt + answer, len(prompt)


def prompt_ids(processor: TabletopProcessor, instruction: str) -> list[int]:
    """Return the token ids that ask for an instruction's answer, `<unk>` for unknown words."""
    text = f'<s> {instruction} {(IMAGE + " ") * processor.object_tokens}{ANSWER}'
    return list(processor.tokenizer(text)['input_ids'])


def collate(rows: list[tuple[list[int], int, Tensor]]) -> Batch:
    """Pad on the right; there is no loss on prompts and padding."""
    width = max(len(ids) for ids, _, _ in rows)
    input_ids = torch.zeros(len(rows), width, dtype=torch.long)
    labels = torch.full_like(input_ids, _PAD_LABEL)
    for index, (ids, prompt, _) in enumerate(rows):
        input_ids[index, : len(ids)] = torch.tensor(ids)
        labels[index, prompt : len(ids)] = torch.tensor(ids[prompt:])
    mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids, _, _ in rows])
    return Batch(input_ids, mask, labels, torch.stack([objects for _, _, objects in rows]))
