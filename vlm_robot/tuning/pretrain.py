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

"""Stage 1: dense pretraining of the encoder from the simulator's masks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from vlm_robot.models.tabletop.encoder import TabletopEncoder
from vlm_robot.tuning.dense import dense_loss, targets
from vlm_robot.tuning.progress import SAVE_S, Progress


@dataclass(frozen=True)
class Scenes:
    """Shards in memory; see `vlm_robot.tuning.synthesis` for the arrays."""

    arrays: dict[str, np.ndarray]

    @classmethod
    def load(cls, paths: list[Path]) -> Scenes:
        """Read shards into memory."""
        shards = [np.load(path) for path in paths]
        return cls({key: np.concatenate([s[key] for s in shards]) for key in shards[0].files})

    def __len__(self) -> int:
        return len(self.arrays['rgb'])


def normalise(rgb: Tensor) -> Tensor:
    """Turn (b, h, w, 3) uint8 into (b, 3, h, w) float as the processor does."""
    return rgb.permute(0, 3, 1, 2).float() / 127.5 - 1.0


def augment(pixels: Tensor) -> Tensor:
    """Change brightness, contrast, white balance and noise a little, per image."""
    count = pixels.shape[0]
    gain = 1 + 0.12 * torch.randn(count, 1, 1, 1) + 0.04 * torch.randn(count, 3, 1, 1)
    shift = 0.08 * torch.randn(count, 1, 1, 1)
    return pixels * gain + shift + 0.02 * torch.rand(count, 1, 1, 1) * torch.randn_like(pixels)


def _batches(
    scenes: Scenes, batch: int, rng: np.random.Generator
) -> Iterator[dict[str, np.ndarray]]:
    while True:
        order = rng.permutation(len(scenes))
        for start in range(0, len(order) - batch + 1, batch):
            yield {key: a[order[start : start + batch]] for key, a in scenes.arrays.items()}


def pretrain(
    encoder: TabletopEncoder,
    scenes: Scenes,
    *,
    steps: int,
    path: Path,
    batch: int = 24,
    peak_rate: float = 3e-3,
    seed: int = 0,
    save_s: float = SAVE_S,
) -> None:
    """
    Train the encoder; progress is kept in `path`, so an interrupted run goes on.

    :param steps: optimiser steps in all.
    :param save_s: seconds between two saves.
    :raises ConfigurationError: for a `path` that holds something else.
    """
    torch.manual_seed(seed)
    config = encoder.config
    counts = [len(config.kinds), len(config.colours), len(config.sizes)]
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=peak_rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, peak_rate, total_steps=steps, pct_start=0.08
    )
    progress = Progress(
        path, {'encoder': encoder, 'optimiser': optimiser, 'schedule': schedule}, every_s=save_s
    )
    first = progress.resume()
    encoder.train()
    batches = _batches(scenes, batch, np.random.default_rng([seed, first]))
    bar = tqdm(range(first, steps), initial=first, total=steps, desc='encoder', mininterval=10)
    for step in bar:
        rows = next(batches)
        pixels = augment(normalise(torch.from_numpy(rows['rgb'])))
        cells = encoder(pixels.contiguous(memory_format=torch.channels_last))
        loss, figures = dense_loss(cells, targets(rows), counts)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        bar.set_postfix({key: f'{value:.3f}' for key, value in figures.items()}, refresh=False)
        progress.done(step + 1, of=steps)
