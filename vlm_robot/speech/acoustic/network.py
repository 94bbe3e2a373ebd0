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
The acoustic network: the encoder of Moonshine, and a head that tells phones by CTC.

Moonshine (Jeffries et al. 2024) is a speech recogniser for small machines: three convolutions
over the samples themselves, and transformer layers with rotary positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import torch.nn.functional as F
from torch import Tensor, nn
from transformers import MoonshineConfig
from transformers.models.moonshine.modeling_moonshine import MoonshineEncoder

from vlm_robot.speech.acoustic.phones import PHONES


@dataclass(frozen=True)
class Shape:
    """
    What a network is like; the default is the encoder of Moonshine Tiny.

    :param width: of every layer.
    :param inner: width inside the feed-forward parts.
    """

    width: int = 288
    inner: int = 1152
    layers: int = 6
    heads: int = 8

    @classmethod
    def of(cls, table: Mapping[str, str]) -> Shape:
        """
        Return the shape that a checkpoint's table of texts tells.

        :raises ValueError: for a table that tells none.
        """
        try:
            return cls(**{name: int(table[name]) for name in cls.__dataclass_fields__})
        except KeyError as err:
            raise ValueError(f'the checkpoint does not tell its {err.args[0]!r}') from err

    def table(self) -> dict[str, str]:
        """Return the table that `of` reads."""
        return {name: str(value) for name, value in asdict(self).items()}


class AcousticNetwork(nn.Module):
    """Sound to log probabilities of `PHONES`."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.encoder = encoder(shape)
        self.head = nn.Linear(shape.width, len(PHONES))

    def forward(self, sound: Tensor) -> Tensor:
        """
        Return log probabilities, (b, t, len(PHONES)).

        :param sound: (b, n), see `levelled`.
        """
        return self.phones(self.inside(sound))

    def phones(self, rows: Tensor) -> Tensor:
        """Return log probabilities, (b, t, len(PHONES)), of what `inside` returned."""
        return F.log_softmax(self.head(rows), dim=-1)

    def inside(self, sound: Tensor) -> Tensor:
        """Return what the phones are told from, (b, t, width)."""
        rows: Tensor = self.encoder(sound).last_hidden_state
        return rows


def encoder(shape: Shape) -> MoonshineEncoder:
    """
    Return Moonshine's encoder, with weights that know nothing.

    :return: its `last_hidden_state` for (b, n) sound, see `levelled`, is (b, t, width).
    """
    return MoonshineEncoder(
        MoonshineConfig(
            hidden_size=shape.width, intermediate_size=shape.inner,
            encoder_num_hidden_layers=shape.layers, encoder_num_attention_heads=shape.heads,
            encoder_num_key_value_heads=shape.heads,
        )
    )  # fmt: skip
