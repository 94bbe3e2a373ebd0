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

"""Trains the stop network: an hour on one core, most of it for the speech."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from vlm_robot.speech.stopping.checkpoint import save_network
from vlm_robot.speech.stopping.mels import BANDS
from vlm_robot.speech.stopping.network import MEL_MEAN, MEL_SCALE, Convolution, StopNetwork
from vlm_robot.tuning.speech.recipe import load_section
from vlm_robot.tuning.speech.stop_steps import Batch, Batches, read_steps, write_steps
from vlm_robot.tuning.speech.stop_texts import STOP_WORDS

_HARDEST = 80  # one in so many quiet steps counts again
_LAYERS = (
    (64, 5, 2, 1), (96, 5, 2, 1), (96, 3, 1, 1), (96, 3, 1, 2), (96, 3, 1, 4), (96, 3, 1, 4),
    (96, 3, 1, 2),
)  # fmt: skip
"""Outputs, taps, stride and dilation of each; together they look back 1.1 s."""


class StopRecipe(BaseModel):
    """Section `stop` of `config/training/speech.yaml`."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    parts: int = Field(gt=0)  # of the speech, each written to a file of its own
    scenes: int = Field(gt=0)  # of a part
    seed: int = 0
    steps: int = Field(gt=0)
    batch: int = Field(gt=0)
    rate: float = Field(gt=0)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    threshold: float = Field(default=0.5, gt=0, lt=1)


def train(recipe: Path, work: Path, checkpoint: Path) -> None:
    """
    Run a recipe; speech that was made before is taken as it is.

    :param recipe: a YAML file with a section `stop`.
    :param work: folder for speech.
    :param checkpoint: file that the network is written to.
    :raises ConfigurationError: for a recipe that is none.
    """
    plan = load_section(recipe, 'stop', StopRecipe)
    paths = [work / 'stop' / f'{plan.seed}_{part}.npz' for part in range(plan.parts)]
    for part, path in enumerate(tqdm(paths, desc='speech')):
        if not path.exists():
            write_steps(path, work / 'speech', scenes=plan.scenes, seed=(plan.seed, part))
    torch.set_num_threads(1)
    save_network(trained(Batches(read_steps(paths), plan.batch, seed=plan.seed), plan), checkpoint)


def trained(batches: Batches, plan: StopRecipe) -> StopNetwork:
    """Return a network that tells stop words."""
    torch.manual_seed(plan.seed)
    network = _Network(plan.dropout)
    optimiser = torch.optim.AdamW(network.parameters(), plan.rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, plan.steps, pct_start=0.1)
    for _ in tqdm(range(plan.steps), desc='training', disable=None):
        loss = _loss(network, batches.draw())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        schedule.step()
    return network.folded(plan.threshold)


def _loss(network: nn.Module, batch: Batch) -> Tensor:
    """
    Return the loss: quiet steps are to be quiet, the hardest above all.

    Of the steps about a word's end the surest has to tell it, and the others should: so each voice
    may be told at its own moment.
    """
    logs = F.log_softmax(network(torch.from_numpy(batch.mels)), dim=2)
    nothing = -logs[..., 0][torch.from_numpy(batch.quiet)]
    hardest = nothing.topk(max(1, nothing.numel() // _HARDEST)).values
    loss = 4 * nothing.mean() + 0.5 * hardest.mean()
    if not batch.told:
        return loss
    told = [logs[x.scene, x.first : x.last, x.word + 1] for x in batch.told]
    surest = torch.stack([each.max() for each in told]).mean()
    return loss - surest - 0.15 * torch.stack([each.mean() for each in told]).mean()


class _Network(nn.Module):
    """`StopNetwork` as it is trained."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        widths = [BANDS, *(outputs for outputs, *_ in _LAYERS)]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(inputs, outputs, taps, stride, dilation=dilation)
            for inputs, (outputs, taps, stride, dilation) in zip(widths, _LAYERS, strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(outputs) for outputs, *_ in _LAYERS)
        self.dropout = nn.Dropout(dropout)
        self.words = nn.Linear(widths[-1], len(STOP_WORDS) + 1)

    def forward(self, mels: Tensor) -> Tensor:
        """Return (b, t, classes) for (b, t, FRAMES, BANDS)."""
        x = ((mels.flatten(1, 2) - MEL_MEAN) / MEL_SCALE).transpose(1, 2)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            (taps,), (stride,) = convolution.kernel_size, convolution.stride
            (dilation,) = convolution.dilation
            back = (taps - 1) * dilation + 1 - stride
            found = F.relu(norm(convolution(F.pad(x, (back, 0)))))
            x = x + found if found.shape == x.shape else found
        return self.words(self.dropout(x.transpose(1, 2)))

    def folded(self, threshold: float) -> StopNetwork:
        """Return the network for NumPy, with the normalisation folded into the weights."""
        pairs = zip(self.convolutions, self.norms, strict=True)
        return StopNetwork(
            STOP_WORDS,
            threshold,
            tuple(_folded(convolution, norm) for convolution, norm in pairs),
            self.words.weight.detach().numpy(),
            self.words.bias.detach().numpy(),
        )


def _folded(convolution: nn.Conv1d, norm: nn.BatchNorm1d) -> Convolution:
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weight = convolution.weight * scale[:, None, None]
    bias = (convolution.bias - norm.running_mean) * scale + norm.bias
    return Convolution(
        np.ascontiguousarray(weight.detach().numpy().transpose(0, 2, 1)),
        bias.detach().numpy(),
        convolution.stride[0],
        convolution.dilation[0],
    )
