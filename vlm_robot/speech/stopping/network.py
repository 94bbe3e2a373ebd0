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

It hears with the encoder of Moonshine as it was trained on people. Where a word seems possible it
is asked again, of what the acoustic network hears in twice as much sound, which was tuned on to
tell phones: each of the two alone takes other words for a stop word, but seldom the same ones.
Only the heads are ours. How well the phones themselves fit is a third opinion: see `spelling`.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vlm_robot.speech.acoustic.network import Shape, encoder
from vlm_robot.speech.acoustic.phones import FRAME
from vlm_robot.speech.stopping.base import STOP_WORDS

ROWS = 42
WINDOW = ROWS * FRAME
"""Samples that are looked at: 1.008 s."""
CONTEXT = 2 * WINDOW
"""Samples that the acoustic network hears: with what was said before it tells phones better."""
_LATEST = 10  # rows
_HIDDEN = 128


class StopHead(nn.Module):
    """Rows of an encoder to logits of nothing and of each of `STOP_WORDS`."""

    def __init__(self, width: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = nn.Linear(width, 1)
        self.hidden = nn.Linear(2 * width, _HIDDEN)
        self.words = nn.Linear(_HIDDEN, len(STOP_WORDS) + 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: Tensor) -> Tensor:
        """Return (b, 1 + words) for (b, ROWS, width)."""
        weight = torch.softmax(self.attention(rows), dim=1)
        seen = torch.cat([(weight * rows).sum(1), rows[:, -_LATEST:].mean(1)], dim=1)
        return self.words(self.dropout(F.relu(self.hidden(self.dropout(seen)))))


class StopNetwork(nn.Module):
    """
    A second of sound to logits of nothing and of each of `STOP_WORDS`.

    :param shape: of its encoder, and of the acoustic network's.
    """

    def __init__(self, shape: Shape, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = encoder(shape)
        self.head = StopHead(shape.width, dropout=dropout)
        self.second = StopHead(shape.width, dropout=dropout)  # reads the acoustic network's rows

    def forward(self, sound: Tensor) -> Tensor:
        """Return (b, 1 + words) for `WINDOW` samples each, (b, n), see `levelled`."""
        return self.head(self.inside(sound))

    def inside(self, sound: Tensor) -> Tensor:
        """Return what the head reads, (b, ROWS, width)."""
        rows: Tensor = self.encoder(sound).last_hidden_state
        return rows


def log_odds(logits: Tensor) -> Tensor:
    """Return the logarithm of how much likelier any word is than none, (b,) for (b, 1 + words)."""
    return torch.logsumexp(logits[:, 1:], dim=1) - logits[:, 0]
