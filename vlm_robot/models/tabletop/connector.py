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

"""From object tokens of the encoder to input embeddings of the language model."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from vlm_robot.models.tabletop.configuration import TabletopConfig

_OCTAVES = 6


class TabletopConnector(nn.Module):
    """
    Projects what the encoder says of each object, then lets the objects look at each other.

    Input (b, k, f) holds the cell's features, the attribute probabilities, the score and, last,
    the point (x, y); output is (b, k, width of the language model). The two attention layers are
    not causal: they are where "left of" and "the nearest" can be worked out.
    """

    def __init__(self, config: TabletopConfig) -> None:
        super().__init__()
        width = config.text_config.hidden_size
        source = config.widths[2] + config.attributes + 1 + 2 + 4 * _OCTAVES
        self.project = nn.Sequential(
            nn.Linear(source, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.relate = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, 4, 2 * width, dropout=0.0, batch_first=True, norm_first=True
            )
            for _ in range(2)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, objects: Tensor) -> Tensor:
        """Return (b, k, width) for (b, k, f)."""
        tokens = self.project(torch.cat((objects, _waves(objects[..., -2:])), dim=-1))
        for layer in self.relate:
            tokens = layer(tokens)
        return self.norm(tokens)


def _waves(point: Tensor) -> Tensor:
    """Sine and cosine of each coordinate at octaves ("Attention Is All You Need", 3.5)."""
    octaves = math.pi * 2.0 ** torch.arange(_OCTAVES, device=point.device)
    angles = (point.unsqueeze(-1) * octaves).flatten(-2)
    return torch.cat((angles.sin(), angles.cos()), dim=-1)
