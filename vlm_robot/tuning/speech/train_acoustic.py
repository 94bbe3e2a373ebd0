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
Tunes the encoder of Moonshine to tell phones, by CTC (Graves et al. 2006).

The head is fitted first, to what the encoder makes of a few batches: so what the encoder has
learnt of people is not shaken by a head that knows nothing.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from vlm_robot.speech.acoustic.network import AcousticNetwork, Shape
from vlm_robot.tuning.progress import SAVE_S, Progress
from vlm_robot.tuning.speech.batches import Batch, Batches
from vlm_robot.tuning.speech.corpus import sayings, spoken
from vlm_robot.tuning.speech.judge_phones import Trial, phone_errors, trials
from vlm_robot.tuning.speech.moonshine import encoder_weights
from vlm_robot.tuning.speech.recipe import AcousticRecipe, load_section
from vlm_robot.tuning.speech.rooms import Rooms

_DECAY = 0.01
_AVERAGED = 0.99
_WARM_STEPS = 50
_COOLING = 0.5  # of the steps, the last
_HEAD_RATE = 5.0  # of the encoder's: what is new moves more
_FITTED_PASSES = 12
_FITTED_RATE = 1e-2


def train(recipe: Path, work: Path, checkpoint: Path) -> None:
    """
    Run a recipe; a run that was interrupted goes on where it was.

    :param recipe: a YAML file with a section `acoustic`.
    :param work: folder for speech (100 kB a sentence) and progress.
    :param checkpoint: file that the model is written to, again and again as it gets better.
    :raises ConfigurationError: for a recipe that is none, or progress of another training.
    :raises MissingPackageError: without Moonshine, before anything is made.
    """
    plan, encoder = load_section(recipe, 'acoustic', AcousticRecipe), encoder_weights()
    work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(plan.threads)
    said = sayings(plan.sentences, seed=plan.seed)
    corpus = spoken(work / 'speech', said, workers=plan.workers)
    judged = trials(work / 'speech', plan.judged_on, seed=plan.seed, workers=plan.workers)
    rooms = Rooms.made(plan.clips, np.random.default_rng([plan.seed, 3]))
    batches = Batches(corpus, rooms, size=plan.batch, seed=plan.seed)
    training = Training(plan, work / 'acoustic.pt', encoder=encoder)
    training.run(batches, judged, checkpoint)


class Training:
    """
    A network on its way, with the average of where it has been: that is what is kept.

    :param path: file for progress.
    :param encoder: what the encoder begins with; None for nothing.
    """

    def __init__(
        self,
        plan: AcousticRecipe,
        path: Path,
        *,
        encoder: Mapping[str, Tensor] | None = None,
        shape: Shape | None = None,
        save_s: float = SAVE_S,
    ) -> None:
        torch.manual_seed(plan.seed)
        self._plan = plan
        self._shape = shape or Shape()
        self._network = AcousticNetwork(self._shape)
        if encoder is not None:
            self._network.encoder.load_state_dict(encoder)
        self._average = copy.deepcopy(self._network)
        self._optimiser = torch.optim.AdamW(
            [
                {'params': self._network.encoder.parameters(), 'part': 1.0},
                {'params': self._network.head.parameters(), 'part': _HEAD_RATE},
            ],
            lr=plan.rate,
            betas=(0.9, 0.98),
            weight_decay=_DECAY,
        )
        parts = {'network': self._network, 'average': self._average}
        self._progress = Progress(path, parts | {'optimiser': self._optimiser}, every_s=save_s)

    def run(self, batches: Batches, judged: list[Trial], checkpoint: Path) -> None:
        """Train to the last step, judging now and then; see `train`."""
        steps = self._plan.steps
        first = self._progress.resume()
        started = time.monotonic()
        if not first:
            self.fit_head([batches[steps + i] for i in range(self._plan.fitted)])
        coming = DataLoader(
            batches, batch_size=None, sampler=range(first, steps), num_workers=self._plan.loaders
        )
        bar = tqdm(coming, initial=first, total=steps, desc='acoustic', mininterval=10)
        for step, batch in enumerate(bar, first):
            loss = self.step(step, batch)
            bar.set_postfix(loss=f'{loss:.3f}', refresh=False)
            self._progress.done(step + 1, of=steps)
            if (step + 1) % self._plan.judged_every == 0 or step + 1 == steps:
                errors = phone_errors(self._average, judged)
                bar.write(f'step {step + 1}: loss {loss:.3f}, {_summary(errors)}')
                told = {'step': step + 1, 'minutes': round((time.monotonic() - started) / 60, 1)}
                self._save(checkpoint, told | {'phone_error_rate': errors})

    def fit_head(self, batches: Sequence[Batch]) -> None:
        """Fit the head alone, to what the encoder makes of some batches."""
        with torch.no_grad():
            rows = [self._network.inside(batch.sound) for batch in batches]
        head = self._network.head
        optimiser = torch.optim.AdamW(head.parameters(), lr=_FITTED_RATE)
        steps = _FITTED_PASSES * len(rows)
        for number in range(steps):
            optimiser.param_groups[0]['lr'] = _FITTED_RATE * pace(number, steps)
            which = number % len(rows)
            loss = ctc(F.log_softmax(head(rows[which]), dim=-1), batches[which])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        self._average.head.load_state_dict(head.state_dict())

    def step(self, number: int, batch: Batch) -> float:
        """Move once, and return the loss per phone."""
        for group in self._optimiser.param_groups:
            group['lr'] = self._plan.rate * group['part'] * pace(number, self._plan.steps)
        self._network.train()
        loss = ctc(self._network(batch.sound), batch)
        self._optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
        self._optimiser.step()
        self._follow(min(_AVERAGED, number / (number + 10)))
        return loss.item()

    @torch.no_grad()
    def _follow(self, keep: float) -> None:
        """Move the average to where the network is."""
        here = self._network.state_dict()
        for name, value in self._average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(here[name], 1 - keep)

    def _save(self, checkpoint: Path, told: Mapping[str, object]) -> None:
        """Write the average in half precision, and what it is made of and good for beside it."""
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        state = {
            name: value.half() if value.is_floating_point() else value
            for name, value in self._average.state_dict().items()
        }
        part = checkpoint.with_suffix('.part')
        save_file(state, part, metadata=self._shape.table())
        part.replace(checkpoint)
        about = {'recipe': self._plan.model_dump(), **told}
        checkpoint.with_suffix('.json').write_text(json.dumps(about, indent=2) + '\n', 'utf-8')


def pace(step: int, steps: int) -> float:
    """Return the part of the peak rate at a step: up, level, and down at last."""
    warm = min(_WARM_STEPS, steps // 5)
    return min(1.0, (step + 1) / max(1, warm), (steps - step) / max(1.0, _COOLING * steps))


def ctc(log_probabilities: Tensor, batch: Batch) -> Tensor:
    """Return the loss per phone."""
    rows = torch.full_like(batch.counts, log_probabilities.shape[1])
    total = F.ctc_loss(
        log_probabilities.transpose(0, 1), batch.phones, rows, batch.counts,
        reduction='sum', zero_infinity=True,
    )  # fmt: skip
    return total / batch.counts.sum()


def _summary(errors: Mapping[str, float]) -> str:
    return ', '.join(
        f'{name} {rate:.1%}' for name, rate in sorted(errors.items()) if ' ' not in name
    )
