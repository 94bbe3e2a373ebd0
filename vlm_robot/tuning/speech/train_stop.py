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

"""Trains the stop network: the acoustic network is tuned on to hear that a stop word has ended."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from safetensors import safe_open
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm

from vlm_robot.speech.acoustic.model import WEIGHTS
from vlm_robot.speech.acoustic.network import Shape
from vlm_robot.speech.stopping.checkpoint import save_network
from vlm_robot.speech.stopping.network import StopNetwork
from vlm_robot.tuning.speech.recipe import load_section
from vlm_robot.tuning.speech.stop_windows import Heard, WindowDraw, scenes

_WARM_STEPS = 20
_AT_ONCE = 256  # windows that are scored together
_EAR_RATE, _HEAD_RATE = 0.4, 2.0  # of the recipe's: what hears phones already moves less


class StopRecipe(BaseModel):
    """Section `stop` of `config/training/speech.yaml`."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    parts: int = Field(gt=0)  # of the speech, each made by a process
    scenes: int = Field(gt=0)  # of a part, of about half a minute each
    seed: int = 0
    workers: int = Field(default=2, gt=0)
    steps: int = Field(gt=0)
    told: int = Field(default=40, gt=0)  # windows of a step in which a word should be told
    quiet: int = Field(default=88, gt=0)  # windows of a step in which nothing should
    mined_every: int = Field(default=110, gt=0)  # steps
    mined: int = Field(default=3600, gt=0)  # windows that are looked through for hard ones
    rate: float = Field(gt=0)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    threshold: float = Field(default=0.5, gt=0, lt=1)


def train(recipe: Path, work: Path, checkpoint: Path) -> None:
    """
    Run a recipe, from the acoustic model that ships.

    :param recipe: a YAML file with a section `stop`.
    :param work: folder for speech.
    :param checkpoint: file that the network is written to.
    :raises ConfigurationError: for a recipe that is none.
    """
    plan = load_section(recipe, 'stop', StopRecipe)
    make = partial(_part, plan.scenes, work / 'speech', plan.seed)
    with ProcessPoolExecutor(plan.workers) as pool:
        bar = tqdm(pool.map(make, range(plan.parts)), total=plan.parts, desc='speech')
        heard = [one for part in bar for one in part]
    torch.set_num_threads(1)
    network, shape = _beginning(WEIGHTS, plan.dropout)
    trained(network, WindowDraw(heard, seed=plan.seed), plan)
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    save_network(network, checkpoint, shape=shape.table(), threshold=plan.threshold)


def trained(network: StopNetwork, windows: WindowDraw, plan: StopRecipe) -> None:
    """Train a network in place."""
    torch.manual_seed(plan.seed)
    ear = [p for name, p in network.named_parameters() if name.startswith('ear.')]
    head = [p for name, p in network.named_parameters() if not name.startswith('ear.')]
    groups = [
        {'params': ear, 'lr': plan.rate * _EAR_RATE},
        {'params': head, 'lr': plan.rate * _HEAD_RATE},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, partial(_pace, steps=plan.steps))
    for step in tqdm(range(plan.steps), desc='stop', disable=None, mininterval=10):
        if step % plan.mined_every == plan.mined_every - 1:
            windows.mine(plan.mined, scorer(network))
        network.train()
        spectra, classes = windows.draw(plan.told, plan.quiet)
        loss = F.cross_entropy(network(torch.from_numpy(spectra)), torch.from_numpy(classes))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        schedule.step()
    network.eval()


def scorer(network: StopNetwork) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return what scores spectra: how likely some stop word has just ended."""

    def score(spectra: NDArray[np.float32]) -> NDArray[np.float32]:
        network.eval()
        parts = np.array_split(spectra, max(1, -(-len(spectra) // _AT_ONCE)))
        with torch.inference_mode():
            logits = torch.cat([network(torch.from_numpy(part)) for part in parts])
        chances: NDArray[np.float32] = torch.softmax(logits, dim=1)[:, 1:].sum(1).numpy()
        return chances

    return score


def _pace(step: int, *, steps: int) -> float:
    """Return the part of the peak rate at a step: up, level, and down at last."""
    return min(1.0, (step + 1) / _WARM_STEPS, (steps - step) / (0.5 * steps))


def _part(count: int, folder: Path, seed: int, part: int) -> list[Heard]:
    return list(scenes(count, folder, (seed, part)))


def _beginning(path: Path, dropout: float) -> tuple[StopNetwork, Shape]:
    """Return a network that hears what the acoustic one does, and knows no words yet."""
    with safe_open(path, framework='pt') as file:
        shape = Shape.of(file.metadata())
        network = StopNetwork(shape, dropout=dropout)
        ear = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        network.ear.load_state_dict(ear)
    return network, shape
