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

"""Makes the embedded model's checkpoint from nothing: render, pretrain, tune, export."""

from __future__ import annotations

from pathlib import Path

import torch

from vlm_robot.models.tabletop.modeling import TabletopForConditionalGeneration
from vlm_robot.models.tabletop.processor import TabletopProcessor
from vlm_robot.tuning.build import build_model, build_processor
from vlm_robot.tuning.cache import see
from vlm_robot.tuning.pretrain import Scenes, pretrain
from vlm_robot.tuning.recipe import Recipe
from vlm_robot.tuning.synthesis import synthesise
from vlm_robot.tuning.tune import tune
from vlm_robot.tuning.turns import Turns


def train(recipe: Recipe, work: Path, checkpoint: Path) -> None:
    """
    Run a recipe; a run that was interrupted goes on where it was.

    :param work: folder for scenes and progress, about 200 kB a scene.
    :param checkpoint: folder that the finished model is written to.
    """
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    shards = synthesise(
        work / 'scenes', scenes=recipe.scenes, seed=recipe.seed, workers=recipe.workers
    )
    scenes = Scenes.load(shards)
    processor = build_processor()
    model = build_model(processor)
    model.encoder.to(memory_format=torch.channels_last)
    pretrain(
        model.encoder,
        scenes,
        steps=recipe.encoder_steps,
        path=work / 'encoder.pt',
        batch=recipe.encoder_batch,
        peak_rate=recipe.encoder_rate,
        seed=recipe.seed,
    )
    seen = see(model, scenes)
    turns = Turns(processor, seen, batch=recipe.tuning_batch, seed=recipe.seed)
    tune(
        model,
        turns,
        steps=recipe.tuning_steps,
        path=work / 'model.pt',
        peak_rate=recipe.tuning_rate,
    )
    export(model, processor, checkpoint)


def export(
    model: TabletopForConditionalGeneration, processor: TabletopProcessor, checkpoint: Path
) -> None:
    """Write a checkpoint folder that transformers' Auto classes load."""
    checkpoint.mkdir(parents=True, exist_ok=True)
    model.eval().requires_grad_(True)
    model.config.attn_implementation = 'sdpa'
    model.to(memory_format=torch.contiguous_format).save_pretrained(checkpoint)
    processor.save_pretrained(checkpoint)
