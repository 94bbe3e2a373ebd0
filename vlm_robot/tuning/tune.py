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

"""Stage 2: instruction tuning of the language model over the frozen encoder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from tqdm import tqdm

from vlm_robot.models.tabletop.modeling import TabletopForConditionalGeneration
from vlm_robot.tuning.muon import Muon
from vlm_robot.tuning.progress import SAVE_S, Progress
from vlm_robot.tuning.turns import Batch

_DECAY = 0.03
_OF_WORDS = ('language_model.embed_tokens', 'head.words')  # rows, not maps


def tune(
    model: TabletopForConditionalGeneration,
    turns: Iterable[Batch],
    *,
    steps: int,
    path: Path,
    peak_rate: float = 6e-3,
    save_s: float = SAVE_S,
) -> None:
    """
    Train everything but the encoder; progress is kept in `path`, so an interrupted run goes on.

    :param turns: batches; training ends early when they run out.
    :param steps: optimiser steps in all.
    :param save_s: seconds between two saves.
    :raises ConfigurationError: for a `path` that holds something else.
    """
    model.encoder.requires_grad_(False)
    model.encoder.eval()
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimisers = _optimisers(model, peak_rate)
    schedules = [
        torch.optim.lr_scheduler.OneCycleLR(
            optimiser, peak_rate, total_steps=steps, pct_start=0.05, cycle_momentum=False
        )
        for optimiser in optimisers
    ]
    changing = [*optimisers, *schedules]
    names = ('muon', 'adamw', 'muon schedule', 'adamw schedule')
    progress = Progress(
        path, {'model': model, **dict(zip(names, changing, strict=True))}, every_s=save_s
    )
    first = progress.resume()
    bar = tqdm(range(first, steps), initial=first, total=steps, desc='tuning', mininterval=10)
    average: float | None = None
    for step, batch in zip(bar, turns, strict=False):
        loss = _loss(model, batch)
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        for part in changing:
            part.step()
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        bar.set_postfix(loss=f'{average:.4f}', refresh=False)
        progress.done(step + 1, of=steps)


def _optimisers(
    model: TabletopForConditionalGeneration, rate: float
) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    """Return Muon for the matrices inside the network, AdamW for what words and norms have."""
    matrices: list[torch.nn.Parameter] = []
    others: list[torch.nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            inside = parameter.ndim == 2 and not name.startswith(_OF_WORDS)
            (matrices if inside else others).append(parameter)
    return (
        Muon(matrices, rate, weight_decay=_DECAY),
        torch.optim.AdamW(others, lr=rate, weight_decay=_DECAY, betas=(0.9, 0.98)),
    )


def _loss(model: TabletopForConditionalGeneration, batch: Batch) -> torch.Tensor:
    output = model(
        input_ids=batch.input_ids,
        attention_mask=batch.attention_mask,
        objects=batch.objects,
        labels=batch.labels,
        use_cache=False,
    )
    assert output.loss is not None
    return output.loss
