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

"""The acoustic network: residual convolutions over a log mel spectrum, to phones by CTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vlm_robot.speech.acoustic.features import BANDS, HOPS
from vlm_robot.speech.acoustic.phones import PHONES

_STEM = 11
_KERNEL = 5


@dataclass(frozen=True)
class Shape:
    """
    What a network is like.

    :param channels: of every layer.
    :param dilations: of the residual blocks; the default ones see 0.9 s to either side.
    """

    channels: int = 192
    dilations: tuple[int, ...] = (1, 1, 2, 2, 3, 3, 1, 1)

    @classmethod
    def of(cls, table: Mapping[str, str]) -> Shape:
        """
        Return the shape that a checkpoint's table of texts tells.

        :raises ValueError: for a table that tells none.
        """
        try:
            dilations = tuple(int(text) for text in table['dilations'].split())
            return cls(int(table['channels']), dilations)
        except KeyError as err:
            raise ValueError(f'the checkpoint does not tell its {err.args[0]!r}') from err

    def table(self) -> dict[str, str]:
        """Return the table that `of` reads."""
        return {
            'channels': str(self.channels),
            'dilations': ' '.join(str(dilation) for dilation in self.dilations),
        }


class Convolution(nn.Module):
    """A convolution in time, its weights one matrix, as the optimiser wants them."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, dilation: int):
        super().__init__()
        self._shape = (outputs, inputs, kernel)
        self._stride, self._dilation = stride, dilation
        self.weight = nn.Parameter(torch.empty(outputs, inputs * kernel))
        nn.init.kaiming_normal_(self.weight, nonlinearity='relu')

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (b, inputs, t) to (b, outputs, t / stride)."""
        kernel = self._shape[2]
        return F.conv1d(
            x, self.weight.view(self._shape), stride=self._stride,
            padding=self._dilation * (kernel // 2), dilation=self._dilation,
        )  # fmt: skip


class Layer(nn.Module):
    """A convolution with its norm and rectifier; nothing but zeros beyond an utterance's end."""

    def __init__(self, convolution: Convolution, channels: int, dropout: float) -> None:
        super().__init__()
        self.convolution = convolution
        self.norm = nn.BatchNorm1d(channels)
        self.dropout = nn.Dropout1d(dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Return (b, channels, t); `mask` (b, 1, t) is 0 beyond the end."""
        y = self.dropout(F.relu(self.norm(self.convolution(x))))
        return y if mask is None else y * mask


class AcousticNetwork(nn.Module):
    """Log mel spectra to log probabilities of `PHONES`."""

    def __init__(self, shape: Shape, *, dropout: float = 0.0) -> None:
        super().__init__()
        c = shape.channels
        self.stem = Layer(Convolution(BANDS, c, _STEM, stride=HOPS, dilation=1), c, dropout)
        self.blocks = nn.ModuleList(
            Layer(Convolution(c, c, _KERNEL, dilation=dilation), c, dropout)
            for dilation in shape.dilations
        )
        self.head = nn.Linear(c, len(PHONES))

    def forward(self, spectra: Tensor, mask: Tensor | None = None) -> Tensor:
        """
        Return log probabilities, (b, t, len(PHONES)).

        :param spectra: (b, HOPS * t, BANDS), see `features`.
        :param mask: (b, 1, t), 0 beyond each one's end; None where they are all as long.
        """
        return F.log_softmax(self.head(self.inside(spectra, mask)), dim=-1)

    def inside(self, spectra: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return what the phones are told from, (b, t, channels)."""
        x = self.stem(spectra.transpose(1, 2), mask)
        for block in self.blocks:
            x = x + block(x, mask)
        return x.transpose(1, 2)
