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

"""The small convolutional network that hears stop words in mel bands; it runs in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vlm_robot.speech.stopping.mels import BANDS, FRAMES

MEL_MEAN = 5.0
MEL_SCALE = 2.0
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Convolution:
    """
    A convolution over time that looks back only.

    :param weight: (outputs, taps, inputs), the newest tap last.
    :param bias: (outputs,).
    :param stride: of the inputs, from one output to the next.
    :param dilation: of the inputs, from one tap to the next.
    """

    weight: Array
    bias: Array
    stride: int = 1
    dilation: int = 1

    @property
    def memory(self) -> int:
        """How many inputs it has to remember."""
        return (self.weight.shape[1] - 1) * self.dilation + 1 - self.stride

    def __call__(self, before: Array, inputs: Array) -> Array:
        """
        Return (n / stride, outputs).

        :param before: (memory, inputs) what came before.
        :param inputs: (n, inputs), with n a multiple of the stride.
        """
        x = np.concatenate([before, inputs])
        n, taps = len(inputs) // self.stride, self.weight.shape[1]
        places = np.arange(n)[:, None] * self.stride + np.arange(taps) * self.dilation
        weight = self.weight.reshape(len(self.weight), -1)
        flat: Array = x[places].reshape(n, weight.shape[1])
        return flat @ weight.T + self.bias


State = tuple[Array, ...]
"""What each convolution remembers of a stream."""


@dataclass(frozen=True)
class StopNetwork:
    """
    Convolutions, each with a rectifier and those of equal width with a bypass; then the words.

    :param words: that it tells apart; what comes out also has a class for none of them.
    :param threshold: the score from which on a word counts, as measured.
    :param layers: the first takes mel bands; together their strides are `FRAMES`.
    :param weight: (1 + words, inputs) of the last, dense layer.
    :param bias: (1 + words,).
    :param figures: what was measured with it, for people.
    """

    words: tuple[str, ...]
    threshold: float
    layers: tuple[Convolution, ...]
    weight: Array
    bias: Array
    figures: Mapping[str, object] = field(default_factory=dict)

    def silence(self) -> State:
        """Return the state before a stream."""
        return tuple(np.zeros((x.memory, x.weight.shape[2]), np.float32) for x in self.layers)

    def scores(self, mels: Array, state: State) -> tuple[Array, State]:
        """
        Return how sure it is of each word after each hop, and the state for what follows.

        :param mels: (n, FRAMES, BANDS) of the next hops.
        :return: (n, words) from 0 to 1, and the state.
        """
        x = (mels.reshape(-1, BANDS) - np.float32(MEL_MEAN)) / np.float32(MEL_SCALE)
        left = []
        for layer, before in zip(self.layers, state, strict=True):
            found = np.maximum(layer(before, x), 0)
            left.append(np.concatenate([before, x])[len(before) + len(x) - layer.memory :])
            x = x + found if found.shape == x.shape else found
        classes = np.asarray(x @ self.weight.T + self.bias, np.float32)
        return _shares(classes)[:, 1:], tuple(left)

    def mismatch(self) -> str:
        """Return in words what does not fit together in it; '' when everything does."""
        widths = [BANDS, *(len(layer.weight) for layer in self.layers)]
        inputs = [*(layer.weight.shape[-1] for layer in self.layers), self.weight.shape[-1]]
        shapes = [layer.weight.shape for layer in self.layers]
        if widths != inputs or any(layer.weight.ndim != 3 for layer in self.layers):
            return f'layers of {shapes!r} before one of {self.weight.shape!r}'
        if any(layer.bias.shape != layer.weight.shape[:1] for layer in self.layers):
            return f'biases of {[layer.bias.shape for layer in self.layers]!r} for {shapes!r}'
        if self.weight.shape[:1] != self.bias.shape or len(self.bias) != len(self.words) + 1:
            return f'{self.bias.shape[0]} classes for the words {self.words!r}'
        return _wrong_times(self.layers) or (
            '' if 0 < self.threshold < 1 else f'a threshold of {self.threshold!r}'
        )


def _wrong_times(layers: Sequence[Convolution]) -> str:
    times = [(layer.stride, layer.dilation) for layer in layers]
    if min((min(pair) for pair in times), default=0) < 1 or any(x.memory < 0 for x in layers):
        return f'strides and dilations of {times!r}'
    together = int(np.prod([stride for stride, _ in times]))
    return '' if together == FRAMES else f'strides of {together} in all instead of {FRAMES}'


def _shares(x: Array) -> Array:
    raised = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
