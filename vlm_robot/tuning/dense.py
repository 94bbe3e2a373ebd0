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

"""What the encoder should say of every cell of an image, and the loss when it does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vlm_robot.models.tabletop.encoder import STRIDE, Cells
from vlm_robot.tuning.facts import MIN_VISIBLE


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


def dense_loss(
    cells: Cells, goal: DenseTargets, counts: list[int]
) -> tuple[Tensor, dict[str, float]]:
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
    spread = sum(
        F.cross_entropy(part, label)
        for part, label in zip(dense, everywhere.unbind(-1), strict=True)
    )
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
