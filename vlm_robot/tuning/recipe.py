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

"""The training recipe: one configuration file."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vlm_robot.core.errors import ConfigurationError


class Recipe(BaseModel):
    """One file of `config/training/`."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    scenes: int = Field(gt=0)
    seed: int = 0
    workers: int = Field(default=2, gt=0)  # processes that render
    threads: int = Field(default=2, gt=0)  # of PyTorch
    encoder_steps: int = Field(gt=0)
    encoder_batch: int = Field(gt=0)
    encoder_rate: float = Field(gt=0)
    tuning_steps: int = Field(gt=0)
    tuning_batch: int = Field(gt=0)
    tuning_rate: float = Field(gt=0)


def load_recipe(path: Path) -> Recipe:
    """
    Read a recipe.

    :raises ConfigurationError: for a file that is not a recipe.
    """
    try:
        return Recipe(**yaml.safe_load(path.read_text(encoding='utf-8')))
    except (OSError, yaml.YAMLError, ValidationError, TypeError, UnicodeDecodeError) as err:
        raise ConfigurationError(f'{str(path)!r} is not a training recipe: {err}') from err
