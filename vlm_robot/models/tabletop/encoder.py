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
The vision encoder: a small convolutional network that finds objects as points.

Detection follows "Objects as Points" (Zhou et al., 2019): at stride 8, one heat map says where
objects have their centre, and at each centre other heads tell kind, colour, size and the offset
within the cell. The strongest centres become the object tokens of the language model.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vlm_robot.models.tabletop.configuration import TabletopConfig

STRIDE = 8


@dataclass(frozen=True)
class Cells:
    """What the encoder says of each cell of the stride-8 grid, as (b, channels, h / 8, w / 8)."""

    features: Tensor
    centre: Tensor  # 1 channel, logits
    attributes: Tensor  # logits of kinds, then colours, then sizes
    offset: Tensor  # 2 channels: (u, v) from the cell's top-left corner, 0 to 1 inside the cell


@dataclass(frozen=True)
class Objects:
    """The strongest centres, from left to right in the image. k = `object_tokens`."""

    features: Tensor  # (b, k, channels)
    attributes: Tensor  # (b, k, attributes) probabilities
    score: Tensor  # (b, k) probability of being a centre
    point: Tensor  # (b, k, 2) position (x, y) as a share of the image's width and height


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _conv(width, width)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)))


def _conv(source: int, width: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(source, width, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )


class TabletopEncoder(nn.Module):
    """Image to cells to object tokens."""

    def __init__(self, config: TabletopConfig) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = config.widths
        self.config = config
        self.stem = nn.Sequential(
            _conv(3, half, stride=2), _conv(half, quarter, stride=2), _conv(quarter, quarter)
        )
        self.fine = nn.Sequential(_conv(quarter, eighth, stride=2), _Residual(eighth))
        self.coarse = nn.Sequential(
            _conv(eighth, sixteenth, stride=2), _Residual(sixteenth), _Residual(sixteenth)
        )
        self.context = nn.TransformerEncoderLayer(
            sixteenth, 4, 3 * sixteenth, dropout=0.0, batch_first=True, norm_first=True
        )
        cells = config.image_height * config.image_width // 256
        self.place = nn.Parameter(torch.randn(cells, sixteenth) * 0.02)
        self.lift = nn.Conv2d(sixteenth, eighth, 1)
        self.merge = _Residual(eighth)
        self.head = _conv(eighth, eighth)
        self.centre = nn.Conv2d(eighth, 1, 1)
        self.attributes = nn.Conv2d(eighth, config.attributes, 1)
        self.offset = nn.Conv2d(eighth, 2, 1)
        nn.init.constant_(self.centre.bias, -4.0)  # few cells are centres

    def forward(self, pixel_values: Tensor) -> Cells:
        """
        Encode images.

        :param pixel_values: (b, 3, h, w), scaled to about -1..1 by the processor.
        """
        fine = self.fine(self.stem(pixel_values))
        coarse = self.coarse(fine)
        rows, columns = coarse.shape[-2:]
        tokens = self.context(coarse.flatten(2).transpose(1, 2) + self.place)
        coarse = tokens.transpose(1, 2).unflatten(2, (rows, columns))
        lifted = F.interpolate(self.lift(coarse), scale_factor=2.0, mode='nearest')
        merged = self.merge(fine + lifted)
        head = self.head(merged)
        return Cells(merged, self.centre(head), self.attributes(head), self.offset(head).sigmoid())

    def objects(self, cells: Cells) -> Objects:
        """Return the strongest centres; a weaker neighbour of the same kind and colour is none."""
        score = (cells.centre.sigmoid() * self._peaks(cells)).flatten(1)
        columns = cells.centre.shape[-1]
        best = score.topk(self.config.object_tokens, dim=1).indices
        point = _gather(cells.offset, best) + torch.stack(
            (best % columns, best.div(columns, rounding_mode='floor')), -1
        )
        size = point.new_tensor([self.config.image_width, self.config.image_height]) / STRIDE
        order = point[..., 0].argsort(dim=1)
        best = best.gather(1, order)
        return Objects(
            features=_gather(cells.features, best),
            attributes=self._probabilities(_gather(cells.attributes, best)),
            score=score.gather(1, best),
            point=point.gather(1, order.unsqueeze(-1).expand_as(point)) / size,
        )

    def _peaks(self, cells: Cells) -> Tensor:
        """
        Mark cells without a stronger neighbour that looks alike, (b, 1, h, w).

        What looks different may be near: a ball in a bowl has its centre beside the bowl's.
        """
        score = cells.centre
        kinds, colours = len(self.config.kinds), len(self.config.colours)
        kind = cells.attributes[:, :kinds].argmax(1, keepdim=True)
        colour = cells.attributes[:, kinds : kinds + colours].argmax(1, keepdim=True)
        look = (kind * colours + colour).to(score.dtype)
        alike = _neighbours(look, outside=-1.0) == look.flatten(2)
        stronger = _neighbours(score, outside=-torch.inf) > score.flatten(2)
        return ~(alike & stronger).any(1, keepdim=True).view_as(score)

    def _probabilities(self, logits: Tensor) -> Tensor:
        counts = [len(self.config.kinds), len(self.config.colours), len(self.config.sizes)]
        return torch.cat([part.softmax(-1) for part in logits.split(counts, dim=-1)], dim=-1)


def _neighbours(grid: Tensor, *, outside: float) -> Tensor:
    """Return each cell's 3 x 3 neighbourhood: (b, 1, h, w) to (b, 9, h * w)."""
    return F.unfold(F.pad(grid, (1, 1, 1, 1), value=outside), 3)


def _gather(grid: Tensor, index: Tensor) -> Tensor:
    """Pick cells: (b, c, h, w) and (b, k) to (b, k, c)."""
    flat = grid.flatten(2).transpose(1, 2)
    return flat.gather(1, index.unsqueeze(-1).expand(-1, -1, flat.shape[-1]))
