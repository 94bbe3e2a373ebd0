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
Trains the heads of the stop network, on what two encoders make of seconds of running speech:
Moonshine's, and the acoustic network's that ships.

A head learns in rounds: after each, the windows without a word in which it is most mistaken are
added. The spotter asks the second one of twice as much sound, of which it reads the last rows.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from vlm_robot.speech.acoustic.model import WEIGHTS, load_acoustic
from vlm_robot.speech.acoustic.network import Shape
from vlm_robot.speech.stopping.checkpoint import save_network
from vlm_robot.speech.stopping.network import StopHead, StopNetwork
from vlm_robot.tuning.speech.moonshine import encoder_weights
from vlm_robot.tuning.speech.recipe import load_section
from vlm_robot.tuning.speech.stop_windows import Heard, WindowDraw, Windows, scenes

_AT_ONCE = 32  # windows that are listened to together
_BATCH = 256
_DECAY = 0.02
_COOLING = 0.6  # of the steps of a round, the last


class StopRecipe(BaseModel):
    """Section `stop` of `config/training/speech.yaml`."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    parts: int = Field(gt=0)  # of the speech, each made by a process
    scenes: int = Field(gt=0)  # of a part, of about half a minute each
    seed: int = 0
    workers: int = Field(default=2, gt=0)
    threads: int = Field(default=2, gt=0)  # of PyTorch
    told: int = Field(gt=0)  # windows in which a word should be told
    quiet: int = Field(gt=0)  # windows in which nothing should
    rounds: int = Field(default=3, gt=0)
    mined: int = Field(gt=0)  # windows that are looked through for hard ones after a round
    kept: int = Field(gt=0)  # of those
    steps: int = Field(gt=0)  # of a round
    rate: float = Field(gt=0)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    threshold: float = Field(default=0.5, gt=0, lt=1)


def train(recipe: Path, work: Path, checkpoint: Path) -> None:
    """
    Run a recipe.

    :param recipe: a YAML file with a section `stop`.
    :param work: folder for speech.
    :param checkpoint: file that the network is written to.
    :raises ConfigurationError: for a recipe that is none.
    :raises MissingPackageError: without Moonshine, before anything is made.
    """
    plan, encoder = load_section(recipe, 'stop', StopRecipe), encoder_weights()
    make = partial(_part, plan.scenes, work / 'speech', plan.seed)
    with ProcessPoolExecutor(plan.workers) as pool:
        bar = tqdm(pool.map(make, range(plan.parts)), total=plan.parts, desc='speech')
        heard = [one for part in bar for one in part]
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    network = StopNetwork(Shape(), dropout=plan.dropout).eval()
    network.encoder.load_state_dict(encoder)
    ear = load_acoustic(WEIGHTS)
    for head, inside in ((network.head, network.inside), (network.second, ear.inside)):
        train_head(Lessons(head, inside, WindowDraw(heard, seed=plan.seed)), plan)
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    table, threshold = Shape().table(), plan.threshold
    save_network(network, checkpoint, shape=table, ear=WEIGHTS, threshold=threshold)


class Lessons:
    """
    Windows as an encoder hears them, with the number of the word in each.

    :param head: what learns.
    :param inside: the encoder, which stays as it is: sound to rows.
    """

    def __init__(
        self, head: StopHead, inside: Callable[[Tensor], Tensor], windows: WindowDraw
    ) -> None:
        self.head, self.windows = head, windows
        self._inside = inside
        self.rows = torch.zeros(0, dtype=torch.float16)
        self.classes = torch.zeros(0, dtype=torch.int64)

    def add(self, chosen: Windows) -> None:
        """Listen to windows, and learn from them as well."""
        self.keep(self.listen(chosen), torch.from_numpy(chosen[:, 2]))

    def keep(self, rows: Tensor, classes: Tensor) -> None:
        """Learn from rows as well."""
        self.rows = torch.cat([self.rows, rows]) if len(self.rows) else rows
        self.classes = torch.cat([self.classes, classes])

    def listen(self, chosen: Windows) -> Tensor:
        """Return (n, ROWS, width) in half precision: there are thousands of them."""
        parts = np.array_split(chosen, max(1, -(-len(chosen) // _AT_ONCE)))
        with torch.inference_mode():
            heard = [
                self._inside(torch.from_numpy(self.windows.sound(part))).half()
                for part in tqdm(parts, desc='windows', disable=None, mininterval=10)
            ]
        return torch.cat(heard).clone()

    def mine(self, chosen: Windows, kept: int) -> float:
        """
        Add the windows without a word in which the head is most sure of one.

        :return: the share of the windows in which it takes that for likelier than not.
        """
        rows = self.listen(chosen)
        scores = chances(self.head, rows)
        hardest = torch.argsort(scores, descending=True)[:kept]
        self.keep(rows[hardest], torch.zeros(len(hardest), dtype=torch.int64))
        return float((scores > 0.5).float().mean())


def train_head(lessons: Lessons, plan: StopRecipe) -> None:
    """Train a head in place, in all rounds of a recipe."""
    windows = lessons.windows
    lessons.add(np.concatenate([windows.told(plan.told), windows.quiet(plan.quiet)]))
    for number in range(plan.rounds):
        if number:
            share = lessons.mine(windows.quiet(plan.mined), plan.kept)
            tqdm.write(f'round {number + 1}: mistaken in {share:.2%} of {plan.mined} windows')
        learn(lessons, plan)


def learn(lessons: Lessons, plan: StopRecipe) -> None:
    """Train a head in place, on all lessons."""
    head = lessons.head
    optimiser = torch.optim.AdamW(head.parameters(), lr=plan.rate, weight_decay=_DECAY)
    head.train()
    for step in range(plan.steps):
        left = (plan.steps - step) / (_COOLING * plan.steps)
        optimiser.param_groups[0]['lr'] = plan.rate * min(1.0, left)
        chosen = torch.randint(len(lessons.rows), (_BATCH,))
        logits = head(lessons.rows[chosen].float())
        loss = F.cross_entropy(logits, lessons.classes[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    head.eval()


def chances(head: StopHead, rows: Tensor) -> Tensor:
    """Return how likely it is that some word has just ended, (n,)."""
    head.eval()
    with torch.inference_mode():
        logits = torch.cat([head(part.float()) for part in rows.split(_BATCH)])
    return torch.softmax(logits, dim=1)[:, 1:].sum(1)


def _part(count: int, folder: Path, seed: int, part: int) -> list[Heard]:
    return list(scenes(count, folder, (seed, part)))
