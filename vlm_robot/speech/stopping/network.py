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
The stop network: the last second of sound to which stop word has just ended in it.

What it tells phones from is the acoustic network, tuned on; so it hears as many voices as that.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vlm_robot.speech.acoustic.features import HOPS
from vlm_robot.speech.acoustic.network import AcousticNetwork, Shape
from vlm_robot.speech.stopping.base import STOP_WORDS

ROWS = 36
COLUMNS = ROWS * HOPS
"""Columns of the spectrum that it sees: 1.08 s."""
_LATEST = 8  # rows
_HIDDEN = 96


class StopNetwork(nn.Module):
    """Log mel spectra of the last second to logits of nothing and of each of `STOP_WORDS`."""

    def __init__(self, shape: Shape, *, dropout: float = 0.0) -> None:
        super().__init__()
        c = shape.channels
        self.ear = AcousticNetwork(shape, dropout=dropout)
        self.attention = nn.Linear(c, 1)
        self.hidden = nn.Linear(2 * c, _HIDDEN)
        self.words = nn.Linear(_HIDDEN, len(STOP_WORDS) + 1)

    def forward(self, spectra: Tensor) -> Tensor:
        """Return (b, 1 + words) for (b, COLUMNS, BANDS), see `features.evened`."""
        rows = self.ear.inside(spectra)
        weight = torch.softmax(self.attention(rows), dim=1)
        seen = torch.cat([(weight * rows).sum(1), rows[:, -_LATEST:].mean(1)], dim=1)
        return self.words(F.relu(self.hidden(seen)))
