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

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from vlm_robot.models.tabletop.encoder import STRIDE, Cells, TabletopEncoder

MIN_VISIBLE = 25  # pixels at 256 x 192; less is not an object to find


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


@dataclass(frozen=True)
class DenseTargets:
    """What the encoder should say; M object slots of which `shown` marks the real ones."""

    heat: Tensor  # (b, h, w)
    cell: Tensor  # (b, M) index of the object's centre cell
    offset: Tensor  # (b, M, 2)
    labels: Tensor  # (b, M, 3) kind, colour, size
    shown: Tensor  # (b, M) bool
    owner: Tensor  # (b, h, w) object index, -1 for none


def targets(rows: dict[str, np.ndarray]) -> DenseTargets:
    """Build the targets of a batch of shard rows."""
    point = torch.from_numpy(rows['point'])
    shown = torch.from_numpy(rows['visible'] >= MIN_VISIBLE)
    owner = torch.from_numpy(rows['owner']).long()
    height, width = owner.shape[1:]
    grid = (point + 0.5) / STRIDE
    column = grid[..., 0].long().clamp(0, width - 1)
    row = grid[..., 1].long().clamp(0, height - 1)
    labels = np.stack([rows[key] for key in ('kind', 'colour', 'size')], -1)
    return DenseTargets(
        heat=_heat(grid, shown, height, width),
        cell=row * width + column,
        offset=grid - torch.stack((column, row), -1),
        labels=torch.from_numpy(labels).long(),
        shown=shown,
        owner=owner,
    )


def _heat(grid: Tensor, shown: Tensor, height: int, width: int) -> Tensor:
    """Return one Gaussian bump of 0.7 cells per object, 1 at its centre cell."""
    centre = grid.floor() + 0.5
    x = torch.arange(width) + 0.5 - centre[..., 0, None]
    y = torch.arange(height) + 0.5 - centre[..., 1, None]
    square = x[:, :, None, :] ** 2 + y[:, :, :, None] ** 2
    bumps = torch.exp(-square / (2 * 0.7**2)) * shown[..., None, None]
    return bumps.amax(1)


def dense_loss(cells: Cells, goal: DenseTargets, counts: list[int]) -> tuple[Tensor, dict[str, float]]:
    """Return the loss and what people look at: centre recall, kind, colour and size accuracy."""
    heat = focal(cells.centre[:, 0], goal.heat)
    picked = cells.attributes.flatten(2).transpose(1, 2)
    index = goal.cell.unsqueeze(-1)
    logits = picked.gather(1, index.expand(-1, -1, picked.shape[-1]))[goal.shown]
    labels = goal.labels[goal.shown]
    parts = list(zip(logits.split(counts, -1), labels.unbind(-1), strict=True))
    named = sum(F.cross_entropy(part, label) for part, label in parts)
    offsets = cells.offset.flatten(2).transpose(1, 2).gather(1, index.expand(-1, -1, 2))
    shift = F.smooth_l1_loss(offsets[goal.shown], goal.offset[goal.shown], beta=0.1)
    covered = goal.owner >= 0
    slots = goal.owner.clamp(min=0).flatten(1).unsqueeze(-1).expand(-1, -1, 3)
    everywhere = goal.labels.gather(1, slots)[covered.flatten(1)]
    dense = picked[covered.flatten(1)].split(counts, -1)
    spread = sum(F.cross_entropy(p, l) for p, l in zip(dense, everywhere.unbind(-1), strict=True))
    loss = heat + named + 2 * shift + 0.5 * spread
    hits = cells.centre.flatten(1).sigmoid().gather(1, goal.cell)[goal.shown] > 0.3
    figures = {'centre': hits.float().mean().item(), 'offset': shift.item()}
    for name, (part, label) in zip(('kind', 'colour', 'size'), parts, strict=True):
        figures[name] = (part.argmax(-1) == label).float().mean().item()
    return loss, figures


def focal(logits: Tensor, heat: Tensor) -> Tensor:
    """Penalty-reduced focal loss of "Objects as Points", eq. 1, per object."""
    found = F.logsigmoid(logits) * (1 - logits.sigmoid()) ** 2 * (heat > 0.999)
    missed = F.logsigmoid(-logits) * logits.sigmoid() ** 2 * (1 - heat) ** 4 * (heat <= 0.999)
    return -(found.sum() + missed.sum()) / (heat > 0.999).sum().clamp(min=1)


def _batches(scenes: Scenes, batch: int, rng: np.random.Generator) -> Iterator[dict[str, np.ndarray]]:
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
) -> None:
    """
    Train the encoder; progress is kept in `path`, so an interrupted run goes on.

    :param steps: optimiser steps in all.
    """
    torch.manual_seed(seed)
    config = encoder.config
    counts = [len(config.kinds), len(config.colours), len(config.sizes)]
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=peak_rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, peak_rate, total_steps=steps, pct_start=0.08
    )
    first = _resume(path, encoder, optimiser, schedule)
    encoder.train()
    batches = _batches(scenes, batch, np.random.default_rng([seed, first]))
    bar = tqdm(range(first, steps), initial=first, total=steps, desc='encoder', mininterval=10)
    saved = time.monotonic()
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
        bar.set_postfix({key: f'{value:.3f}' for key, value in figures.items()})
        if time.monotonic() - saved > 60 or step + 1 == steps:
            _save(path, encoder, optimiser, schedule, step + 1)
            saved = time.monotonic()


def _save(path: Path, encoder: torch.nn.Module, optimiser, schedule, step: int) -> None:
    state = {
        'encoder': encoder.state_dict(),
        'optimiser': optimiser.state_dict(),
        'schedule': schedule.state_dict(),
        'step': step,
    }
    part = path.with_suffix('.part')
    torch.save(state, part)
    part.rename(path)


def _resume(path: Path, encoder: torch.nn.Module, optimiser, schedule) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    encoder.load_state_dict(state['encoder'])
    optimiser.load_state_dict(state['optimiser'])
    schedule.load_state_dict(state['schedule'])
    return int(state['step'])
