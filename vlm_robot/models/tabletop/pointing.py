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
The pointing head: location tokens get their probability by pointing at object tokens.

The language model says "an x coordinate comes now" like any word. Which one is decided by
attention over the object tokens, whose scores are written into the logits of the location tokens
`<x_i>` and `<y_i>`, so that plain `generate` prints points as text and nothing downstream needs
to know.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vlm_robot.models.tabletop.configuration import TabletopConfig

_FLOOR = 1e-9  # probability of a location where no object is


class PointingHead(nn.Module):
    """Writes pointer scores into vocabulary logits; see the module's docstring."""

    def __init__(self, config: TabletopConfig) -> None:
        super().__init__()
        width = config.text_config.hidden_size
        self.first = config.first_location
        self.bins = config.location_bins
        self.words = nn.Linear(width, self.first + 2)  # ..., "an x comes now", "a y comes now"
        self.query = nn.Linear(width, config.pointer_width)
        self.key = nn.Linear(width, config.pointer_width)

    def forward(self, hidden: Tensor, tokens: Tensor, bins: Tensor, input_ids: Tensor) -> Tensor:
        """
        Return logits over the whole vocabulary.

        :param hidden: (b, t, width) states of the language model.
        :param tokens: (b, k, width) object tokens.
        :param bins: (b, k, 2) location bins of the objects.
        :param input_ids: (b, t) the tokens that the states belong to: after `<x_i>`, only objects
            with that x can be meant by the y that follows.
        """
        words = self.words(hidden)
        score = (
            self.query(hidden)
            @ self.key(tokens).transpose(1, 2)
            / math.sqrt(self.query.out_features)
        )
        same_x = bins[:, None, :, 0] == (input_ids - self.first).unsqueeze(-1)
        excluded = same_x.any(-1, keepdim=True) & ~same_x
        x = self._spread(score.softmax(-1), bins[..., 0])
        y = self._spread(score.masked_fill(excluded, -1e4).softmax(-1), bins[..., 1])
        plain, meta = words[..., : self.first], words[..., self.first :]
        return torch.cat((plain, meta[..., :1] + x, meta[..., 1:] + y), dim=-1)

    def _spread(self, share: Tensor, bins: Tensor) -> Tensor:
        """Log probability per bin: (b, t, k) shares of objects at (b, k) bins to (b, t, bins)."""
        place = F.one_hot(bins, self.bins).to(share.dtype)
        return (share @ place + _FLOOR).log()


def pointed_at(
    input_ids: Tensor, tokens: Tensor, bins: Tensor, *, first: int, count: int
) -> Tensor:
    """
    Return what location tokens point at, as an embedding to add to theirs: (b, t, width).

    :param first: vocabulary index of `<x_0>`; `count` x tokens are followed by `count` y tokens.
    """
    location = input_ids - first
    at_x = (location.unsqueeze(-1) == bins[:, None, :, 0]) & (location < count).unsqueeze(-1)
    at_y = (location - count).unsqueeze(-1) == bins[:, None, :, 1]
    return (at_x | at_y).to(tokens.dtype) @ tokens
